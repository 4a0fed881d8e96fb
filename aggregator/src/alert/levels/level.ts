import type { Problem } from '../problem.ts';
import type { Rule } from '../rules.ts';

/** How something stands that no entry of the journal tells of. */
export interface Level {
  /** What is wrong now, by a rule; undefined while that cannot be said. */
  problems(rule: Rule, now: number): readonly Problem[] | undefined;
}
