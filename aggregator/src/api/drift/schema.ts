import { Severity, Status } from '@plumbline/core';
import Type, { type Static } from 'typebox';
import { OriginAnswer } from '../schemas.ts';

const Text = Type.String();
const NullableText = Type.Union([Text, Type.Null()]);
const NullableStatus = Type.Union([Status, Type.Null()]);

/** What changed: a fact or an object (`drift`), a verdict, or whether somebody reports from a node (`presence`). */
export const ChangeKind = Type.Union([Type.Literal('drift'), Type.Literal('verdict'), Type.Literal('presence')]);
export const ChangeCause = Type.Union([
  Type.Literal('observed'),
  Type.Literal('ruleset'),
  Type.Literal('agent'),
  Type.Literal('silence'),
]);

/** One change, on as many nodes as changed alike; of the stream always one. */
export const ChangeAnswer = Type.Object({
  id: Type.String({ description: 'Of the newest of the changes that are one here' }),
  kind: ChangeKind,
  at: Type.String({ description: 'When, ISO 8601; of several the newest' }),
  firstAt: Type.String({ description: 'Of several the oldest' }),
  cause: ChangeCause,
  nodes: Type.Array(Text, { description: 'At most 50; empty: the cluster' }),
  nodesTotal: Type.Integer(),
  fact: NullableText,
  subject: NullableText,
  control: NullableText,
  number: NullableText,
  benchmark: NullableText,
  title: NullableText,
  severity: Type.Union([Severity, Type.Null()]),
  before: Type.Union([Text, Type.Null()], {
    description: 'State of the fact, status of the verdict or presence of the node before; null where there was none',
  }),
  after: NullableText,
  message: Type.Union([Text, Type.Null()], { description: 'What the verdict says now' }),
  changes: Type.Array(Type.Object({ key: Text, from: Type.Unknown(), to: Type.Unknown(), origin: OriginAnswer }), {
    description:
      'Value by value, at most 50. `key`: a flag, or a JSON pointer into the fact; of a verdict the line of its evidence',
  }),
  changesTotal: Type.Integer(),
  verdicts: Type.Array(
    Type.Object({
      benchmark: Text,
      number: Text,
      control: Text,
      title: Text,
      severity: Severity,
      before: NullableStatus,
      after: Status,
      nodes: Type.Integer({ description: 'On how many of the nodes that are listed' }),
    }),
    { description: 'Verdicts that changed because of it; the stream tells them as events of their own' },
  ),
});
export type ChangeAnswer = Static<typeof ChangeAnswer>;
