import { PlumblineError } from '@plumbline/core';
import Type from 'typebox';
import type { Detail } from '../../alert/problem.ts';
import type { Rule } from '../../alert/rules.ts';
import type { AlertPlace, AlertQuery } from '../../store/alert-queries.ts';
import { type AlertRecord, type AlertState, alertStates } from '../../store/alert-row.ts';
import type { Delivery } from '../../store/delivery-row.ts';
import { AlertAnswer, AlertRulesAnswer, AlertsAnswer } from '../alert-schemas.ts';
import { instant, invalid, listOf, Paging, text } from '../filters.ts';
import type { ApiParts } from '../parts.ts';
import { iso, type Route } from './route.ts';

const mostDeliveries = 500;

const Filters = Type.Object(
  {
    state: text('gathering, firing, resolved; several separated by commas'),
    rule: text('Name of a rule'),
    node: text('Name of a node'),
    control: text('Slug or number of a control'),
    from: text('Only alerts that were not over before this time, ISO 8601'),
    to: text('Only alerts that began before this time, ISO 8601'),
    ...Paging,
  },
  { additionalProperties: false },
);
type Filters = Type.Static<typeof Filters>;

/** Alerts, what they were about and what was told of them; and the rules they follow. */
export const alertRoutes: Route = (server, parts) => {
  server.get(
    '/api/v1/alerts',
    { schema: { summary: 'Alerts, youngest first', querystring: Filters, response: { 200: AlertsAnswer } } },
    ({ query }) => {
      const found = parts.alerts.queries.list({ ...queryOf(query, parts), limit: query.limit + 1 });
      const page = found.slice(0, query.limit);
      return {
        alerts: page.map((one) => alertOf(parts, one)),
        nextCursor: found.length > page.length ? String(page.at(-1)?.id) : null,
      };
    },
  );
  server.get(
    '/api/v1/alerts/:id',
    {
      schema: {
        summary: 'One alert: every place with its values before and after, and every message',
        params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
        querystring: Type.Object(
          { cursor: Type.Optional(Type.String({ maxLength: 4000 })), limit: Paging.limit },
          { additionalProperties: false },
        ),
        response: { 200: AlertAnswer },
      },
    },
    ({ params, query }) => {
      const { queries } = parts.alerts;
      const alert = queries.get(params.id);
      if (!alert) throw new PlumblineError('PLB_NOT_FOUND', `There is no alert ${params.id}.`);
      const after = query.cursor === undefined ? '' : Buffer.from(query.cursor, 'base64url').toString();
      const places = queries.places(alert.id, after, query.limit + 1);
      const page = places.slice(0, query.limit);
      return {
        alert: {
          ...alertOf(parts, alert),
          places: page.map(placeOf),
          placesCursor:
            places.length > page.length ? Buffer.from(page.at(-1)?.place ?? '').toString('base64url') : null,
          told: queries.messages(alert.id).map(({ message, receivers }) => {
            const { revision, status, changedAt, title, summary, nodesTotal } = message;
            return { revision, status, at: iso(changedAt), title, summary, nodesTotal, receivers: [...receivers] };
          }),
          deliveries: parts.delivery.deliveries({ alert: alert.key, limit: mostDeliveries }).map(deliveryOf),
        },
      };
    },
  );
  server.get(
    '/api/v1/alert-rules',
    { schema: { summary: 'The rules that alerts follow', response: { 200: AlertRulesAnswer } } },
    () => {
      const counts = parts.alerts.queries.counts();
      return {
        builtIn: parts.alerts.builtIn(),
        rules: parts.alerts.rules().map((rule) => ({
          ...ruleOf(rule),
          firing: counts
            .filter((one) => one.rule === rule.name && one.state === 'firing')
            .reduce((sum, one) => sum + one.count, 0),
        })),
      };
    },
  );
};

function deliveryOf({ revision, receiver, state, tries, created, settled, error }: Delivery) {
  return { revision, receiver, state, tries, created: iso(created), settled: iso(settled), error };
}

function queryOf(filters: Filters, parts: ApiParts): Omit<AlertQuery, 'limit'> {
  const { rule, node, control, cursor } = filters;
  const states = listOf('state', filters.state, alertStates) as readonly AlertState[] | undefined;
  const from = instant(filters.from, 'from');
  const to = instant(filters.to, 'to');
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor))
    throw invalid('The parameter cursor is none that an answer gave.');
  return {
    ...(states ? { states } : {}),
    ...(rule === undefined ? {} : { rule }),
    ...(node === undefined ? {} : { node }),
    ...(control === undefined ? {} : { controls: slugsOf(control, parts) }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(cursor === undefined ? {} : { before: Number(cursor) }),
  };
}

function slugsOf(control: string, parts: ApiParts): readonly string[] {
  const lines = parts.queries.lines().filter((line) => line.number === control);
  return [...new Set([control, ...lines.map((line) => line.control)])];
}

function alertOf(parts: ApiParts, alert: AlertRecord) {
  const over = alert.state === 'resolved' || alert.holding;
  const { nodes, nodesTotal, subjectsTotal, details } = parts.alerts.queries.content(
    alert.id,
    over ? null : Number.MAX_SAFE_INTEGER,
  );
  return {
    id: alert.key,
    state: alert.state,
    rule: alert.rule,
    severity: alert.severity,
    title: alert.title,
    startsAt: iso(alert.started),
    changedAt: iso(alert.changed),
    endsAt: iso(alert.ended),
    nodesTotal,
    nodes: [...nodes],
    subjectsTotal,
    controls: controlsOf(details),
    messages: alert.revision,
    receivers: [...alert.receivers],
  };
}

function controlsOf(details: readonly Detail[]) {
  return [
    ...new Map(details.flatMap(({ control }) => (control ? [[control.control, control] as const] : []))).values(),
  ];
}

function placeOf({ node, subject, detail, opened, closed, why }: AlertPlace) {
  const { control, before, after, says, values } = detail;
  return {
    ...{ node, subject, control, statusBefore: before, statusAfter: after, says, values: [...values] },
    ...{ since: iso(opened), until: iso(closed), ended: why },
  };
}

function ruleOf(rule: Rule) {
  const list = (globs: readonly string[] | null) => globs && [...globs];
  const { name, on, severity, atLeast, below } = rule;
  return {
    ...{ name, on, severity, atLeast, below, receivers: [...rule.receivers], statuses: [...rule.statuses] },
    ...{ wait: rule.wait / 1000, group: rule.group / 1000, resolveAfter: rule.resolveAfter / 1000 },
    ...{ for: rule.for / 1000, within: rule.within / 1000 },
    ...{ controls: list(rule.controls), sections: list(rule.sections), nodes: list(rule.nodes) },
    ...{ namespaces: list(rule.namespaces), facts: list(rule.facts), subjects: list(rule.subjects) },
    benchmarks: list(rule.benchmarks),
  };
}
