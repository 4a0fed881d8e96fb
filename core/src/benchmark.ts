import Type, { type Static } from 'typebox';

/** Which nodes a control is about. `node`: every node with a kubelet, control plane included. */
export const Role = Type.Union([
  Type.Literal('control-plane'),
  Type.Literal('etcd'),
  Type.Literal('node'),
  Type.Literal('cluster'),
]);
export type Role = Static<typeof Role>;

/** One line of a document. Numbers and levels are quoted. */
export const Entry = Type.Object(
  {
    number: Type.String({ pattern: '^\\d+(\\.\\d+){1,3}$' }),
    control: Type.String(),
    level: Type.Union([Type.Literal('1'), Type.Literal('2')]),
    by: Type.Union([Type.Literal('automated'), Type.Literal('manual')]),
    role: Role,
    params: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]))),
    note: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type Entry = Static<typeof Entry>;

/** One published document in one version; `controls` in the document's order. */
export const Benchmark = Type.Object(
  {
    benchmark: Type.String({ pattern: '^[a-z0-9-]+/[a-z0-9.-]+$' }),
    title: Type.String(),
    version: Type.String(),
    published: Type.String(),
    /** Id of the document before it in time; versions do not sort. */
    follows: Type.Union([Type.String(), Type.Null()]),
    kubernetes: Type.Object({ from: Type.String(), to: Type.String() }, { additionalProperties: false }),
    total: Type.String(),
    sections: Type.Record(
      Type.String(),
      Type.Object({ title: Type.String(), total: Type.String() }, { additionalProperties: false }),
    ),
    note: Type.Optional(Type.String()),
    controls: Type.Array(Entry, { minItems: 1 }),
  },
  { additionalProperties: false },
);
export type Benchmark = Static<typeof Benchmark>;

/** `4.2.1` → `4`. */
export function sectionOf(number: string): string {
  return number.slice(0, number.indexOf('.'));
}

/** Numeric order of control numbers: 1.2.9 before 1.2.10. */
export function compareNumbers(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
