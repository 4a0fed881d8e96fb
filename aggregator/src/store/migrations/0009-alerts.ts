import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What is told, and up to which entry the journal was read for it: one row each of `alert_cursor`, in the transaction of what followed.
 * `due`: when the alert takes its next step. `open`: places that are wrong now. `alert_detail` holds each detail of places once.
 */
const statements: readonly string[] = [
  'CREATE TABLE alert_cursor (id INTEGER PRIMARY KEY CHECK (id = 1), entry INTEGER NOT NULL) STRICT',
  `CREATE TABLE alert (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, rule TEXT NOT NULL, change TEXT NOT NULL, state TEXT NOT NULL,
    severity TEXT NOT NULL, title TEXT NOT NULL, labels TEXT, receivers TEXT NOT NULL,
    started INTEGER NOT NULL, created INTEGER NOT NULL, joined INTEGER NOT NULL, changed INTEGER NOT NULL, ended INTEGER,
    due INTEGER, holding INTEGER NOT NULL, open INTEGER NOT NULL, flaps INTEGER NOT NULL,
    revision INTEGER NOT NULL, told_at INTEGER, told TEXT) STRICT`,
  "CREATE INDEX alert_open ON alert (rule, change) WHERE state <> 'resolved'",
  'CREATE INDEX alert_change ON alert (rule, change, ended)',
  'CREATE INDEX alert_due ON alert (due) WHERE due IS NOT NULL',
  'CREATE TABLE alert_detail (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, json TEXT NOT NULL) STRICT',
  `CREATE TABLE alert_place (
    alert INTEGER NOT NULL, place TEXT NOT NULL, rule TEXT NOT NULL, node TEXT, subject TEXT NOT NULL, control TEXT,
    detail INTEGER NOT NULL, unseen INTEGER NOT NULL, opened INTEGER NOT NULL, ripe INTEGER NOT NULL, closed INTEGER, why TEXT,
    PRIMARY KEY (alert, place)) STRICT, WITHOUT ROWID`,
  'CREATE UNIQUE INDEX alert_place_open ON alert_place (rule, place) WHERE closed IS NULL',
  'CREATE INDEX alert_place_node ON alert_place (node) WHERE closed IS NULL',
  'CREATE INDEX alert_place_unseen ON alert_place (unseen) WHERE closed IS NULL AND unseen = 1',
  'CREATE INDEX alert_place_detail ON alert_place (detail)',
  `CREATE TABLE alert_message (
    alert INTEGER NOT NULL, revision INTEGER NOT NULL, status TEXT NOT NULL, at INTEGER NOT NULL, receivers TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (alert, revision)) STRICT, WITHOUT ROWID`,
];

export const alerts: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
