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
    const at = typeof query[name] === 'string' ? Date.parse(query[name]) : Number.NaN;
    if (at < oldest) {
      throw new PlumblineError(
        'PLB_NOT_FOUND',
        `What was known then is not kept any more: ${name} is ${query[name]}, the oldest instant is ${new Date(oldest).toISOString()}. Scores of each month remain at /api/v1/trend?step=month.`,
      );
    }
  }
}
