import Type from 'typebox';
import { Counts } from '../schemas.ts';

const Nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const Text = Type.String();
const Ratio = Nullable(Type.Number());

/** Series of scores. */
export const TrendAnswer = Type.Object({
  cluster: Nullable(Text),
  of: Text,
  step: Text,
  from: Type.String({ description: 'First day, UTC' }),
  to: Type.String({ description: 'Last day, UTC' }),
  series: Type.Array(
    Type.Object({
      benchmark: Nullable(Text),
      node: Nullable(Text),
      section: Nullable(Text),
      control: Nullable(Text),
      number: Nullable(Text),
      points: Type.Array(
        Type.Object({
          period: Type.String({ description: '2026-03-01 or 2026-03, UTC' }),
          at: Type.String({ description: 'When it stood so: the end of the period, or now while it lasts' }),
          complete: Type.Boolean({ description: 'False while the period lasts' }),
          ...Counts.properties,
          lowest: Ratio,
          highest: Ratio,
        }),
        {
          description:
            'Counts of controls rolled up; of a control those of its findings. Nothing before the series began and after it was gone. Lowest and highest score at the end of a day of the month.',
        },
      ),
    }),
  ),
  marks: Type.Array(
    Type.Object({
      kind: Type.Union([Type.Literal('program'), Type.Literal('ruleset'), Type.Literal('benchmark')]),
      at: Text,
      version: Nullable(Text),
      benchmark: Nullable(Text),
      number: Nullable(Text),
      control: Nullable(Text),
    }),
    {
      description:
        'What changed about judging, not about nodes: another version of the program, another check of a control, a document that came into use or went out of it',
    },
  ),
  nextCursor: Nullable(Text),
});
