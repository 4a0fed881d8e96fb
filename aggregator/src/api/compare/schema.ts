import { Delta, deltas, Severity, Status } from '@plumbline/core';
import Type from 'typebox';
import { About, Counts, OriginAnswer } from '../schemas.ts';

const Text = Type.String();
const NullableText = Type.Union([Text, Type.Null()]);
const deltaCounts = Type.Object(
  Object.fromEntries(deltas.map((one) => [one, Type.Integer()])) as Record<
    (typeof deltas)[number],
    ReturnType<typeof Type.Integer>
  >,
  { description: 'Findings by what became of them' },
);
const nullable = <T extends ReturnType<typeof Type.Object>>(schema: T) => Type.Union([schema, Type.Null()]);

const controlSide = Type.Object({
  numbers: Type.Array(Type.Object({ benchmark: Text, number: Text })),
  status: Status,
  counts: Type.Record(Text, Type.Integer()),
  adjusted: Type.Union([Status, Type.Literal('waived'), Type.Literal('attested')], {
    description: 'The status with waivers and attestations',
  }),
});
const findingSide = Type.Object({
  findingId: Text,
  node: NullableText,
  benchmark: Text,
  number: Text,
  subject: Text,
  status: Status,
  reason: Text,
  message: Text,
  since: Text,
  waived: Type.Boolean(),
});
const valueSide = Type.Object({ actual: Type.Unknown(), origin: OriginAnswer });
const side = Type.Object({
  at: Text,
  scan: nullable(Type.Object({ id: Text, name: NullableText })),
  node: NullableText,
  benchmark: NullableText,
  program: Type.Union([Text, Type.Null()], { description: 'Version of the program that judged, where it is known' }),
  rejudged: Type.Boolean({ description: 'It was not judged then, but just now by what was known then' }),
});

/** What a comparison answers; what a delta means is said in core/src/compare/change.ts and docs/decisions/0016-comparison.md. Summaries count controls, `unchanged` and `deltas` findings; `controls` are those with a change. */
export const CompareAnswer = Type.Object({
  ...About.properties,
  kind: Type.Union([Type.Literal('instants'), Type.Literal('nodes'), Type.Literal('documents')]),
  before: Type.Object({ ...side.properties, summary: Counts }),
  after: Type.Object({ ...side.properties, summary: Counts }),
  unchanged: Type.Integer(),
  deltas: deltaCounts,
  sections: Type.Array(
    Type.Object({ section: Text, before: nullable(Counts), after: nullable(Counts), deltas: deltaCounts }),
  ),
  controls: Type.Array(
    Type.Object({
      control: Text,
      title: Text,
      severity: Severity,
      section: Text,
      before: nullable(controlSide),
      after: nullable(controlSide),
      delta: Type.Union([Delta, Type.Null()]),
      deltas: deltaCounts,
    }),
  ),
  changes: Type.Array(
    Type.Object({
      delta: Delta,
      control: Text,
      title: Text,
      severity: Severity,
      rulesetChanged: Type.Boolean({ description: 'The check changed too, whatever the delta is' }),
      before: nullable(findingSide),
      after: nullable(findingSide),
      values: Type.Array(
        Type.Object({ fact: Text, subject: Text, from: nullable(valueSide), to: nullable(valueSide) }),
        { description: 'Lines of evidence that differ, at most 50' },
      ),
      valuesTotal: Type.Integer(),
    }),
  ),
  changesTotal: Type.Integer({ description: 'Changes of the deltas that were asked for, on all pages' }),
  nextCursor: NullableText,
});
