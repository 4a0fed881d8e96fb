import { type Summary, statusCounts, summaryOfCounts } from '@plumbline/core';
import { dateOf, dayMs, dayOf, endOf, monthOf, nextMonth } from '../../history/calendar.ts';
import { keyOf, wholePoints } from '../../history/roll-up.ts';
import type { ScorePoint } from '../../store/scores.ts';
import type { ApiParts } from '../parts.ts';
import type { Reports } from '../reports.ts';
import { iso } from '../routes/route.ts';
import type { TrendQuery, TrendSeries } from './query.ts';

/** One point: a day or month in UTC and how things stood at its end. */
export interface TrendPoint extends Summary {
  /** `2026-03-01` or `2026-03`. */
  readonly period: string;
  /** When this was so: the end of the period, or now while it lasts. */
  readonly at: string;
  /** False while the period lasts or is not rolled up yet. */
  readonly complete: boolean;
  readonly lowest: number | null;
  readonly highest: number | null;
}

/** The points of series. Periods before a series began, and after it was gone, have none. */
export function trendPoints(
  parts: ApiParts,
  reports: Reports,
): (query: TrendQuery, series: TrendSeries) => readonly TrendPoint[] {
  const { scores } = parts.queries;
  const live = liveCounts(parts, reports);
  const done = scores.rolledUp() ?? Number.NEGATIVE_INFINITY;
  return (query, series) => {
    const { step, from, to, periods } = query;
    const now = parts.clock();
    const stored = series.id === undefined ? [] : scores.points(series.id, step, from, to);
    const standing = standingOn(step, stored);
    return periods.flatMap((period) => {
      const end = step === 'day' ? period : nextMonth(period) - 1;
      const complete = end <= done;
      // What ended and was not rolled up yet comes soon; until then nobody says how it stood.
      const known = complete ? standing(period) : end >= dayOf(now) ? live(series) : undefined;
      return known && isThere(known) ? [pointOf(step, period, complete ? endOf(end) : now, known, complete)] : [];
    });
  };
}

/** What holds on periods asked for in their order: a month is written for each, a day only where it differs from the one before. */
function standingOn(
  step: TrendQuery['step'],
  stored: readonly ScorePoint[],
): (period: number) => ScorePoint | undefined {
  let next = 0;
  let last: ScorePoint | undefined;
  return (period) => {
    while ((stored[next]?.day ?? Number.POSITIVE_INFINITY) <= period) last = stored[next++];
    return step === 'month' && last?.day !== period ? undefined : last;
  };
}

function isThere({ counts }: Pick<ScorePoint, 'counts'>): boolean {
  return Object.values(counts.raw).some((count) => count > 0);
}

/** How the series of an answer stand now, counted once. */
function liveCounts({ nodes, clock }: ApiParts, reports: Reports): (series: TrendSeries) => ScorePoint | undefined {
  let known: ReadonlyMap<string, ScorePoint> | undefined;
  const ofNode = (name: string): ScorePoint | undefined => {
    const node = nodes().find((one) => one.name === name);
    const counts = node && statusCounts(reports.node(node));
    return counts && { day: dayOf(clock()), counts, lowest: null, highest: null };
  };
  return (series) => {
    if (series.kind === 'node') return ofNode(series.name);
    known ??= new Map(
      wholePoints(dayOf(clock()), reports, new Map(), undefined).map((one) => [keyOf(one.series), one]),
    );
    return known.get(keyOf(series));
  };
}

function pointOf(
  step: TrendQuery['step'],
  period: number,
  at: number,
  point: ScorePoint,
  complete: boolean,
): TrendPoint {
  const { counts, lowest, highest } = point;
  return {
    period: step === 'day' ? dateOf(period) : dateOf(monthOf(period)).slice(0, 7),
    at: iso(at),
    complete,
    ...summaryOfCounts(counts),
    lowest,
    highest,
  };
}

/** A mark of an answer: what changed about judging, and when, in milliseconds. */
export interface TrendMark {
  readonly kind: 'program' | 'ruleset' | 'benchmark';
  readonly at: number;
  readonly version: string | null;
  readonly benchmark: string | null;
  readonly number: string | null;
  readonly control: string | null;
}

/** What changed about judging in these days, oldest first: another program, another check, another document. */
export function trendMarks({ queries }: ApiParts, { from, to }: TrendQuery): readonly TrendMark[] {
  const nothing = { version: null, benchmark: null, number: null, control: null };
  const programs = queries.scores
    .programs(from * dayMs, (to + 1) * dayMs)
    .map((one): TrendMark => ({ ...nothing, kind: 'program', at: one.from, version: one.version }));
  const marks = queries.scores.marks(from, to).map(({ day, kind, series }): TrendMark => {
    const isControl = series.kind === 'control';
    const place = isControl ? { number: series.name, control: series.control } : {};
    return { ...nothing, kind, at: endOf(day), benchmark: series.benchmark, ...place };
  });
  return [...programs, ...marks].sort((a, b) => a.at - b.at);
}
