import type { SectionedSummary } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import type { AuditLog, Author } from './audit.ts';
import type { Transact } from './writer.ts';

/** How a scan stands. It ends as one of the last three, whatever happens. */
export type ScanState = 'running' | 'complete' | 'partial' | 'failed';

/** Something that a scan could not know. `name` is the node or the resource. */
export interface Gap {
  readonly kind: 'node' | 'resource' | 'nodes' | 'judging';
  readonly name: string;
  readonly reason: string;
}

/** What was counted at the instant of a scan; `gaps` are the first ones. */
export interface ScanResult {
  readonly summary: SectionedSummary;
  readonly documents: readonly ({ readonly benchmark: string; readonly title: string } & SectionedSummary)[];
  /** `unsupported`: nodes that no agent looks at, such as Windows. */
  readonly nodes: {
    readonly total: number;
    readonly reporting: number;
    readonly notReporting: number;
    readonly unsupported: number;
  };
  readonly gaps: readonly Gap[];
  readonly gapsTotal: number;
}

/** One scan. Times are milliseconds; `at` and `result` are null while it runs and when it failed. */
export interface ScanRecord {
  readonly id: number;
  readonly name: string | null;
  readonly note: string | null;
  readonly trigger: 'request' | 'schedule';
  /** Who asked: the owner of a token, or the name of the schedule. */
  readonly by: string;
  readonly requestedAt: number;
  readonly deadline: number;
  readonly state: ScanState;
  /** Machine reason why it is not complete, and a sentence about it. */
  readonly reason: string | null;
  readonly message: string | null;
  readonly at: number | null;
  readonly endedAt: number | null;
  /** Version of the program that made it. */
  readonly program: string;
  readonly result: ScanResult | null;
}

/** What becomes of a scan by itself. */
export type ScanPatch = Partial<Pick<ScanRecord, 'state' | 'reason' | 'message' | 'at' | 'endedAt' | 'result'>>;

/** What people may change of it. */
export type ScanNaming = Partial<Pick<ScanRecord, 'name' | 'note'>>;

/** Scans in order of their ids. Writes throw PLB_STORE_WRITE; those of people are in the audit log. */
export interface ScanTable {
  add(scan: Omit<ScanRecord, 'id'>): ScanRecord;
  patch(id: number, patch: ScanPatch): void;
  rename(id: number, naming: ScanNaming, author: Author): void;
  remove(id: number, author: Author): void;
  get(id: number): ScanRecord | undefined;
  named(name: string): ScanRecord | undefined;
  /** The youngest ones with an id below, youngest first. */
  page(below: number, limit: number): readonly ScanRecord[];
  /** Ends what runs, because nobody runs it any more; returns how many there were. */
  interrupt(at: number, message: string): number;
  /** Forgets some of those without a name that ended before an instant, in milliseconds; returns how many, 0 when there are none left. */
  prune(before: number): number;
}

const columns: Readonly<Record<keyof ScanPatch | keyof ScanNaming, string>> = {
  name: 'name',
  note: 'note',
  state: 'state',
  reason: 'reason',
  message: 'message',
  at: 'at',
  endedAt: 'ended_at',
  result: 'result',
};

/** What the tables of scans and schedules rest on. */
export interface ScanConnections {
  readonly writer: Database;
  readonly reader: Database;
  readonly transact: Transact;
  readonly audit: AuditLog;
}

/** A step that nobody waits for noticeably. */
const prunedAtOnce = 500;

/** The table on a writing connection and one that reads. */
export function scanTable({ writer, reader, transact, audit }: ScanConnections): ScanTable {
  const insert = writer.prepare(
    `INSERT INTO scan (name, note, trigger, by, requested_at, deadline, state, reason, message, at, ended_at, program, result)
     VALUES ($name, $note, $trigger, $by, $requestedAt, $deadline, $state, $reason, $message, $at, $endedAt, $program, $result)`,
  );
  const remove = writer.prepare<[number]>('DELETE FROM scan WHERE id = ?');
  const byId = reader.prepare<[number], ScanRow>('SELECT * FROM scan WHERE id = ?');
  const byName = reader.prepare<[string], ScanRow>('SELECT * FROM scan WHERE name = ?');
  const page = reader.prepare<[number, number], ScanRow>('SELECT * FROM scan WHERE id < ? ORDER BY id DESC LIMIT ?');
  const interrupt = writer.prepare<[number, string]>(
    "UPDATE scan SET state = 'failed', reason = 'interrupted', ended_at = ?, message = ? WHERE state = 'running'",
  );
  const prune = writer.prepare<[number]>(
    `DELETE FROM scan WHERE id IN (SELECT id FROM scan WHERE name IS NULL AND ended_at < ? LIMIT ${prunedAtOnce})`,
  );
  const update = (id: number, patch: ScanPatch & ScanNaming) => {
    const keys = Object.keys(patch) as (keyof typeof patch)[];
    if (keys.length === 0) return;
    const sets = keys.map((key) => `${columns[key]} = ?`).join(', ');
    const values = keys.map((key) => cell(patch[key]));
    writer.prepare(`UPDATE scan SET ${sets} WHERE id = ?`).run(...values, id);
  };
  const note = (action: string, id: number, author: Author, before: ScanNaming | null, after: ScanNaming | null) =>
    audit.add({ ...author, action, kind: 'scan', target: String(id), before: called(before), after: called(after) });
  return {
    add: (scan) =>
      transact(() => {
        const id = Number(insert.run({ ...scan, result: cell(scan.result) }).lastInsertRowid);
        const { by, requestedAt } = scan;
        if (scan.trigger === 'request') note('created', id, { who: by, at: requestedAt }, null, scan);
        return { ...scan, id };
      }),
    patch: (id, patch) => transact(() => update(id, patch)),
    rename: (id, naming, author) =>
      transact(() => {
        const before = recordOf(byId.get(id));
        if (!before) return;
        update(id, naming);
        note('changed', id, author, before, { ...before, ...naming });
      }),
    remove: (id, author) =>
      transact(() => {
        const before = recordOf(byId.get(id));
        if (!before) return;
        remove.run(id);
        note('removed', id, author, before, null);
      }),
    get: (id) => recordOf(byId.get(id)),
    named: (name) => recordOf(byName.get(name)),
    page: (below, limit) => page.all(below, limit).flatMap((row) => recordOf(row) ?? []),
    interrupt: (at, message) => transact(() => interrupt.run(at, message).changes),
    prune: (before) => transact(() => prune.run(before).changes),
  };
}

function called(scan: ScanNaming | null) {
  return scan && { name: scan.name ?? null, note: scan.note ?? null };
}

function cell(value: (ScanPatch & ScanNaming)[keyof ScanPatch | keyof ScanNaming]): string | number | null {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value ?? null);
}

interface ScanRow {
  readonly id: number;
  readonly name: string | null;
  readonly note: string | null;
  readonly trigger: ScanRecord['trigger'];
  readonly by: string;
  readonly requested_at: number;
  readonly deadline: number;
  readonly state: ScanState;
  readonly reason: string | null;
  readonly message: string | null;
  readonly at: number | null;
  readonly ended_at: number | null;
  readonly program: string;
  readonly result: string | null;
}

function recordOf(row: ScanRow | undefined): ScanRecord | undefined {
  if (!row) return undefined;
  const { requested_at: requestedAt, ended_at: endedAt, result, ...rest } = row;
  return { ...rest, requestedAt, endedAt, result: result === null ? null : JSON.parse(result) };
}
