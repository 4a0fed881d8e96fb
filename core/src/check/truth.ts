import type { Json } from '../json.ts';
import type { Origin } from '../observation.ts';
import type { UnknownReason } from '../settings/setting.ts';

/** One thing that was looked at to decide, with the place where it stands. `holds` is null when it could not be known. */
export interface Evidence {
  readonly fact: string;
  readonly subject: string;
  readonly actual: Json;
  readonly expected: string;
  readonly origin: Origin;
  readonly holds: boolean | null;
  readonly observedAt?: string;
  readonly pending?: PendingValue;
}

/**
 * What the files say now and the process has not read yet: it holds from the process's next restart on. `running` is `unknown` where
 * nobody saw what the process read when it started; then the line itself says what the files say, and the process may run with something else.
 */
export interface PendingValue {
  readonly actual: Json;
  readonly origin: Origin;
  readonly holds: boolean | null;
  readonly running: 'observed' | 'unknown';
}

/** Three-valued truth with what it rests on. */
export type Truth = Decided | Undecided;

/** What could be known. */
export interface Decided {
  readonly holds: boolean;
  readonly evidence: readonly Evidence[];
  /** ISO time at which the answer changes by itself (a certificate expires). */
  readonly validUntil?: string;
  /** True when a named file set was empty, so that nothing was compared. */
  readonly vacuous?: boolean;
}

/** What could not be known, and why. */
export interface Undecided {
  readonly holds: null;
  readonly evidence: readonly Evidence[];
  readonly why: { readonly reason: UnknownReason | string; readonly detail: string };
}

/** What could not be known, with the lines that show it. */
export function unknown(reason: string, detail: string, evidence: readonly Evidence[] = []): Undecided {
  return { holds: null, evidence, why: { reason, detail } };
}

/** Strong Kleene conjunction: one false decides, else one unknown. */
export function every(truths: readonly Truth[]): Truth {
  return join(truths, false);
}

/** Strong Kleene disjunction: one true decides, else one unknown. */
export function some(truths: readonly Truth[]): Truth {
  return join(truths, true);
}

function join(truths: readonly Truth[], deciding: boolean): Truth {
  const decided = truths.filter((truth) => truth.holds !== null);
  const decisive = decided.filter((truth) => truth.holds === deciding);
  if (decisive.length > 0) return merged(decisive, deciding);
  const undecided = truths.filter((truth) => truth.holds === null);
  const [first] = undecided;
  if (first) return { ...first, evidence: undecided.flatMap((truth) => truth.evidence) };
  return merged(decided, !deciding);
}

function merged(truths: readonly Decided[], holds: boolean): Decided {
  const dates = truths.map((truth) => truth.validUntil).filter((date) => date !== undefined);
  const earliest = dates.sort()[0];
  return {
    holds,
    evidence: truths.flatMap((truth) => truth.evidence),
    ...(earliest === undefined ? {} : { validUntil: earliest }),
    ...(truths.length > 0 && truths.every((truth) => truth.vacuous) ? { vacuous: true } : {}),
  };
}

/** Negation; unknown stays unknown, evidence turns. */
export function negate(truth: Decided): Decided;
export function negate(truth: Truth): Truth;
export function negate(truth: Truth): Truth {
  if (truth.holds === null) return truth;
  return {
    ...truth,
    holds: !truth.holds,
    evidence: truth.evidence.map((one) => ({
      ...one,
      holds: opposite(one.holds),
      ...(one.pending === undefined ? {} : { pending: { ...one.pending, holds: opposite(one.pending.holds) } }),
      expected: one.expected.startsWith('not ') ? one.expected.slice(4) : `not ${one.expected}`,
    })),
  };
}

function opposite(holds: boolean | null): boolean | null {
  return holds === null ? null : !holds;
}
