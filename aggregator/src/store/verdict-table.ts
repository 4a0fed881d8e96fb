import type { BenchmarkMatch, Finding, Status } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import type { Intern } from './intern.ts';
import type { Cause, JournalWriter } from './journal.ts';
import { lineStates } from './line-state.ts';
import { type LineKey, lineTable } from './line-table.ts';
import { type OpenVerdict, openVerdicts, type VerdictPart } from './open-verdicts.ts';
import { verdictJournal } from './verdict-journal.ts';
import { equalRows, rowMaker, statusNumbers, type VerdictRow } from './verdict-row.ts';

/** A finding with how well its document fits. */
export interface MatchedFinding {
  readonly finding: Finding;
  readonly match: BenchmarkMatch;
}

/** One verdict that changed; a status is null where there is no verdict. */
export interface VerdictChange {
  readonly node: string | null;
  readonly benchmark: string;
  readonly number: string;
  readonly control: string;
  readonly subject: string;
  readonly before: Status | null;
  readonly after: Status | null;
}

/** A node as verdicts refer to it; id 0 and no name for the cluster. `cause`: why its verdicts change, where that is known before. */
export interface JudgedNode {
  readonly id: number;
  readonly name: string | null;
  readonly cause?: Cause | undefined;
}

/** Where a verdict of the cluster stands. */
export interface VerdictPlace extends LineKey {
  readonly subject: string;
}

/** Verdicts as intervals. All writes happen inside a transaction of the caller. */
export interface VerdictTable {
  /** Makes these the verdicts of a node and says what changed. Nothing is written where nothing did. */
  replace(node: JudgedNode, findings: readonly MatchedFinding[], at: number): VerdictChange[];
  /** The same for a part of its verdicts; the rest is neither read nor written. Every finding belongs to the part. */
  replacePart(node: JudgedNode, part: VerdictPart, findings: readonly MatchedFinding[], at: number): VerdictChange[];
  /** Subjects with a current verdict of a node on a line. */
  subjects(node: number, line: LineKey): readonly string[];
  /** All of a line of the cluster was judged; before, what appears on it is no change. */
  lineJudged(line: LineKey): void;
  /** Nobody can look at a line of the cluster any more; what was known of it still counts. */
  lineBlind(line: LineKey): void;
  /** True when that was said, and somebody can still look. */
  isWhole(line: LineKey): boolean;
  /** Forgets every verdict, past ones too: they are a cache. */
  drop(): void;
  /** Ids of the nodes with a current verdict that stopped being valid in the half-open time (after, now], in milliseconds. */
  expired(after: number, now: number): readonly number[];
  /** The same for verdicts of the cluster, each by itself. */
  expiredPlaces(after: number, now: number): readonly VerdictPlace[];
  /** When the youngest verdict began, in milliseconds; 0 without any. */
  latest(): number;
  /** Lines on which a verdict began or ended since this was asked before. */
  touched(): readonly number[];
}

/** The verdicts of one writing connection; `forget` drops what is remembered of lines after a rollback. */
export function verdictTable(
  db: Database,
  intern: Intern,
  journalWriter: JournalWriter,
): VerdictTable & { forget(): void } {
  const lines = lineTable(db);
  const open = openVerdicts(db, lines, intern);
  const rows = rowMaker(intern);
  const states = lineStates(db);
  const journal = verdictJournal(db, lines, states, journalWriter);
  const insert = db.prepare(
    `INSERT INTO verdict (node, line, subject, kind, namespace, status, reason, message, evidence, valid_until, "from")
     VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
  );
  const close = db.prepare<[number, number]>('UPDATE verdict SET until = ? WHERE id = ?');
  const drop = db.prepare<[number]>('DELETE FROM verdict WHERE id = ?');
  const textById = db.prepare<[number], { body: string }>('SELECT body FROM text WHERE id = ?');
  const expired = db.prepare<[number, number], { node: number }>(
    'SELECT DISTINCT node FROM verdict WHERE until IS NULL AND valid_until > ? AND valid_until <= ?',
  );
  const expiredPlaces = db.prepare<[number, number], VerdictPlace>(
    `SELECT l.benchmark, l.number, s.body AS subject FROM verdict v JOIN line l ON l.id = v.line JOIN text s ON s.id = v.subject
     WHERE v.until IS NULL AND v.valid_until > ? AND v.valid_until <= ? AND v.node = 0`,
  );
  const touched = new Set<number>();
  const youngest = db.prepare<[], { at: number | null }>('SELECT max("from") AS at FROM verdict');
  return {
    forget() {
      lines.forget();
      rows.forget();
      states.reload();
      journal.forget();
    },
    lineJudged: (line) => states.set(line, 'whole'),
    lineBlind(line) {
      if (states.of(line) === 'whole') states.set(line, 'blind');
    },
    isWhole: (line) => states.of(line) === 'whole',
    drop() {
      db.exec('DELETE FROM verdict');
      db.exec('DELETE FROM line_state');
      states.reload();
    },
    latest: () => youngest.get()?.at ?? 0,
    touched() {
      const lines = [...touched];
      touched.clear();
      return lines;
    },
    expired: (after, now) => expired.all(after, now).map((row) => row.node),
    expiredPlaces: (after, now) => expiredPlaces.all(after, now),
    subjects: open.subjects,
    replace: (node, findings, at) => write(node, open.all(node.id), findings, at),
    replacePart: (node, part, findings, at) => write(node, open.part(node.id, part), findings, at),
  };

  function write(node: JudgedNode, current: readonly OpenVerdict[], findings: readonly MatchedFinding[], at: number) {
    const before = new Map(current.map((row) => [`${row.line} ${row.subject}`, row]));
    const finish = (row: OpenVerdict) => {
      touched.add(row.line);
      return row.from >= at ? drop.run(row.id) : close.run(at, row.id);
    };
    const changes: VerdictChange[] = [];
    const news = findings.map(({ finding, match }) => ({
      finding,
      row: rows.of(finding, lines.id(finding, match), node.id === 0),
    }));
    const told = journal.begin({ node: node.id, at, cause: node.cause, current, rows: news.map(({ row }) => row) });
    for (const { finding, row } of news) {
      const old = take(before, row, finding);
      if (old && old.line === row.line && equalRows(old, row)) continue;
      told.changed(old, row);
      if (old) finish(old);
      add(node.id, row, at);
      const status = statusOf(old);
      if (status !== finding.status) changes.push(changeOf(node.name, finding, status, finding.status));
    }
    for (const old of before.values()) {
      told.changed(old, undefined);
      finish(old);
      const change = ended(node.name, old);
      if (change) changes.push(change);
    }
    return changes;
  }

  /** The current verdict in this place; its line may have had another title, or fitted otherwise. */
  function take(before: Map<string, OpenVerdict>, row: VerdictRow, finding: Finding): OpenVerdict | undefined {
    for (const line of [row.line, ...lines.ids(finding)]) {
      const key = `${line} ${row.subject}`;
      const old = before.get(key);
      before.delete(key);
      if (old) return old;
    }
    return undefined;
  }

  function add(node: number, row: VerdictRow, at: number): void {
    const { line, subject, kind, namespace, status, reason, message, evidence, valid_until } = row;
    touched.add(line);
    insert.run(node, line, subject, kind, namespace, status, reason, message, evidence, valid_until, at);
  }

  function ended(node: string | null, old: OpenVerdict): VerdictChange | undefined {
    const line = lines.byId(old.line);
    const subject = textById.get(old.subject)?.body ?? '';
    return line && changeOf(node, { ...line, subject }, statusOf(old), null);
  }
}

function statusOf(row: OpenVerdict | undefined): Status | null {
  return statusNumbers[row?.status ?? -1] ?? null;
}

function changeOf(
  node: string | null,
  place: Pick<Finding, 'benchmark' | 'number' | 'control' | 'subject'>,
  before: Status | null,
  after: Status | null,
): VerdictChange {
  const { benchmark, number, control, subject } = place;
  return { node, benchmark, number, control, subject, before, after };
}
