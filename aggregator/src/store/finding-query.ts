import type { BenchmarkMatch, Finding, Observation, Status } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { type Differences, differences } from './differences.ts';
import { type FindingRow, findingColumns, findingOf, statusOf } from './finding-row.ts';
import { factReader } from './intervals.ts';
import { type ScoreReader, scoreReader } from './scores.ts';
import { type Spots, spots } from './spots.ts';
import { type Stamps, tallies } from './tallies.ts';
import { statusNumbers } from './verdict-row.ts';

/** A finding as it rests in the store: `node` is null for findings of the cluster; times are milliseconds. */
export interface StoredFinding extends Finding {
  readonly node: string | null;
  readonly match: BenchmarkMatch;
  /** Since when the verdict stands like this. */
  readonly since: number;
  /** When it ended; null while it stands. */
  readonly until: number | null;
}

/** A line of a document that something is or was judged by. */
export interface Line {
  readonly id: number;
  readonly benchmark: string;
  readonly match: BenchmarkMatch;
  readonly number: string;
  readonly control: string;
  readonly title: string;
  readonly severity: Finding['severity'];
  readonly level: Finding['level'];
  readonly by: Finding['by'];
  readonly remedy: string;
  readonly note: string | null;
  /** Digest of what judges; '' where nobody recorded it. */
  readonly ruleset: string;
  readonly sort: string;
}

/** Where a page begins: after this line, node and subject. */
export interface Position {
  readonly line: number;
  readonly node: number;
  readonly subject: number;
}

/** What a page holds: findings on these lines, in their order. Absent filters let everything through. */
export interface PageQuery {
  readonly lines: readonly Line[];
  readonly statuses?: readonly Status[];
  /** Node id; 0 the cluster. */
  readonly node?: number;
  /** Machine reason. */
  readonly reason?: string;
  /** Namespace and kind of a subject of the cluster. */
  readonly namespace?: string;
  readonly kind?: string;
  /** Does its evidence hold something that a process has not read yet? */
  readonly pending?: boolean;
  /** Read the evidence too. */
  readonly evidence?: boolean;
  /** Part of the message or subject, case-insensitive. Lines in `matched` pass whole. */
  readonly text?: string;
  readonly matched?: ReadonlySet<number>;
  /** What the page is left with; the others are read and passed over. */
  readonly keep?: (finding: StoredFinding) => boolean;
  /** Milliseconds; now when absent. */
  readonly at?: number;
  readonly after?: Position;
  readonly limit: number;
}

/** How many findings a line has in a status. */
export interface Tally {
  readonly line: Line;
  readonly status: Status;
  readonly count: number;
}

/** Questions to the store; never writes. */
export interface FindingQueries extends Differences, Spots {
  readonly scores: ScoreReader;
  /** Every line, in the order of documents and numbers. */
  lines(): readonly Line[];
  /** One page, without evidence unless it is asked for, and where the next begins. */
  page(query: PageQuery): { readonly findings: readonly StoredFinding[]; readonly next?: Position };
  /** Counts by line and status, of everything or of one node, in the order of documents and numbers. */
  tally(at?: number, node?: number): readonly Tally[];
  /** All findings of some lines with their evidence. */
  withEvidence(lines: readonly Line[], node?: number, at?: number): readonly StoredFinding[];
  observations(node: number, at?: number): readonly Observation[];
}

/** The queries on a reading connection. A page costs one index range per line, whatever the number of findings. */
export function findingQueries(db: Database, stamps: Stamps): FindingQueries {
  const statements = new Map<string, ReturnType<Database['prepare']>>();
  const prepare = (text: string) => {
    const known = statements.get(text);
    if (known) return known;
    const made = db.prepare(text);
    statements.set(text, made);
    return made;
  };
  const everyLine = db.prepare<[], Line>(
    'SELECT id, benchmark, match, number, control, title, severity, level, by, remedy, note, ruleset, sort FROM line ORDER BY sort, id',
  );
  const readFacts = factReader(db);
  const counts = tallies(db, stamps);
  const each = (text: string, values: readonly unknown[]) => prepare(text).iterate(...values) as Iterable<FindingRow>;
  const rows = (text: string, values: readonly unknown[]) => prepare(text).all(...values) as readonly FindingRow[];
  /** Rows of one line; where some are passed over, nobody knows before how many it takes. */
  const rowsOf = (query: PageQuery, line: Line, most: number) => {
    const after = query.after?.line === line.id ? query.after : undefined;
    const { text, values } = pageSql(query, line, after, query.keep ? -1 : most);
    return query.keep ? each(text, values) : rows(text, values);
  };
  function* placed(query: PageQuery): Generator<{ readonly line: Line; readonly row: FindingRow }> {
    let read = 0;
    const lines = query.after ? query.lines.slice(startOf(query.lines, query.after.line)) : query.lines;
    for (const line of lines) {
      for (const row of rowsOf(query, line, query.limit + 1 - read)) {
        read++;
        yield { line, row };
      }
    }
  }
  return {
    lines: () => everyLine.all(),
    ...differences(db),
    scores: scoreReader(db),
    ...spots(db),
    observations: readFacts,
    page(query) {
      const found: StoredFinding[] = [];
      let last: Position | undefined;
      for (const { line, row } of placed(query)) {
        const finding = findingOf(line, row);
        if (query.keep?.(finding) === false) continue;
        if (found.length === query.limit && last) return { findings: found, next: last };
        found.push(finding);
        last = { line: line.id, node: row.node, subject: row.subject_id };
      }
      return { findings: found };
    },
    tally(at, node) {
      const byId = new Map(everyLine.all().map((line) => [line.id, line]));
      return counts(at, node)
        .flatMap((row) => {
          const line = byId.get(row.line);
          return line ? [{ line, status: statusOf(row.status), count: row.count }] : [];
        })
        .sort((a, b) => (a.line.sort < b.line.sort ? -1 : Number(a.line.sort > b.line.sort)));
    },
    withEvidence(lines, node, at) {
      const { text, values } = moment(at);
      const own = node === undefined ? '' : ' AND v.node = ?';
      return lines.flatMap((line) =>
        rows(`SELECT ${findingColumns(true)} WHERE v.line = ?${own} AND ${text} ORDER BY v.node, v.subject`, [
          line.id,
          ...(node === undefined ? [] : [node]),
          ...values,
        ]).map((row) => findingOf(line, row)),
      );
    },
  };
}

function startOf(lines: readonly Line[], id: number): number {
  const index = lines.findIndex((line) => line.id === id);
  return index < 0 ? lines.length : index;
}

function moment(at: number | undefined): { readonly text: string; readonly values: readonly number[] } {
  if (at === undefined) return { text: 'v.until IS NULL', values: [] };
  return { text: 'v."from" <= ? AND (v.until IS NULL OR v.until > ?)', values: [at, at] };
}

/** Parsing is spared where the word is nowhere. */
const pendingLine = `EXISTS (SELECT 1 FROM fact_value p, json_each(p.json) line
  WHERE p.id = v.evidence AND instr(p.json, '"pending"') > 0 AND json_extract(line.value, '$.pending') IS NOT NULL)`;

function pageSql(
  query: PageQuery,
  line: Line,
  after: Position | undefined,
  limit: number,
): { text: string; values: readonly unknown[] } {
  const now = moment(query.at);
  const where = ['v.line = ?', now.text];
  const values: unknown[] = [line.id, ...now.values];
  const add = (text: string, ...more: readonly unknown[]) => {
    where.push(text);
    values.push(...more);
  };
  if (after) add('(v.node, v.subject) > (?, ?)', after.node, after.subject);
  if (query.node !== undefined) add('v.node = ?', query.node);
  if (query.statuses) add(`v.status IN (${query.statuses.map((one) => statusNumbers.indexOf(one)).join(',')})`);
  if (query.reason !== undefined) add('r.body = ?', query.reason);
  if (query.pending !== undefined) add(`${query.pending ? '' : 'NOT '}${pendingLine}`);
  // A text that is stored nowhere is NULL here, and equals nothing.
  if (query.namespace !== undefined) add('v.namespace = (SELECT id FROM text WHERE body = ?)', query.namespace);
  if (query.kind !== undefined) add('v.kind = (SELECT id FROM text WHERE body = ?)', query.kind);
  if (query.text !== undefined && !query.matched?.has(line.id)) {
    const like = `%${query.text.replaceAll(/[\\%_]/g, '\\$&')}%`;
    add("(m.body LIKE ? ESCAPE '\\' OR s.body LIKE ? ESCAPE '\\')", like, like);
  }
  return {
    text: `SELECT ${findingColumns(query.evidence === true)} WHERE ${where.join(' AND ')} ORDER BY v.node, v.subject LIMIT ?`,
    values: [...values, limit],
  };
}
