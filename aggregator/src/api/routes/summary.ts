import { AsOf, askedMoment, countingOnly } from '../as-of.ts';
import type { ApiParts } from '../parts.ts';
import type { Reports } from '../reports.ts';
import { SummaryAnswer } from '../schemas.ts';
import { iso, type Route } from './route.ts';

/** How the whole cluster stands. */
export const summaryRoutes: Route = (server, parts, reports) => {
  server.get(
    '/api/v1/summary',
    {
      schema: {
        summary: 'Score, coverage and counts of the cluster, by document and section',
        querystring: AsOf,
        response: { 200: SummaryAnswer },
      },
    },
    async ({ query }) => {
      const then = countingOnly(await askedMoment(parts, reports, query), query.benchmark);
      return summaryOfCluster(then.parts, then.reports, then.at);
    },
  );
};

/** Gaps that are listed; whether there is any is what counts. */
const mostGaps = 100;

/** The answer of the summary, also what the start page shows. */
export function summaryOfCluster(parts: ApiParts, reports: Reports, at?: number) {
  const { whole, documents } = reports.summary(at);
  const nodes = reports.nodes(at);
  const present = nodes.map((node) => parts.presence(node));
  const count = (presence: string) => present.filter((one) => one === presence).length;
  const { source, synced, lastEventAt, error } = parts.nodeList();
  return {
    ...mutable(reports, at),
    summary: whole,
    documents: [...documents],
    nodes: {
      total: nodes.length,
      reporting: count('reporting'),
      stale: count('stale'),
      noAgent: count('no-agent'),
    },
    // What could not be known in the past is told by its findings.
    gaps: at === undefined ? parts.gaps().slice(0, mostGaps) : null,
    nodeList: { source, synced, lastEventAt: iso(lastEventAt), error },
    resources: parts.resources().map(({ resource, state, lastEventAt: heard, objects }) => ({
      name: resource,
      state: state.state,
      detail: state.detail ?? null,
      lastEventAt: iso(heard),
      objects,
    })),
  };
}

/** What an answer says about itself, in the shape that schemas ask for. */
export function mutable(reports: Reports, at?: number) {
  const about = reports.about(at);
  return {
    ...about,
    benchmarks: [...about.benchmarks],
    versions: { ...about.versions },
    exclusions: [...about.exclusions],
  };
}
