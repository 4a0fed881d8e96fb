import type { Severity, Status } from '@plumbline/core';
import type { RuleOn, RuleSpec } from './rule-spec.ts';

/** A rule with everything decided that its file left out. Times are milliseconds; absent globs let everything through. */
export interface Rule {
  readonly name: string;
  readonly on: RuleOn;
  /** Nobody, for built-in rules without a file: alerts are recorded and shown all the same. */
  readonly receivers: readonly string[];
  /** Instead of the severity of the control. */
  readonly severity: Severity | null;
  /** Quiet time before the first message; nothing waits longer than five times as long. */
  readonly wait: number;
  /** Least time between two messages about an alert that goes on. */
  readonly group: number;
  /** How long things stay well before that is told. */
  readonly resolveAfter: number;
  /** How long things stay wrong before that is told. */
  readonly for: number;
  readonly atLeast: Severity;
  readonly statuses: readonly Status[];
  readonly controls: readonly string[] | null;
  readonly sections: readonly string[] | null;
  readonly nodes: readonly string[] | null;
  readonly namespaces: readonly string[] | null;
  readonly facts: readonly string[] | null;
  readonly subjects: readonly string[] | null;
  readonly below: number;
  readonly benchmarks: readonly string[] | null;
  readonly within: number;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration that fits the schema of rules. */
export function milliseconds(duration: string): number {
  const found = /^(\d+)(ms|s|m|h|d)$/.exec(duration);
  return Number(found?.[1]) * (units[found?.[2] ?? ''] ?? Number.NaN);
}

const usual = { wait: '400ms', group: '60s', resolveAfter: '60s', for: '0s', within: '30d' };

/** What differs by what a rule looks at. */
const usualOf: Partial<Record<RuleOn, Partial<typeof usual>>> = {
  // A component that restarts and a watch that is renewed cannot be judged for a moment.
  error: { for: '2m', wait: '5s' },
  // A DaemonSet needs time to bring an agent; a rack falls silent within a minute, each node at its own heartbeat.
  silent: { for: '2m', wait: '30s', resolveAfter: '30s' },
  score: { for: '2m' },
  coverage: { for: '2m' },
  certificate: { wait: '5s' },
  waiver: { wait: '5s', within: '7d' },
};

/** A rule as the engine takes it. */
export function ruleOf(spec: Omit<RuleSpec, 'receivers'> & { readonly receivers: readonly string[] }): Rule {
  const fallback = { ...usual, ...usualOf[spec.on] };
  const time = (key: keyof typeof usual) => milliseconds(spec[key] ?? fallback[key]);
  return {
    name: spec.name,
    on: spec.on,
    receivers: spec.receivers,
    severity: spec.severity ?? null,
    wait: time('wait'),
    group: time('group'),
    resolveAfter: time('resolveAfter'),
    for: time('for'),
    atLeast: spec.atLeast ?? 'low',
    statuses: spec.statuses ?? ['fail'],
    controls: spec.controls ?? null,
    sections: spec.sections ?? null,
    nodes: spec.nodes ?? null,
    namespaces: spec.namespaces ?? null,
    facts: spec.facts ?? null,
    subjects: spec.subjects ?? null,
    below: spec.below ?? 0,
    benchmarks: spec.benchmarks ?? null,
    within: time('within'),
  };
}

/** What is told where no rule is written down: to these receivers, or recorded alone where there are none. */
export function usualRules(receivers: readonly string[] = []): readonly Rule[] {
  return [
    ruleOf({ name: 'regress', on: 'regress', receivers }),
    ruleOf({ name: 'cannot-judge', on: 'error', receivers, severity: 'medium' }),
    ruleOf({ name: 'node-silent', on: 'silent', receivers, severity: 'high' }),
    ruleOf({ name: 'certificate-expiring', on: 'certificate', receivers, severity: 'high' }),
    ruleOf({ name: 'waiver-expiring', on: 'waiver', receivers, severity: 'medium' }),
  ];
}
