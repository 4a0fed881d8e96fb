import Type from 'typebox';
import type { AlertMessage } from '../message.ts';
import { clean, factLines, oneLine, valueLines } from '../text.ts';
import { bearer, HttpPlace, postTo, withFiles } from './place.ts';
import type { ReceiverKind } from './receiver.ts';

const schema = Type.Object(
  { ...HttpPlace, tokenFile: Type.Optional(Type.String({ minLength: 1 })) },
  { additionalProperties: false },
);
type Spec = Parameters<typeof alertmanager.make>[0];

/** How often what fires is told again: as Prometheus does. */
const everyMs = 60_000;
/** When Alertmanager may hold an alert for resolved that it is not told of again; longer than an upgrade of this program takes. */
const holdsMs = 15 * 60_000;

/**
 * Prometheus Alertmanager, API v2. It identifies an alert by its labels and forgets one at its `endsAt`, so that what fires is told again
 * every minute, also after a restart of either. It usually is in the cluster, without TLS: private addresses and http are allowed.
 */
export const alertmanager: ReceiverKind<typeof schema> = {
  schema,
  needsUrl: true,
  make: (spec) => ({
    name: spec.name,
    kind: 'alertmanager',
    deliver: ({ message, now, signal }) => tell(spec, [message], now, signal),
    refresh: { everyMs, tell: (messages, now, signal) => tell(spec, messages, now, signal) },
  }),
};

function tell(spec: Spec, messages: readonly AlertMessage[], now: number, signal: AbortSignal) {
  return withFiles(async () => {
    const { headers, secrets } = await bearer(spec.tokenFile);
    const body = JSON.stringify(messages.map((one) => alertOf(one, now)));
    return postTo(spec, { path: '/api/v2/alerts', inside: true }, { body, headers, secrets }, signal);
  });
}

function alertOf(message: AlertMessage, now: number) {
  const ends = message.status === 'firing' ? now + holdsMs : (message.endsAt ?? message.changedAt);
  return {
    labels: labelsOf(message.labels),
    annotations: annotationsOf(message),
    startsAt: new Date(message.startsAt).toISOString(),
    endsAt: new Date(Math.max(ends, message.startsAt)).toISOString(),
    ...(message.url === null ? {} : { generatorURL: message.url }),
  };
}

/** Names that Prometheus allows; an empty value is no label. */
function labelsOf(labels: AlertMessage['labels']): Record<string, string> {
  const kept = Object.entries(labels).map(([name, value]) => [
    name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_'),
    clean(value),
  ]);
  return Object.fromEntries(kept.filter(([name, value]) => name !== '' && value !== ''));
}

function annotationsOf(message: AlertMessage): Record<string, string> {
  const facts = factLines(message).map(([name, text]) => `${name}: ${text}`);
  const all = {
    summary: oneLine(message.title, 300),
    description: clean(message.summary).slice(0, 2000),
    facts: facts.join('\n'),
    values: valueLines(message, 20).join('\n'),
    remedy: message.remedy === null ? '' : clean(message.remedy).slice(0, 2000),
  };
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== ''));
}
