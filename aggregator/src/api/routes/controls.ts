import { type Evidence, PlumblineError, rollUp, type Status } from '@plumbline/core';
import Type from 'typebox';
import type { Line, StoredFinding } from '../../store/finding-query.ts';
import { At, instant } from '../filters.ts';
import { findingId } from '../finding-id.ts';
import { ControlAnswer } from '../schemas.ts';
import type { Route } from './route.ts';
import { mutable } from './summary.ts';

/** Most outliers that one answer lists; their number is always said. */
const mostOutliers = 500;

/** One control over all nodes: what most have, and who differs. */
export const controlRoutes: Route = (server, parts, reports) => {
  server.get(
    '/api/v1/controls/:slug',
    {
      schema: {
        summary: 'One control, by slug or number: the value of the majority, and the outliers',
        params: Type.Object({ slug: Type.String() }),
        querystring: Type.Object({ at: At }, { additionalProperties: false }),
        response: { 200: ControlAnswer },
      },
    },
    ({ params, query }) => {
      const at = instant(query.at);
      const all = parts.queries.lines();
      const slug = all.find((line) => line.number === params.slug)?.control ?? params.slug;
      const control = parts.pack.controls.get(slug);
      const lines = all.filter((line) => line.control === slug);
      const title = control?.title ?? lines[0]?.title;
      if (title === undefined) throw new PlumblineError('PLB_NOT_FOUND', `There is no control ${params.slug}.`);
      const found = parts.queries.withEvidence(lines, undefined, at);
      const rolled = rollUp(found.map((one) => ({ ...one, benchmark: '', number: '' })))[0];
      return {
        ...mutable(reports, at),
        control: slug,
        title,
        severity: control?.severity ?? lines[0]?.severity ?? 'medium',
        why: control?.why ?? '',
        remedy: control?.remedy ?? lines[0]?.remedy ?? '',
        numbers: numbersOf(lines, found),
        status: rolled?.status ?? null,
        inconsistent: rolled?.inconsistent ?? false,
        counts: { ...rolled?.counts },
        ...majorityOf(found),
      };
    },
  );
};

function numbersOf(lines: readonly Line[], found: readonly StoredFinding[]) {
  const used = new Set(found.map((one) => `${one.benchmark} ${one.number} ${one.match}`));
  return lines
    .filter((line) => used.has(`${line.benchmark} ${line.number} ${line.match}`))
    .map(({ benchmark, match, number, level, by }) => ({ benchmark, benchmarkMatch: match, number, level, by }));
}

/** What a verdict rests on, short enough to compare nodes by. */
function valueText(evidence: readonly Evidence[]): string {
  const values = evidence.map(({ actual }) => (typeof actual === 'string' ? actual : JSON.stringify(actual)));
  return [...new Set(values)].join('; ');
}

interface Group {
  readonly status: Status;
  readonly value: string;
  readonly members: StoredFinding[];
}

/** Nodes to which the control does not apply neither form a majority nor differ from it. */
function majorityOf(found: readonly StoredFinding[]) {
  const groups = new Map<string, Group>();
  for (const one of found) {
    if (one.status === 'not-applicable') continue;
    const value = valueText(one.evidence);
    const key = `${one.status}\0${value}`;
    const group = groups.get(key) ?? { status: one.status, value, members: [] };
    groups.set(key, group);
    group.members.push(one);
  }
  const [most, ...rest] = [...groups.values()].sort((a, b) => b.members.length - a.members.length);
  const outliers = rest.flatMap(({ status, value, members }) =>
    members.map((one) => ({
      node: one.node,
      subject: one.subject,
      status,
      value,
      message: one.message,
      findingId: findingId(one),
    })),
  );
  const majority = most ? { status: most.status, value: most.value, nodes: most.members.length } : null;
  return { majority, outliers: outliers.slice(0, mostOutliers), outliersTotal: outliers.length };
}
