import type { Check, Clause, Condition, Control, Json, JsonObject, Operand, OperatorName } from '@plumbline/core';
import Value from 'typebox/value';
import { surveys } from '../../core/src/cluster/surveys/index.ts';

/** A control with one deliberate mistake. `name` says which. */
export interface Mutant {
  readonly name: string;
  readonly control: Control;
}

interface Named<T> {
  readonly name: string;
  readonly value: T;
}

const opposites: Readonly<Partial<Record<OperatorName, OperatorName>>> = {
  set: 'unset',
  unset: 'set',
  contains: 'excludes',
  excludes: 'contains',
  atLeast: 'atMost',
  atMost: 'atLeast',
};

const otherStatus: Readonly<Record<Clause['status'], Clause['status']>> = {
  pass: 'fail',
  fail: 'pass',
  warn: 'fail',
  'not-applicable': 'fail',
};

/** Every mutant of a control: of its check, of its letter and of the defaults of its parameters. */
export function mutantsOf(control: Control): readonly Mutant[] {
  const mutants: Mutant[] = [];
  for (const part of ['check', 'letter'] as const) {
    const check = control[part];
    if (!check) continue;
    for (const { name, value } of checkMutants(check))
      mutants.push({ name: `${part}: ${name}`, control: { ...control, [part]: value } });
  }
  for (const [param, spec] of Object.entries(control.params)) {
    for (const value of otherTexts(spec.type, spec.default)) {
      const params = { ...control.params, [param]: { ...spec, default: value } };
      mutants.push({ name: `default of ${param}: ${String(value)}`, control: { ...control, params } });
    }
  }
  return mutants;
}

function checkMutants(check: Check): readonly Named<Check>[] {
  if (check.survey !== undefined) {
    const schema = surveys.get(check.survey)?.schema;
    // What the survey does not take would be refused with file and line.
    return jsonMutants(check.with ?? {})
      .filter(({ value }) => schema && Value.Check(schema, value))
      .map(({ name, value }) => ({
        name: `with ${name}`,
        value: { ...check, with: value as NonNullable<Check['with']> },
      }));
  }
  if (check.pass) return conditionMutants(check.pass).map(({ name, value }) => ({ name, value: { pass: value } }));
  const clauses = check.decide ?? [];
  return clauses.flatMap((clause, index) => {
    const others = [...clauses.slice(0, index), ...clauses.slice(index + 1)];
    const replaced = (value: Clause) => ({ decide: clauses.map((one, at) => (at === index ? value : one)) });
    const label = `clause ${index + 1}`;
    const inside = clause.when ? conditionMutants(clause.when) : [];
    return [
      { name: `${label} dropped`, value: { decide: others } },
      {
        name: `${label} says ${otherStatus[clause.status]}`,
        value: replaced({ ...clause, status: otherStatus[clause.status] }),
      },
      ...inside.map(({ name, value }) => ({ name: `${label}: ${name}`, value: replaced({ ...clause, when: value }) })),
    ];
  });
}

function conditionMutants(condition: Condition): readonly Named<Condition>[] {
  if ('all' in condition) return groupMutants(condition.all, 'all');
  if ('any' in condition) return groupMutants(condition.any, 'any');
  if ('not' in condition) {
    const inside = conditionMutants(condition.not).filter(({ name }) => !name.startsWith('negated'));
    return [
      { name: `without not ${JSON.stringify(condition.not)}`, value: condition.not },
      ...inside.map(({ name, value }) => ({ name: `not ${name}`, value: { not: value } })),
    ];
  }
  return leafMutants(condition);
}

function groupMutants(branches: readonly Condition[], kind: 'all' | 'any'): readonly Named<Condition>[] {
  const group = (list: readonly Condition[], as = kind): Condition => (as === 'all' ? { all: list } : { any: list });
  return branches.flatMap((branch, index) => {
    const dropped = group(branches.filter((_, at) => at !== index));
    return [
      ...(branches.length > 1 ? [{ name: `${kind} without ${JSON.stringify(branch)}`, value: dropped }] : []),
      ...conditionMutants(branch).map(({ name, value }) => ({
        name,
        value: group(branches.map((one, at) => (at === index ? value : one))),
      })),
    ];
  });
}

type Leaf = Exclude<Condition, { readonly all: unknown } | { readonly any: unknown } | { readonly not: unknown }>;

function leafMutants(leaf: Leaf): readonly Named<Condition>[] {
  const text = JSON.stringify(leaf);
  const changes = (Object.entries(leaf) as [string, Operand][]).flatMap(([key, operand]) =>
    key === 'stated' ? withoutStated(leaf) : changesOf(key, operand),
  );
  return [
    { name: `negated ${text}`, value: { not: leaf } },
    ...changes.map((change) => ({ name: `${text} with ${JSON.stringify(change)}`, value: changed(leaf, change) })),
  ];
}

type Change = { readonly [key: string]: unknown };

const names = new Set(['fact', 'setting', 'files', 'anyFile', 'param', 'running', 'rule', 'of', 'path']);

function withoutStated(leaf: Leaf): readonly Change[] {
  return Object.keys(leaf).length > 2 ? [{ stated: undefined }] : [];
}

function changesOf(key: string, operand: Operand): readonly Change[] {
  if (names.has(key)) return [];
  const opposite = opposites[key as OperatorName];
  const swapped = opposite === undefined ? [] : [{ [key]: undefined, [opposite]: operand }];
  return [...swapped, ...othersOf(key, operand).map((value) => ({ [key]: value }))];
}

function othersOf(key: string, operand: Operand): readonly unknown[] {
  if (typeof operand === 'string' || Array.isArray(operand)) {
    return otherTexts(key === 'matches' ? 'pattern' : key === 'modeAtMost' ? 'mode' : 'text', operand);
  }
  if (key !== 'minor' && key !== 'with') return [];
  return Object.entries(operand as object).flatMap(([name, value]) =>
    otherTexts('text', value as string).map((other) => ({ ...(operand as object), [name]: other })),
  );
}

function changed(leaf: Leaf, change: Change): Condition {
  const entries = Object.entries({ ...leaf, ...change }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as unknown as Condition;
}

const swaps: readonly (readonly [RegExp, string])[] = [
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/!has\(/g, 'has('],
  [/!(?=[a-z]+\.)/g, ''],
  [/ == /g, ' != '],
  [/\.exists\(/g, '.all('],
];

/** An expression of CEL with one operator turned around, wherever it stands. */
function expressionMutants(text: string): readonly string[] {
  if (!text.includes('has(')) return [];
  return swaps.flatMap(([found, other]) =>
    [...text.matchAll(found)].map(
      ({ index, 0: match }) => `${text.slice(0, index)}${other}${text.slice(index + match.length)}`,
    ),
  );
}

/** Operands of a survey with one text changed, one switch turned or one item dropped, at any depth. */
function jsonMutants(value: Json): readonly Named<Json>[] {
  if (typeof value === 'boolean') return [{ name: String(!value), value: !value }];
  if (typeof value === 'number') return [-1, 1].map((step) => ({ name: String(value + step), value: value + step }));
  if (typeof value === 'string')
    return [...otherTexts('text', value).map(String), ...expressionMutants(value)].map((one) => ({
      name: one,
      value: one,
    }));
  if (Array.isArray(value)) {
    const list: readonly Json[] = value;
    const dropped = list.map((item, index) => ({
      name: `without ${JSON.stringify(item)}`,
      value: list.filter((_, at) => at !== index),
    }));
    const inside = list.flatMap((item, index) =>
      jsonMutants(item).map((one) => ({ ...one, value: list.map((each, at) => (at === index ? one.value : each)) })),
    );
    return [...(list.length > 1 ? dropped : []), ...inside];
  }
  // What a text says to people decides nothing.
  return Object.entries(value ?? {})
    .filter(([key]) => key !== 'says')
    .flatMap(([key, item]) =>
      jsonMutants(item).map((one) => ({
        name: `${key}: ${one.name}`,
        value: { ...(value as JsonObject), [key]: one.value },
      })),
    );
}

/** Values near enough to the right one that only a case at the border tells them apart. */
function otherTexts(type: string, value: string | readonly string[]): readonly (string | readonly string[])[] {
  if (typeof value !== 'string') {
    if (value.length === 1) return [['other']];
    return value.map((_, index) => value.filter((__, at) => at !== index));
  }
  if (type === 'mode') return otherModes(value);
  if (type === 'pattern') return ['(?!)', '[^]*'];
  const minor = /^(\d+)\.(\d+)$/.exec(value);
  if (minor) return [-1, 1].map((step) => `${minor[1]}.${Number(minor[2]) + step}`);
  if (/^-?\d+$/.test(value)) return [-1, 1].map((step) => String(Number(value) + step));
  if (value === 'true' || value === 'false') return [value === 'true' ? 'false' : 'true'];
  return [`${value}x`];
}

/** One bit tighter, and looser the way it usually goes wrong: 0600 becomes 0640, 0644 becomes 0664, 0700 becomes 0750. */
function otherModes(mode: string): readonly string[] {
  const bits = Number.parseInt(mode, 8);
  const group = (bits >> 3) & 7;
  const wider = group >= 4 ? group | 2 : (bits >> 6) & 5;
  const octal = (value: number) => value.toString(8).padStart(4, '0');
  return [octal((bits & ~0o070) | (wider << 3)), octal(bits & ~(bits & 0o007 || 0o200))];
}
