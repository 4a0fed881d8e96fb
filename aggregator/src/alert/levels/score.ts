import type { Summary } from '@plumbline/core';
import { fits } from '../on/watcher.ts';
import { type Problem, placeOf } from '../problem.ts';
import type { Rule } from '../rules.ts';
import type { Level } from './level.ts';

/** A document with its counts. */
export interface Scored extends Summary {
  readonly benchmark: string;
}

/** Score or coverage of a document under the mark of a rule. `documents` is undefined while not everything was judged. */
export function scoreLevel(which: 'score' | 'coverage', documents: () => readonly Scored[] | undefined): Level {
  return {
    problems: (rule, now) =>
      documents()
        ?.filter(({ benchmark }) => fits(rule.benchmarks, benchmark))
        .flatMap((one) => {
          const value = percent(one[which]);
          return value !== null && value < rule.below ? [problemOf(which, one.benchmark, value, rule, now)] : [];
        }),
  };
}

/** Ratios are parts of one, marks are percentages. */
function percent(ratio: number | null): number | null {
  return ratio === null ? null : ratio * 100;
}

function problemOf(which: string, benchmark: string, value: number, rule: Rule, now: number): Problem {
  // Rounded down: what is under the mark must not look as if it were on it.
  const shown = Math.floor(value * 10) / 10;
  return {
    place: placeOf(which, benchmark),
    node: null,
    subject: benchmark,
    detail: {
      control: null,
      severity: 'high',
      before: null,
      after: null,
      values: [{ fact: which, subject: benchmark, key: null, from: rule.below, to: shown, origin: null }],
      says: `The ${which} of ${benchmark} is ${shown}, under ${rule.below}.`,
    },
    change: placeOf(which, benchmark, String(rule.below)),
    joins: 'at-once',
    at: now,
    ripe: now + rule.for,
  };
}
