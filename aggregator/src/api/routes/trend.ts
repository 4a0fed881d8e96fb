import { dateOf } from '../../history/calendar.ts';
import { trendMarks, trendPoints } from '../trend/points.ts';
import { TrendFilters, type TrendSeries, trendQuery } from '../trend/query.ts';
import { TrendAnswer } from '../trend/schema.ts';
import { iso, type Route } from './route.ts';

/** How scores went over days and months. */
export const trendRoutes: Route = (server, parts, reports) => {
  server.get(
    '/api/v1/trend',
    {
      schema: {
        summary: 'Scores, coverage and counts by day or month: of the cluster, documents, sections, controls or nodes',
        querystring: TrendFilters,
        response: { 200: TrendAnswer },
      },
    },
    ({ query }) => {
      const wanted = trendQuery(query, parts, reports);
      const points = trendPoints(parts, reports);
      return {
        cluster: parts.clusterName,
        of: query.of,
        step: wanted.step,
        from: dateOf(wanted.from),
        to: dateOf(wanted.to),
        series: wanted.series.map((one) => ({ ...placeOf(one), points: [...points(wanted, one)] })),
        marks: trendMarks(parts, wanted).map((one) => ({ ...one, at: iso(one.at) })),
        nextCursor: wanted.nextCursor,
      };
    },
  );
};

function placeOf({ kind, benchmark, name, control }: TrendSeries) {
  const only = <T>(wanted: TrendSeries['kind'], value: T) => (kind === wanted ? value : null);
  return {
    benchmark: benchmark === '' ? null : benchmark,
    node: only('node', name),
    section: only('section', name),
    control: only('control', control),
    number: only('control', name),
  };
}
