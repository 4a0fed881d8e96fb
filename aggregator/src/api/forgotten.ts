import { PlumblineError } from '@plumbline/core';
import type { FastifyRequest } from 'fastify';
import type { FindingQueries } from '../store/finding-query.ts';

/**
 * Refuses a question for an instant whose detail was purged: an answer would show what is left of it as if it had been all. Throws
 * PLB_NOT_FOUND, which names the oldest instant that can be asked for.
 */
export function refuseForgotten(queries: Pick<FindingQueries, 'purgedBefore'>, request: FastifyRequest): void {
  const oldest = queries.purgedBefore();
  if (oldest === undefined) return;
  const query = request.query as Readonly<Record<string, unknown>>;
  // Of a comparison both sides are instants; elsewhere from and to are ends of a list.
  const names = request.routeOptions.url === '/api/v1/compare' ? ['at', 'from', 'to'] : ['at'];
  for (const name of names) {
    const given = query[name];
    // The name of a scan, such as release-7, would be read as a date of its own kind.
    const at = typeof given === 'string' && /^\d{4}-/.test(given) ? Date.parse(given) : Number.NaN;
    if (at < oldest) {
      throw new PlumblineError(
        'PLB_NOT_FOUND',
        `What was known then is not kept any more: ${name} is ${given}, the oldest instant is ${new Date(oldest).toISOString()}. Scores of each month remain at /api/v1/trend?step=month.`,
      );
    }
  }
}
