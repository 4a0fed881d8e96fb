import type { Evidence } from '../../check/truth.ts';
import type { CheckSet } from '../pod-security/index.ts';

/** Something that refuses pods in a namespace, and what of them it refuses. */
export interface Refusal {
  readonly checks: CheckSet;
  readonly evidence: Evidence;
}

/** Why nobody can say whether something restricts pods. `checks`: what it may refuse after all, everything where that is not said. */
export interface Doubt {
  readonly checks?: CheckSet;
  readonly status: 'error' | 'warn';
  readonly reason: string;
  readonly message: string;
}

/** What is known of admission in one namespace. */
export interface Coverage {
  /** Pods that break one of these are refused. */
  readonly refused: CheckSet;
  readonly refusals: readonly Refusal[];
  /** What lets pods in, and holes in what refuses them: exemptions, rules that only warn, servers that differ. */
  readonly notes: readonly Evidence[];
  /** Why something that is not seen to be refused may yet be. */
  readonly doubts: readonly Doubt[];
}

/** What one mechanism says of a namespace; the parts of {@link Coverage} that it knows. */
export interface Part {
  readonly refusals: readonly Refusal[];
  readonly notes: readonly Evidence[];
  readonly doubts: readonly Doubt[];
}

export const nothing: Part = { refusals: [], notes: [], doubts: [] };

/** What all mechanisms together refuse. An error weighs more than a doubt that a person can settle. */
export function together(parts: readonly Part[]): Coverage {
  const refusals = parts.flatMap((part) => part.refusals);
  const doubts = parts.flatMap((part) => part.doubts);
  return {
    refused: refusals.reduce((set, one) => set | one.checks, 0),
    refusals,
    notes: parts.flatMap((part) => part.notes),
    doubts: [...doubts.filter(({ status }) => status === 'error'), ...doubts.filter(({ status }) => status === 'warn')],
  };
}

/** The doubt that matters where some checks are not seen to be refused: one that may refuse all of them. */
export function doubtOver({ doubts }: Coverage, missing: CheckSet): Doubt | undefined {
  return doubts.find(({ checks = -1 }) => (checks & missing) === missing);
}
