import { isDeepStrictEqual } from 'node:util';
import { findingCounts, type StatusCounts, statusCounts, summarize, summaryOfCounts } from '@plumbline/core';
import type { Reports } from '../api/reports.ts';
import type { NodeRecord } from '../store/node-table.ts';
import type { ScoreMark, ScorePoint, SeriesName } from '../store/scores.ts';
import type { Store } from '../store/store.ts';
import { dayMs, dayOf, endOf, monthOf, nextMonth } from './calendar.ts';

/** What rolling up rests on. */
export interface RollUpParts {
  readonly store: Pick<Store, 'scores' | 'queries' | 'nodes'>;
  readonly reports: Pick<Reports, 'summary' | 'controls' | 'node'>;
  readonly clock: () => number;
}

type Point = ScorePoint & { readonly series: SeriesName };

/** Rows of one transaction. */
const batch = 100;

/**
 * Rolls up every day that ended and has not been, oldest first, and every month with its last day. A step of the generator is a few
 * milliseconds of work. Done again, or broken off and done again, it writes the same.
 */
export function* rollUp({ store, reports, clock }: RollUpParts): Generator<void> {
  const { scores, queries } = store;
  const first = queries.firstMoment();
  const done = scores.rolledUp();
  if (first === undefined && done === undefined) return;
  for (let day = done === undefined ? dayOf(first ?? 0) : done + 1; endOf(day) < clock(); day++) {
    const known = seriesById(store);
    const points = changedSeries(day, wholePoints(day, reports, rulesets(queries.tally(endOf(day)))), store, known);
    // On the first day of all, everything is new: that is no change of judging.
    if (known.size > 0) scores.mark(marksOf(points, scores, known));
    scores.put('day', points);
    yield;
    yield* nodePoints(day, store, reports, known);
    if (nextMonth(day) === day + 1) yield* months(day, store);
    scores.finish(day);
    yield;
  }
}

/** The key of a series. */
export function keyOf({ kind, benchmark, name }: SeriesName): string {
  return JSON.stringify([kind, benchmark, name]);
}

/** What names the series of everything but nodes. */
const named = (kind: SeriesName['kind'], benchmark: string, name = ''): SeriesName => ({
  kind,
  benchmark,
  name,
  control: '',
  ruleset: '',
});

/** The name of the series of a node. */
export function seriesOfNode(name: string): SeriesName {
  return named('node', '', name);
}

function pointOf(series: SeriesName, day: number, counts: StatusCounts): Point {
  return { series, day, counts, lowest: null, highest: null };
}

/** Cluster, documents, sections and controls as of a day, or now where `day` has not ended and `at` is undefined. */
export function wholePoints(
  day: number,
  reports: Pick<Reports, 'summary' | 'controls'>,
  judgedBy: ReadonlyMap<string, string>,
  at: number | undefined = endOf(day),
): readonly Point[] {
  const { whole, documents } = reports.summary(at);
  const ofDocuments = documents.flatMap((one) => [
    pointOf(named('cluster', one.benchmark), day, statusCounts(one)),
    ...Object.entries(one.sections).map(([section, summary]) =>
      pointOf(named('section', one.benchmark, section), day, statusCounts(summary)),
    ),
  ]);
  const controls = reports.controls(at).map((one) => {
    const { benchmark, number, control } = one;
    const ruleset = judgedBy.get(`${benchmark} ${number}`) ?? '';
    return pointOf({ kind: 'control', benchmark, name: number, control, ruleset }, day, findingCounts(one));
  });
  return [pointOf(named('cluster', ''), day, statusCounts(whole)), ...ofDocuments, ...controls];
}

/** What judges each number of each document. */
export function rulesets(tallies: ReturnType<Store['queries']['tally']>): ReadonlyMap<string, string> {
  const found = new Map<string, Set<string>>();
  for (const { line } of tallies) {
    const key = `${line.benchmark} ${line.number}`;
    found.set(key, (found.get(key) ?? new Set()).add(line.ruleset));
  }
  return new Map([...found].map(([key, set]) => [key, [...set].sort().join(' ')]));
}

type Known = ReadonlyMap<string, { readonly id: number; readonly ruleset: string; readonly kind: string }>;

function seriesById({ scores }: Pick<Store, 'scores'>): Known {
  return new Map(scores.series().map((one) => [keyOf(one), one]));
}

/** Those that stand otherwise than before, and with no counts those that are gone. */
function changedSeries(
  day: number,
  points: readonly Point[],
  { scores }: Pick<Store, 'scores'>,
  known: Known,
): readonly Point[] {
  const present = new Set(points.map((one) => keyOf(one.series)));
  const gone = scores
    .series()
    .filter((one) => one.kind !== 'node' && !present.has(keyOf(one)))
    .map((one) => pointOf(one, day, nothing));
  return [...points, ...gone].filter((one) => differs(one, scores, known));
}

const nothing = statusCounts(summarize([]));

function differs({ series, day, counts }: Point, scores: Store['scores'], known: Known): boolean {
  const before = known.get(keyOf(series));
  // A check that changed is written down with its day even where the counts stayed.
  if (before && before.ruleset !== series.ruleset) return true;
  return !sameCounts(lastCounts(series, day, scores, known), counts);
}

/** How a series stood at the end of the day before. */
function lastCounts(series: SeriesName, day: number, scores: Store['scores'], known: Known): StatusCounts {
  const id = known.get(keyOf(series))?.id;
  return (id === undefined ? undefined : scores.points(id, 'day', day - 1, day - 1).at(-1)?.counts) ?? nothing;
}

function sameCounts(a: StatusCounts, b: StatusCounts): boolean {
  return isDeepStrictEqual(a, b);
}

function marksOf(points: readonly Point[], scores: Store['scores'], known: Known) {
  return points.flatMap(({ series, day, counts }) => {
    const before = known.get(keyOf(series))?.ruleset ?? '';
    const mark = (kind: ScoreMark['kind']) => [{ day, kind, series }];
    if (before !== '' && series.ruleset !== '' && before !== series.ruleset) return mark('ruleset');
    if (series.kind !== 'cluster' || series.benchmark === '') return [];
    const wasUsed = !sameCounts(lastCounts(series, day, scores, known), nothing);
    return wasUsed === sameCounts(counts, nothing) ? mark('benchmark') : [];
  });
}

function* nodePoints(
  day: number,
  store: RollUpParts['store'],
  reports: Pick<Reports, 'node'>,
  known: Known,
): Generator<void> {
  const { scores, queries, nodes } = store;
  const changed = new Set(queries.scores.changed(day * dayMs - 1, endOf(day)));
  yield;
  let points: Point[] = [];
  for (const node of nodes.all().filter((one) => changed.has(one.id))) {
    const point = nodePoint(node, day, reports);
    if (differs(point, scores, known)) points.push(point);
    if (points.length === batch) {
      scores.put('day', points);
      points = [];
    }
    yield;
  }
  scores.put('day', points);
}

function nodePoint(node: NodeRecord, day: number, reports: Pick<Reports, 'node'>): Point {
  return pointOf(seriesOfNode(node.name), day, statusCounts(reports.node(node, endOf(day))));
}

/** The month that ends with this day: how each series stands now, and the lowest and highest that a day of it ended with. */
function* months(last: number, { scores }: Pick<Store, 'scores'>): Generator<void> {
  const first = monthOf(last);
  let points: Point[] = [];
  for (const series of scores.series()) {
    const days = scores.points(series.id, 'day', first, last);
    const end = days.at(-1);
    // What was not there all month has no score of it.
    if (!end || (end.day < first && sameCounts(end.counts, nothing))) continue;
    const ratios = days.flatMap((one) => summaryOfCounts(one.counts).score ?? []);
    const lowest = ratios.length === 0 ? null : Math.min(...ratios);
    const highest = ratios.length === 0 ? null : Math.max(...ratios);
    points.push({ ...end, series, day: first, lowest, highest });
    if (points.length === batch) {
      scores.put('month', points);
      points = [];
    }
    yield;
  }
  scores.put('month', points);
}
