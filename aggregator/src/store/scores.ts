import type { StatusCounts } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import type { Transact } from './writer.ts';

/** Whose score it is: the cluster or a document on it (name ''), a section, a control by its number, or a node by name. */
export type SeriesKind = 'cluster' | 'section' | 'control' | 'node';

/** What names a series; `benchmark` is '' where all documents count together. `control` is a slug, `ruleset` what judges it; '' for others. */
export interface SeriesName {
  readonly kind: SeriesKind;
  readonly benchmark: string;
  readonly name: string;
  readonly control: string;
  readonly ruleset: string;
}

/** A series as it is stored. */
export interface Series extends SeriesName {
  readonly id: number;
}

/** How a series stood at the end of a day, or of the month that begins with it. Counts of zero: it was not there any more. */
export interface ScorePoint {
  readonly day: number;
  readonly counts: StatusCounts;
  /** Lowest and highest score at the end of a day of the month; null for days, and where nothing was judged. */
  readonly lowest: number | null;
  readonly highest: number | null;
}

/** What changed about judging: the check of a control, or a document came into use or went out of it. */
export interface ScoreMark {
  readonly day: number;
  readonly kind: 'ruleset' | 'benchmark';
  readonly series: Series;
}

/** Days and months of scores on one connection. Days are sparse: one that is missing is like the one before. */
export interface ScoreReader {
  /** All series, or those of a kind, in the order of kind, benchmark and name. */
  series(kind?: SeriesKind): readonly Series[];
  /** Points of days or months from the last one before `from` on, up to `to` included, oldest first. */
  points(series: number, step: 'day' | 'month', from: number, to: number): readonly ScorePoint[];
  marks(from: number, to: number): readonly ScoreMark[];
  /** Versions of the program that began to judge in the half-open time [from, to), in milliseconds. */
  programs(from: number, to: number): readonly { readonly version: string; readonly from: number }[];
  /** Ids of the nodes, 0 the cluster, with a verdict that began or ended in the half-open time (from, to], in milliseconds. */
  changed(from: number, to: number): readonly number[];
  /** The last day that was rolled up whole; undefined when none was. */
  rolledUp(): number | undefined;
}

/** The writing half; each call is one transaction, and the same again changes nothing. */
export interface Scores extends ScoreReader {
  put(step: 'day' | 'month', points: readonly (ScorePoint & { readonly series: SeriesName })[]): void;
  mark(marks: readonly { readonly day: number; readonly kind: ScoreMark['kind']; readonly series: SeriesName }[]): void;
  /** Says that a day is rolled up, its month too where it was the last. */
  finish(day: number): void;
  /** Forgets days before this one, but of each series the last, which goes on to hold; months stay. At most `most` series a call, after `after`. */
  forgetDays(before: number, after: number, most: number): number | undefined;
}

interface PointRow {
  readonly day: number;
  readonly pass: number;
  readonly fail: number;
  readonly warn: number;
  readonly error: number;
  readonly not_applicable: number;
  readonly adjusted: string | null;
  readonly lowest: number | null;
  readonly highest: number | null;
}

interface MarkRow extends Series {
  readonly day: number;
  readonly mark: ScoreMark['kind'];
}

const rolledUpKey = 'rolledUp';

/** The reading half. */
export function scoreReader(db: Database): ScoreReader {
  const columns = 'id, kind, benchmark, name, control, ruleset';
  const all = db.prepare<[], Series>(`SELECT ${columns} FROM score_series ORDER BY kind, benchmark, name`);
  const ofKind = db.prepare<[string], Series>(
    `SELECT ${columns} FROM score_series WHERE kind = ? ORDER BY benchmark, name`,
  );
  const points = db.prepare<[{ series: number; month: number; from: number; to: number }], PointRow>(
    `SELECT * FROM score WHERE series = $series AND month = $month AND day <= $to AND day >= coalesce(
       (SELECT max(day) FROM score WHERE series = $series AND month = $month AND day <= $from), $from) ORDER BY day`,
  );
  const marks = db.prepare<[number, number], MarkRow>(
    `SELECT m.day, m.kind AS mark, s.* FROM score_mark m JOIN score_series s ON s.id = m.series
     WHERE m.day >= ? AND m.day <= ? ORDER BY m.day, m.kind, s.benchmark, s.name`,
  );
  const programs = db.prepare<[number, number], { version: string; from: number }>(
    'SELECT version, "from" FROM program WHERE "from" >= ? AND "from" < ? ORDER BY "from"',
  );
  const changed = db
    .prepare<{ from: number; to: number }, number>(
      `SELECT node FROM verdict INDEXED BY verdict_began WHERE "from" > $from AND "from" <= $to
       UNION SELECT node FROM verdict INDEXED BY verdict_ended WHERE until > $from AND until <= $to`,
    )
    .pluck();
  const known = db.prepare<[string], string>('SELECT value FROM known WHERE key = ?').pluck();
  return {
    series: (kind) => (kind === undefined ? all.all() : ofKind.all(kind)),
    points: (series, step, from, to) => points.all({ series, month: Number(step === 'month'), from, to }).map(pointOf),
    marks: (from, to) => marks.all(from, to).map(({ day, mark, ...series }) => ({ day, kind: mark, series })),
    programs: (from, to) => programs.all(from, to),
    changed: (from, to) => changed.all({ from, to }),
    rolledUp() {
      const value = known.get(rolledUpKey);
      return value === undefined ? undefined : Number(value);
    },
  };
}

/** The scores of one writing connection. */
export function scoreTable(db: Database, transact: Transact): Scores {
  const find = db.prepare<[string, string, string], { id: number; ruleset: string }>(
    'SELECT id, ruleset FROM score_series WHERE kind = ? AND benchmark = ? AND name = ?',
  );
  const add = db.prepare('INSERT INTO score_series (kind, benchmark, name, control, ruleset) VALUES (?,?,?,?,?)');
  const judgedBy = db.prepare<[string, string, number]>(
    'UPDATE score_series SET control = ?, ruleset = ? WHERE id = ?',
  );
  const put = db.prepare('INSERT OR REPLACE INTO score VALUES (?,?,?,?,?,?,?,?,?,?,?)');
  const mark = db.prepare('INSERT OR REPLACE INTO score_mark VALUES (?,?,?)');
  const remember = db.prepare<[string, string]>('INSERT OR REPLACE INTO known (key, value) VALUES (?, ?)');
  const some = db
    .prepare<[number, number], number>('SELECT id FROM score_series WHERE id > ? ORDER BY id LIMIT ?')
    .pluck();
  const forget = db.prepare<[{ series: number; before: number }]>(
    `DELETE FROM score WHERE series = $series AND month = 0 AND day < (
       SELECT max(day) FROM score WHERE series = $series AND month = 0 AND day < $before)`,
  );
  const idOf = ({ kind, benchmark, name, control, ruleset }: SeriesName): number => {
    const before = find.get(kind, benchmark, name);
    if (before && before.ruleset !== ruleset) judgedBy.run(control, ruleset, before.id);
    return before?.id ?? Number(add.run(kind, benchmark, name, control, ruleset).lastInsertRowid);
  };
  return {
    ...scoreReader(db),
    put: (step, points) =>
      transact(() => {
        for (const { series, day, counts, lowest, highest } of points) {
          const raw = rawOf(counts);
          put.run(idOf(series), Number(step === 'month'), day, ...raw, adjustedOf(counts), lowest, highest);
        }
      }),
    mark: (marks) =>
      transact(() => {
        for (const { day, kind, series } of marks) mark.run(day, kind, idOf(series));
      }),
    finish: (day) => void transact(() => remember.run(rolledUpKey, String(day))),
    forgetDays: (before, after, most) =>
      transact(() => {
        const ids = some.all(after, most);
        for (const series of ids) forget.run({ series, before });
        return ids.length === most ? ids.at(-1) : undefined;
      }),
  };
}

const statuses = ['pass', 'fail', 'warn', 'error', 'not-applicable'] as const;
const adjustedStatuses = [...statuses, 'waived', 'attested'] as const;

function rawOf({ raw }: StatusCounts): readonly number[] {
  return statuses.map((one) => raw[one]);
}

/** Null where nobody decided anything: the raw counts hold. */
function adjustedOf({ raw, adjusted }: StatusCounts): string | null {
  const isSame = statuses.every((one) => raw[one] === adjusted[one]);
  return isSame ? null : JSON.stringify(adjustedStatuses.map((one) => adjusted[one]));
}

function pointOf(row: PointRow): ScorePoint {
  const { day, pass, fail, warn, error, not_applicable: none, lowest, highest } = row;
  const raw = { pass, fail, warn, error, 'not-applicable': none };
  if (row.adjusted === null) {
    return { day, counts: { raw, adjusted: { ...raw, waived: 0, attested: 0 } }, lowest, highest };
  }
  const cells: readonly number[] = JSON.parse(row.adjusted);
  const at = (status: (typeof adjustedStatuses)[number]) => cells[adjustedStatuses.indexOf(status)] ?? 0;
  const left = { pass: at('pass'), fail: at('fail'), warn: at('warn'), error: at('error') };
  const decided = { 'not-applicable': at('not-applicable'), waived: at('waived'), attested: at('attested') };
  return { day, counts: { raw, adjusted: { ...left, ...decided } }, lowest, highest };
}
