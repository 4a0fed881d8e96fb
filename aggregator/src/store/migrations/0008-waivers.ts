import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Waivers and attestations as intervals: an edit ends a version and begins another. `told`: that it expired was said. The audit log
 * only grows, whoever writes.
 */
const statements: readonly string[] = [
  `CREATE TABLE decision (
    id INTEGER PRIMARY KEY, overlay TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0, "from" INTEGER NOT NULL, until INTEGER)`,
  'CREATE UNIQUE INDEX decision_open ON decision (overlay, number) WHERE until IS NULL',
  'CREATE INDEX decision_number ON decision (overlay, number)',
  `CREATE TABLE decision_matched (
    overlay TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (overlay, number)) WITHOUT ROWID`,
  `CREATE TABLE audit (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
    before TEXT, after TEXT)`,
  'CREATE INDEX audit_target ON audit (kind, target)',
  `CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END`,
  `CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END`,
];

/** Who decided what about findings, and who did what. */
export const waivers: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
