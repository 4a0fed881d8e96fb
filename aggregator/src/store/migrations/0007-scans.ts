import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Scans are instants with what was counted then; an id is never used twice, so that a reference means one scan for ever. */
export const scans: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of [
      `CREATE TABLE scan (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, note TEXT, trigger TEXT NOT NULL, by TEXT NOT NULL,
        requested_at INTEGER NOT NULL, deadline INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT, message TEXT,
        at INTEGER, ended_at INTEGER, program TEXT NOT NULL, result TEXT)`,
      `CREATE TABLE schedule (
        name TEXT PRIMARY KEY, cron TEXT NOT NULL, time_zone TEXT NOT NULL, note TEXT, enabled INTEGER NOT NULL,
        since INTEGER NOT NULL) WITHOUT ROWID`,
    ]) {
      await sql.raw(statement).execute(db);
    }
  },
};
