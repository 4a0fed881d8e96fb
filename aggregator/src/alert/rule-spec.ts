import { Severity, Status } from '@plumbline/core';
import Type, { type Static } from 'typebox';

/** What a rule looks at. */
export const RuleOn = Type.Union([
  Type.Literal('regress'),
  Type.Literal('drift'),
  Type.Literal('error'),
  Type.Literal('silent'),
  Type.Literal('score'),
  Type.Literal('coverage'),
  Type.Literal('certificate'),
  Type.Literal('waiver'),
]);
export type RuleOn = Static<typeof RuleOn>;

const Duration = Type.String({
  pattern: '^[0-9]{1,6}(ms|s|m|h|d)$',
  description: 'Such as 400ms, 30s, 2m, 1h or 14d',
});
const Globs = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { minItems: 1, maxItems: 100, description });

/** A rule of the alerts file: what is told to whom. Which fields go with which `on` says `ruleProblem`. */
export const RuleSpec = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
    on: RuleOn,
    /** Names of receivers of the same file. */
    receivers: Type.Array(Type.String(), { minItems: 1, uniqueItems: true }),
    severity: Type.Optional(Severity),
    wait: Type.Optional(Duration),
    group: Type.Optional(Duration),
    resolveAfter: Type.Optional(Duration),
    for: Type.Optional(Duration),
    atLeast: Type.Optional(Severity),
    statuses: Type.Optional(Type.Array(Status, { minItems: 1, uniqueItems: true })),
    controls: Type.Optional(Globs('Slugs of controls')),
    sections: Type.Optional(Globs('Numbers of sections and controls, such as 1 or 4.2')),
    nodes: Type.Optional(Globs('Names of nodes')),
    namespaces: Type.Optional(Globs('Names of namespaces that the subject is or lies in')),
    facts: Type.Optional(Globs('Names of facts')),
    subjects: Type.Optional(Globs('Subjects of facts, such as paths')),
    below: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
    benchmarks: Type.Optional(Globs('Ids of documents')),
    within: Type.Optional(Duration),
  },
  { additionalProperties: false },
);
export type RuleSpec = Static<typeof RuleSpec>;

type Field = Exclude<keyof RuleSpec, 'name' | 'on' | 'receivers' | 'severity' | 'wait' | 'group' | 'resolveAfter'>;

const fields: Readonly<Record<RuleOn, readonly Field[]>> = {
  regress: ['atLeast', 'statuses', 'controls', 'sections', 'nodes', 'namespaces', 'for'],
  error: ['atLeast', 'controls', 'sections', 'nodes', 'namespaces', 'for'],
  drift: ['facts', 'subjects', 'nodes', 'for'],
  silent: ['nodes', 'for'],
  score: ['below', 'benchmarks', 'for'],
  coverage: ['below', 'benchmarks', 'for'],
  certificate: ['within', 'nodes', 'subjects'],
  waiver: ['within'],
};
const needed: Partial<Record<RuleOn, Field>> = { drift: 'facts', score: 'below', coverage: 'below' };
const every: readonly string[] = ['name', 'on', 'receivers', 'severity', 'wait', 'group', 'resolveAfter'];

/** What is wrong with a rule that fits the schema, in one sentence; undefined when nothing is. */
export function ruleProblem(rule: RuleSpec): string | undefined {
  const allowed: readonly string[] = [...every, ...fields[rule.on]];
  const stray = Object.keys(rule).find((key) => !allowed.includes(key));
  if (stray !== undefined) {
    return `The rule ${rule.name} is on ${rule.on} and has no ${stray}; it may have ${fields[rule.on].join(', ')}.`;
  }
  const missing = needed[rule.on];
  if (missing !== undefined && rule[missing] === undefined) {
    return `The rule ${rule.name} is on ${rule.on} and needs ${missing}.`;
  }
  return undefined;
}
