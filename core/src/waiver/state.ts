import type { DecisionState } from '../waiver.ts';
import { counted } from '../words.ts';

/** Nothing to be found for so long, and a decision is unused. */
export const unusedAfterMs = 7 * 86_400_000;

/**
 * What a decision met. `open`: findings that it can cover (fail and warn, for attestations warn); `covers`: of them those that no
 * earlier decision covers; `any`: it is about some finding, whatever its status. Times are milliseconds; `lastMatchedAt` is when it
 * last was about any finding, or when it was made.
 */
export interface Met {
  readonly expires: number;
  readonly open: number;
  readonly covers: number;
  readonly any: boolean;
  readonly lastMatchedAt: number;
}

/** Where a decision stands, and one sentence why. */
export function stateOf(met: Met, now: number): { readonly state: DecisionState; readonly why: string } {
  const { expires, open, covers, any, lastMatchedAt } = met;
  if (now >= expires) return { state: 'expired', why: 'It has expired: what it covered counts again.' };
  if (covers > 0) return { state: 'active', why: `It covers ${counted(covers, 'finding')}.` };
  if (open > 0) {
    return { state: 'ineffective', why: 'Another decision, made before, covers all that this one is about.' };
  }
  if (any) return { state: 'ineffective', why: 'Nothing that it is about needs it: no such finding is open.' };
  if (now - lastMatchedAt >= unusedAfterMs)
    return { state: 'unused', why: 'For seven days there was no finding that it is about.' };
  return { state: 'active', why: 'There is no finding that it is about yet.' };
}
