import { Severity, Status } from '@plumbline/core';
import Type from 'typebox';
import { RuleOn } from '../alert/rule-spec.ts';

const Text = Type.String();
const Time = Type.String({ description: 'ISO 8601 UTC' });
const Nullable = <T extends ReturnType<typeof Type.String>>(schema: T) => Type.Union([schema, Type.Null()]);
const State = Type.Union([Type.Literal('gathering'), Type.Literal('firing'), Type.Literal('resolved')]);
const OneStatus = Type.Union([Status, Type.Null()]);
const Control = Type.Object({ benchmark: Text, number: Text, control: Text, title: Text });
const Value = Type.Object({
  fact: Text,
  subject: Text,
  key: Nullable(Text),
  from: Type.Unknown(),
  to: Type.Unknown(),
  origin: Nullable(Text),
});

const alert = {
  id: Text,
  state: State,
  rule: Text,
  severity: Severity,
  title: Text,
  startsAt: Time,
  changedAt: Time,
  endsAt: Nullable(Time),
  nodesTotal: Type.Integer(),
  nodes: Type.Array(Text, { description: 'At most 500; nodesTotal counts all' }),
  subjectsTotal: Type.Integer(),
  controls: Type.Array(Control),
  messages: Type.Integer({ description: 'Messages so far' }),
  receivers: Type.Array(Text),
};

export const AlertsAnswer = Type.Object({
  alerts: Type.Array(Type.Object(alert)),
  nextCursor: Nullable(Text),
});

export const AlertAnswer = Type.Object({
  alert: Type.Object({
    ...alert,
    places: Type.Array(
      Type.Object({
        node: Nullable(Text),
        subject: Text,
        control: Type.Union([Control, Type.Null()]),
        statusBefore: OneStatus,
        statusAfter: OneStatus,
        says: Text,
        values: Type.Array(Value),
        since: Time,
        until: Nullable(Time),
        ended: Type.Union([Text, Type.Null()], { description: 'Why it ended: fixed, gone, moved, node-deleted …' }),
      }),
    ),
    placesCursor: Nullable(Text),
    told: Type.Array(
      Type.Object({
        revision: Type.Integer(),
        status: Type.Union([Type.Literal('firing'), Type.Literal('resolved')]),
        at: Time,
        title: Text,
        summary: Text,
        nodesTotal: Type.Integer(),
        receivers: Type.Array(Text),
      }),
    ),
    deliveries: Type.Array(
      Type.Object({
        revision: Type.Integer(),
        receiver: Text,
        state: Text,
        tries: Type.Integer(),
        created: Time,
        settled: Nullable(Time),
        error: Nullable(Text),
      }),
      { description: 'Newest first, at most 500; GET deliveries has all' },
    ),
  }),
});

const Globs = Type.Union([Type.Array(Text), Type.Null()]);

export const AlertRulesAnswer = Type.Object({
  builtIn: Type.Boolean({ description: 'No alerts file names rules: these are what is built in' }),
  rules: Type.Array(
    Type.Object({
      name: Text,
      on: RuleOn,
      receivers: Type.Array(Text),
      severity: Type.Union([Severity, Type.Null()], { description: 'Null: that of the control' }),
      wait: Type.Number({ description: 'Quiet seconds before the first message' }),
      group: Type.Number({ description: 'Least seconds between two messages of an alert' }),
      resolveAfter: Type.Number({ description: 'Seconds that things stay well before that is told' }),
      for: Type.Number({ description: 'Seconds that things stay wrong before that is told' }),
      atLeast: Severity,
      statuses: Type.Array(Status),
      controls: Globs,
      sections: Globs,
      nodes: Globs,
      namespaces: Globs,
      facts: Globs,
      subjects: Globs,
      below: Type.Number(),
      benchmarks: Globs,
      within: Type.Number({ description: 'Seconds' }),
      firing: Type.Integer({ description: 'Alerts of this rule that fire' }),
    }),
  ),
});
