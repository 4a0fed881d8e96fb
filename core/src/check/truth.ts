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
}

/** Three-valued truth with what it rests on. `why` is set when `holds` is null. */
export interface Truth {
  readonly holds: boolean | null;
  readonly evidence: readonly Evidence[];
  readonly why?: { readonly reason: UnknownReason | string; readonly detail: string };
  /** ISO time at which the answer changes by itself (a certificate expires). */
  readonly validUntil?: string;
  /** True when a named file set was empty, so that nothing was compared. */
  readonly vacuous?: boolean;
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
  const decisive = truths.filter((truth) => truth.holds === deciding);
  if (decisive.length > 0) return merged(decisive, deciding);
  const unknown = truths.find((truth) => truth.holds === null);
  if (unknown)
    return {
      ...merged(
        truths.filter((truth) => truth.holds === null),
        null,
      ),
      ...(unknown.why ? { why: unknown.why } : {}),
    };
  return merged(truths, !deciding);
}

function merged(truths: readonly Truth[], holds: boolean | null): Truth {
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
export function negate(truth: Truth): Truth {
  if (truth.holds === null) return truth;
  return {
    ...truth,
    holds: !truth.holds,
    evidence: truth.evidence.map((one) => ({
      ...one,
      holds: one.holds === null ? null : !one.holds,
      expected: one.expected.startsWith('not ') ? one.expected.slice(4) : `not ${one.expected}`,
    })),
  };
}
