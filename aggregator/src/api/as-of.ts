import Type, { type Static } from 'typebox';
import { At, Document, instant, Rejudge } from './filters.ts';
import type { ApiParts } from './parts.ts';
import { type Reports, reports } from './reports.ts';

/** The moment that is asked for, and by what it is judged. */
export const AsOf = Type.Object({ at: At, benchmark: Document, rejudge: Rejudge }, { additionalProperties: false });
export type AsOf = Static<typeof AsOf>;

/** What answers a question about a moment: the stored verdicts of it, or those that were judged just now. `at` undefined: now. */
export interface Moment {
  readonly parts: ApiParts;
  readonly reports: Reports;
  readonly at: number | undefined;
}

/**
 * The moment that was asked for. Throws PLB_REQUEST_INVALID for a time that cannot be meant, or of which too little is known, and
 * PLB_REJUDGE_BUSY when judging takes longer than somebody waits.
 */
export async function askedMoment(parts: ApiParts, counting: Reports, asked: AsOf): Promise<Moment> {
  const { benchmark, rejudge = false } = asked;
  const at = instant(asked.at);
  const isKnown = benchmark !== undefined && parts.pack.benchmarks.some((one) => one.benchmark === benchmark);
  if (rejudge || (isKnown && !judgedBy(parts, benchmark, at))) {
    const again = await parts.rejudged(at, benchmark);
    const those = { ...parts, ...again, coverage: parts.coverage.over(again.queries) };
    return { parts: those, reports: reports(those), at: again.at };
  }
  return { parts, reports: counting, at };
}

/** The same moment, counting one document alone. */
export function countingOnly(moment: Moment, benchmark: string | undefined): Moment {
  if (benchmark === undefined) return moment;
  const parts = { ...moment.parts, queries: only(moment.parts.queries, benchmark) };
  return { parts, reports: reports(parts), at: moment.at };
}

function judgedBy({ queries }: ApiParts, benchmark: string, at: number | undefined): boolean {
  return queries.tally(at).some(({ line }) => line.benchmark === benchmark);
}

/** Counts of one document alone. */
function only(queries: ApiParts['queries'], benchmark: string): ApiParts['queries'] {
  return {
    ...queries,
    tally: (at, node) => queries.tally(at, node).filter(({ line }) => line.benchmark === benchmark),
  };
}
