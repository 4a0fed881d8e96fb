import type { Severity } from '@plumbline/core';
import Type from 'typebox';
import type { AlertMessage } from '../message.ts';
import { clean, cut, factLines, isoOrNull, oneLine, valueLines } from '../text.ts';
import { HttpPlace, postTo, secretIn, withFiles } from './place.ts';
import type { ReceiverKind } from './receiver.ts';

const schema = Type.Object(
  { ...HttpPlace, routingKeyFile: Type.String({ minLength: 1 }) },
  { additionalProperties: false },
);

const usual = { url: 'https://events.pagerduty.com/v2/enqueue' };

/** PagerDuty's Events API v2: an alert is an incident by its id, and its end resolves that. `url` names another region. */
export const pagerduty: ReceiverKind<typeof schema> = {
  schema,
  needsUrl: false,
  make: (spec) => ({
    name: spec.name,
    kind: 'pagerduty',
    deliver: ({ message, signal }) =>
      withFiles(async () => {
        const routingKey = await secretIn(spec.routingKeyFile);
        const body = JSON.stringify(eventOf(message, routingKey));
        return postTo(spec, usual, { body, headers: {}, secrets: [routingKey] }, signal);
      }),
  }),
};

const severities: Readonly<Record<Severity, string>> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
};

function eventOf(message: AlertMessage, routingKey: string) {
  const key = { routing_key: routingKey, dedup_key: message.alert };
  if (message.status === 'resolved') return { ...key, event_action: 'resolve' };
  return {
    ...key,
    event_action: 'trigger',
    client: 'Plumbline',
    ...(message.url === null ? {} : { client_url: message.url, links: [{ href: message.url, text: 'Plumbline' }] }),
    payload: {
      summary: oneLine(message.title, 1024),
      source: oneLine(message.cluster ?? 'plumbline', 255),
      severity: severities[message.severity],
      timestamp: isoOrNull(message.startsAt),
      class: message.rule,
      ...(message.control === null ? {} : { component: message.control.control, group: message.control.benchmark }),
      custom_details: {
        ...Object.fromEntries(factLines(message)),
        summary: cut(clean(message.summary), 4000),
        values: valueLines(message, 30),
        ...(message.remedy === null ? {} : { remedy: cut(clean(message.remedy), 4000) }),
      },
    },
  };
}
