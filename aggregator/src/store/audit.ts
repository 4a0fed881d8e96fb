import type { Json } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import type { Transact } from './writer.ts';

/** What somebody did; `target` is the id of the thing among those of its kind. Times are milliseconds. */
export interface AuditEntry {
  readonly id: number;
  readonly at: number;
  /** Name of the caller's token; `plumbline` where the program did it by itself. */
  readonly who: string;
  /** `created`, `changed`, `removed`, `expired` … */
  readonly action: string;
  /** `waiver`, `attestation`, `scan` … */
  readonly kind: string;
  readonly target: string;
  /** The thing before and after; null where there was or is none. */
  readonly before: Json;
  readonly after: Json;
}

/** Who writes, and when. */
export type Author = Pick<AuditEntry, 'who' | 'at'>;

/** Which entries, newest first. */
export interface AuditQuery {
  readonly kind?: string;
  readonly target?: string;
  readonly who?: string;
  readonly action?: string;
  /** Only entries older than this one. */
  readonly before?: number;
  readonly limit: number;
}

/** Who did what and when. Nothing in it is ever changed or removed: the database refuses. */
export interface AuditLog {
  /** Adds an entry, in the transaction that is open or in one of its own, and gives its id. */
  add(entry: Omit<AuditEntry, 'id'>): number;
  list(query: AuditQuery): readonly AuditEntry[];
}

interface Row extends Omit<AuditEntry, 'before' | 'after'> {
  readonly before: string | null;
  readonly after: string | null;
}

/** The log on a writing and a reading connection. */
export function auditLog(writer: Database, reader: Database, transact: Transact): AuditLog {
  const insert = writer.prepare(
    'INSERT INTO audit (at, who, action, kind, target, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  return {
    add({ at, who, action, kind, target, before, after }) {
      const write = () => insert.run(at, who, action, kind, target, textOf(before), textOf(after)).lastInsertRowid;
      return Number(transact(write));
    },
    list({ limit, before, ...filters }) {
      const given = Object.entries(filters).filter(([, value]) => value !== undefined);
      const where = [...given.map(([name]) => `${name} = ?`), ...(before === undefined ? [] : ['id < ?'])];
      const rows = reader
        .prepare<unknown[], Row>(
          `SELECT * FROM audit ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY id DESC LIMIT ?`,
        )
        .all(...given.map(([, value]) => value), ...(before === undefined ? [] : [before]), limit);
      return rows.map((row) => ({ ...row, before: jsonOf(row.before), after: jsonOf(row.after) }));
    },
  };
}

function textOf(value: Json): string | null {
  return value === null ? null : JSON.stringify(value);
}

function jsonOf(text: string | null): Json {
  return text === null ? null : JSON.parse(text);
}
