import {
  type Counted,
  type Evidence,
  PlumblineError,
  rollUpCounted,
  type Status,
  subjectCounts,
} from '@plumbline/core';
import Type from 'typebox';
import type { Line, StoredFinding, Tally } from '../../store/finding-query.ts';
import type { Split } from '../../waivers/coverage.ts';
import { AsOf, askedMoment } from '../as-of.ts';
import { cursorOf } from '../filters.ts';
import { findingId } from '../finding-id.ts';
import { outliersOf } from '../outliers.ts';
import { ControlAnswer } from '../schemas.ts';
import { decidedOf } from './benchmarks.ts';
import { evidenceOf, marksOf, placeOf } from './findings.ts';
import type { Route } from './route.ts';
import { mutable } from './summary.ts';

/** Most outliers that one answer lists; their number is always said. */
const mostOutliers = 500;

/** Failing subjects that one answer lists with their evidence; the rest are pages of findings. */
const mostFailing = 100;

/** One control over all nodes: what most have, and who differs. */
export const controlRoutes: Route = (server, current, counting) => {
  server.get(
    '/api/v1/controls/:slug',
    {
      schema: {
        summary: 'One control, by slug or number: who fails, the value of most nodes, and the outliers',
        params: Type.Object({ slug: Type.String() }),
        querystring: AsOf,
        response: { 200: ControlAnswer },
      },
    },
    async ({ params, query }) => {
      const { parts, reports, at } = await askedMoment(current, counting, query);
      const isAsked = (line: Line) => query.benchmark === undefined || line.benchmark === query.benchmark;
      const all = parts.queries.lines().filter(isAsked);
      const slug = all.find((line) => line.number === params.slug)?.control ?? params.slug;
      const control = parts.pack.controls.get(slug);
      const lines = all.filter((line) => line.control === slug);
      const title = control?.title ?? lines[0]?.title;
      if (title === undefined) throw new PlumblineError('PLB_NOT_FOUND', `There is no control ${params.slug}.`);
      const tallies = parts.queries.tally(at).filter(({ line }) => line.control === slug && isAsked(line));
      const rolled = rollUpCounted(parts.coverage.split(tallies, at).map(asOne))[0];
      const ofCluster = control?.subject === 'cluster';
      const failing = parts.queries.page({
        ...{ lines, statuses: ['fail'], evidence: true, limit: mostFailing },
        ...(at === undefined ? {} : { at }),
      });
      const onNodes = ofCluster ? [] : parts.queries.withEvidence(lines, undefined, at);
      return {
        ...mutable(reports, at),
        control: slug,
        title,
        severity: control?.severity ?? lines[0]?.severity ?? 'medium',
        why: control?.why ?? '',
        remedy: control?.remedy ?? lines[0]?.remedy ?? '',
        numbers: numbersOf(lines, tallies),
        status: rolled?.status ?? null,
        inconsistent: !ofCluster && (rolled?.inconsistent ?? false),
        counts: { ...rolled?.counts },
        ...decidedOf(rolled),
        ...subjectCounts(rolled?.counts ?? { pass: 0, fail: 0, warn: 0 }),
        failing: failing.findings.map((one) => ({
          node: one.node,
          subject: one.subject,
          ...placeOf(parts, one),
          message: one.message,
          findingId: findingId(one),
          ...marksOf(parts.coverage.of(one, at)),
          evidence: one.evidence.map(evidenceOf),
        })),
        failingCursor: failing.next ? cursorOf(failing.next) : null,
        // Nodes should be alike; namespaces and accounts need not.
        ...majorityOf(onNodes),
        ...outliersOf(onNodes),
      };
    },
  );
};

/** One control is one, whatever its number is in which document. */
function asOne({ line, status, count, overlay }: Split): Counted {
  const { control, title, severity, level, by, remedy } = line;
  const finding = { benchmark: '', number: '', subject: '', reason: '', message: '', evidence: [] };
  return {
    finding: { ...finding, control, title, severity, level, by, remedy, status },
    count,
    ...(overlay ? { overlay } : {}),
  };
}

function numbersOf(lines: readonly Line[], tallies: readonly Tally[]) {
  const used = new Set(tallies.map((one) => one.line.id));
  return lines
    .filter((line) => used.has(line.id))
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
