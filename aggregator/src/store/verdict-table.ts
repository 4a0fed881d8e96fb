import type { BenchmarkMatch, Evidence, Finding, Status } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { digestOf, type Intern } from './intern.ts';

/** Statuses by their number in the database; never reorder. */
export const statusNumbers: readonly Status[] = ['pass', 'fail', 'warn', 'error', 'not-applicable'];

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

/** Verdicts as intervals. All writes happen inside a transaction of the caller. */
export interface VerdictTable {
  /** Makes these the verdicts of a node (0: the cluster) and says what changed. Nothing is written where nothing did. */
  replace(
    node: { readonly id: number; readonly name: string | null },
    findings: readonly MatchedFinding[],
    at: number,
  ): VerdictChange[];
  /** Forgets every verdict, past ones too: they are a cache. */
  drop(): void;
  /** Ids of the nodes with a current verdict that stopped being valid in the half-open time (after, now], in milliseconds. */
  expired(after: number, now: number): readonly number[];
  /** When the youngest current verdict began, in milliseconds; 0 without any. */
  latest(): number;
}

interface OpenVerdict {
  readonly id: number;
  readonly line: number;
  readonly subject: number;
  readonly status: number;
  readonly reason: number;
  readonly message: number;
  readonly evidence: number;
  readonly valid_until: number | null;
  readonly from: number;
}

/** The verdicts of one writing connection; `forget` drops what is remembered of lines after a rollback. */
export function verdictTable(db: Database, intern: Intern): VerdictTable & { forget(): void } {
  const lines = lineTable(db);
  const open = db.prepare<[number], OpenVerdict>(
    'SELECT id, line, subject, status, reason, message, evidence, valid_until, "from" FROM verdict WHERE node = ? AND until IS NULL',
  );
  const insert = db.prepare(
    'INSERT INTO verdict (node, line, subject, status, reason, message, evidence, valid_until, "from") VALUES (?,?,?,?,?,?,?,?,?)',
  );
  const close = db.prepare<[number, number]>('UPDATE verdict SET until = ? WHERE id = ?');
  const drop = db.prepare<[number]>('DELETE FROM verdict WHERE id = ?');
  const lineById = db.prepare<[number], { benchmark: string; number: string; control: string }>(
    'SELECT benchmark, number, control FROM line WHERE id = ?',
  );
  const textById = db.prepare<[number], { body: string }>('SELECT body FROM text WHERE id = ?');
  const expired = db.prepare<[number, number], { node: number }>(
    'SELECT DISTINCT node FROM verdict WHERE until IS NULL AND valid_until > ? AND valid_until <= ?',
  );
  const youngest = db.prepare<[], { at: number | null }>('SELECT max("from") AS at FROM verdict WHERE until IS NULL');
  return {
    forget: lines.forget,
    drop() {
      db.exec('DELETE FROM verdict');
    },
    latest: () => youngest.get()?.at ?? 0,
    expired: (after, now) => expired.all(after, now).map((row) => row.node),
    replace(node, findings, at) {
      const before = new Map(open.all(node.id).map((row) => [`${row.line} ${row.subject}`, row]));
      const finish = (row: OpenVerdict) => (row.from >= at ? drop.run(row.id) : close.run(at, row.id));
      const changes: VerdictChange[] = [];
      for (const { finding, match } of findings) {
        const row = rowOf(finding, lines.id(finding, match), intern);
        const key = `${row.line} ${row.subject}`;
        const old = before.get(key);
        before.delete(key);
        if (old && equal(old, row)) continue;
        if (old) finish(old);
        add(node.id, row, at);
        const status = statusOf(old);
        if (status !== finding.status) changes.push(changeOf(node.name, finding, status, finding.status));
      }
      for (const old of before.values()) {
        finish(old);
        const change = ended(node.name, old);
        if (change) changes.push(change);
      }
      return changes;
    },
  };

  function add(node: number, row: Row, at: number): void {
    const { line, subject, status, reason, message, evidence, valid_until } = row;
    insert.run(node, line, subject, status, reason, message, evidence, valid_until, at);
  }

  function ended(node: string | null, old: OpenVerdict): VerdictChange | undefined {
    const line = lineById.get(old.line);
    const subject = textById.get(old.subject)?.body ?? '';
    return line && changeOf(node, { ...line, subject }, statusOf(old), null);
  }
}

function statusOf(row: OpenVerdict | undefined): Status | null {
  return statusNumbers[row?.status ?? -1] ?? null;
}

type Row = Omit<OpenVerdict, 'id' | 'from'>;

function rowOf(finding: Finding, line: number, intern: Intern): Row {
  return {
    line,
    subject: intern.text(finding.subject),
    status: statusNumbers.indexOf(finding.status),
    reason: intern.text(finding.reason),
    message: intern.text(finding.message),
    evidence: intern.value(JSON.stringify(finding.evidence.map(timeless))),
    valid_until: finding.validUntil === undefined ? null : Date.parse(finding.validUntil),
  };
}

/** When a thing was observed stands with the fact; without it nodes that are alike share their evidence. */
function timeless({ observedAt: _, ...evidence }: Evidence): Omit<Evidence, 'observedAt'> {
  return evidence;
}

function equal(a: Row, b: Row): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.evidence === b.evidence &&
    a.valid_until === b.valid_until
  );
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

/** Lines of documents as they stood when something was judged by them, each once. */
function lineTable(db: Database): { id(finding: Finding, match: BenchmarkMatch): number; forget(): void } {
  const known = new Map<string, number>();
  const find = db.prepare<[Buffer], { id: number }>('SELECT id FROM line WHERE digest = ?');
  const add = db.prepare(
    `INSERT INTO line (digest, benchmark, match, number, control, title, severity, level, by, remedy, note, sort)
     VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`,
  );
  return {
    id(finding, match) {
      const { benchmark, number, control, title, severity, level, by, remedy, note } = finding;
      const cells = [benchmark, match, number, control, title, severity, level, by, remedy, note ?? null];
      const key = JSON.stringify(cells);
      const before = known.get(key);
      if (before !== undefined) return before;
      const digest = digestOf(key);
      const id = find.get(digest)?.id ?? Number(add.run(digest, ...cells, sortKey(benchmark, number)).lastInsertRowid);
      known.set(key, id);
      return id;
    },
    forget: () => known.clear(),
  };
}

/** Texts that sort as documents and numbers do: 1.2.9 before 1.2.10. */
export function sortKey(benchmark: string, number: string): string {
  return `${benchmark} ${number
    .split('.')
    .map((part) => part.padStart(4, '0'))
    .join('.')}`;
}
