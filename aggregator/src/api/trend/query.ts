import { PlumblineError } from '@plumbline/core';
import Type, { type Static } from 'typebox';
import { dayOf, monthOf, nextMonth } from '../../history/calendar.ts';
import { keyOf, seriesOfNode, wholePoints } from '../../history/roll-up.ts';
import { sortKey } from '../../store/line-table.ts';
import type { SeriesKind, SeriesName } from '../../store/scores.ts';
import { instant, invalid, narrowed, text } from '../filters.ts';
import type { ApiParts } from '../parts.ts';
import type { Reports } from '../reports.ts';

const literal = <T extends string>(values: readonly T[], otherwise: T, description: string) =>
  Type.Union(
    values.map((one) => Type.Literal(one)),
    { default: otherwise, description },
  );
const kinds = ['cluster', 'section', 'control', 'node'] as const;
const steps = ['day', 'month'] as const;

/** What a trend is asked by. */
export const TrendFilters = Type.Object(
  {
    of: literal<SeriesKind>(kinds, 'cluster', 'Whose scores'),
    node: text('Name of a node, for of=node; gone ones too'),
    control: text('Slug or number of a control, for of=control'),
    section: text('First part of the number, for of=section and of=control'),
    benchmark: text('Id of a document; absent, every one, and for the cluster all of them together'),
    from: text('First day, ISO 8601; absent, 90 days or 12 months before the last'),
    to: text('Last day, ISO 8601; now when absent'),
    step: literal(steps, 'day', 'One point a day or a month, in UTC'),
    cursor: text('Where the page before said that the next one begins'),
    limit: Type.Integer({
      minimum: 1,
      maximum: 500,
      default: 100,
      description: 'Most series of a page; fewer where they are long',
    }),
  },
  { additionalProperties: false },
);
export type TrendFilters = Static<typeof TrendFilters>;

/** A series to show; without an id while its first day lasts. */
export interface TrendSeries extends SeriesName {
  readonly id?: number;
}

/** A trend as it is meant: days from and to, both included, and the series of one page. */
export interface TrendQuery {
  readonly step: 'day' | 'month';
  readonly from: number;
  readonly to: number;
  /** The first day of each period. */
  readonly periods: readonly number[];
  readonly series: readonly TrendSeries[];
  readonly nextCursor: string | null;
}

/** Points of an answer, so that it is made within milliseconds. */
const mostPoints = 5000;
const mostPeriods = 4000;
const usual = { day: 90, month: 12 } as const;

/** Throws PLB_REQUEST_INVALID for what cannot be meant and PLB_NOT_FOUND for a node that has no scores. */
export function trendQuery(filters: TrendFilters, parts: ApiParts, reports: Reports): TrendQuery {
  const { step } = filters;
  const now = parts.clock();
  const to = Math.min(dayOf(instant(filters.to, 'to') ?? now), dayOf(now));
  const since = instant(filters.from, 'from');
  const periods = since === undefined ? lastPeriods(step, to) : periodsBetween(step, dayOf(since), to);
  const wanted = wantedSeries(filters, parts, reports);
  const after = filters.cursor === undefined ? 0 : wanted.findIndex((one) => cursorOf(one) === filters.cursor) + 1;
  if (filters.cursor !== undefined && after === 0) throw invalid('The parameter cursor is none that an answer gave.');
  const size = Math.min(filters.limit, Math.max(1, Math.floor(mostPoints / periods.length)));
  const series = wanted.slice(after, after + size);
  const last = wanted.length > after + size ? series.at(-1) : undefined;
  const [from = to] = periods;
  return { step, from, to, periods, series, nextCursor: last ? cursorOf(last) : null };
}

function lastPeriods(step: TrendQuery['step'], to: number): readonly number[] {
  if (step === 'day') return Array.from({ length: usual.day }, (_, index) => to - usual.day + 1 + index);
  const months = [monthOf(to)];
  while (months.length < usual.month) months.unshift(monthOf((months[0] ?? to) - 1));
  return months;
}

function periodsBetween(step: TrendQuery['step'], from: number, to: number): readonly number[] {
  if (from > to) throw invalid('The parameter from lies behind to, or is still to come.');
  const periods: number[] = [];
  for (let day = step === 'day' ? from : monthOf(from); day <= to; day = step === 'day' ? day + 1 : nextMonth(day)) {
    periods.push(day);
    if (periods.length > mostPeriods) throw invalid(`From and to are more than ${mostPeriods} ${step}s apart.`);
  }
  return periods;
}

function cursorOf(series: SeriesName): string {
  return Buffer.from(keyOf(series)).toString('base64url');
}

function wantedSeries(filters: TrendFilters, parts: ApiParts, reports: Reports): readonly TrendSeries[] {
  const { of, node, control, section, benchmark } = filters;
  const misplaced = (name: string, value: unknown, ...fits: readonly SeriesKind[]) => {
    if (value !== undefined && !fits.includes(of)) throw invalid(`The parameter ${name} does not go with of=${of}.`);
  };
  misplaced('node', node, 'node');
  misplaced('control', control, 'control');
  misplaced('section', section, 'section', 'control');
  misplaced('benchmark', benchmark, 'cluster', 'section', 'control');
  checkKnown(filters, parts);
  const found = everySeries(of, parts, reports).filter(
    (one) =>
      (of === 'cluster' ? one.benchmark === (benchmark ?? '') : (benchmark ?? one.benchmark) === one.benchmark) &&
      (node === undefined || one.name === node) &&
      (control === undefined || one.control === control || one.name === control) &&
      (section === undefined || one.name === section || one.name.startsWith(`${section}.`)),
  );
  if (node !== undefined && found.length === 0) throw new PlumblineError('PLB_NOT_FOUND', `There is no node ${node}.`);
  return found;
}

function checkKnown({ benchmark, control, section }: TrendFilters, { pack, queries }: ApiParts): void {
  narrowed(
    {
      ...(benchmark === undefined ? {} : { benchmark }),
      ...(control === undefined ? {} : { control }),
      ...(section === undefined ? {} : { section }),
    },
    pack,
    queries.lines(),
  );
}

/** Those that are stored and, while their first day lasts, those that are not yet. */
function everySeries(of: SeriesKind, { queries, nodes, clock }: ApiParts, reports: Reports): readonly TrendSeries[] {
  const stored = queries.scores.series(of);
  const known = new Set(stored.map(keyOf));
  const current =
    of === 'node'
      ? nodes().map((one) => seriesOfNode(one.name))
      : wholePoints(dayOf(clock()), reports, new Map(), undefined).map((one) => one.series);
  const young = current.filter((one) => one.kind === of && !known.has(keyOf(one)));
  return [...stored, ...young]
    .map((one) => ({ one, key: orderOf(one) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ one }) => one);
}

/** As documents and numbers go: 1.2.9 before 1.2.10. */
function orderOf({ kind, benchmark, name }: SeriesName): string {
  return kind === 'control' ? sortKey(benchmark, name) : `${benchmark} ${name}`;
}
