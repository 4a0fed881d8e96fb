import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Scores as they stood at the end of days and months, which outlive what they were counted from. A series is named by texts, because nodes
 * and lines go. `day` counts from 1970 UTC; a row of a month has its first day. Days are kept only where something changed. `adjusted`
 * is a JSON list of the counts with waivers and attestations, null where they are the same.
 */
const statements: readonly string[] = [
  `CREATE TABLE score_series (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, benchmark TEXT NOT NULL, name TEXT NOT NULL, control TEXT NOT NULL,
    ruleset TEXT NOT NULL, UNIQUE (kind, benchmark, name))`,
  `CREATE TABLE score (
    series INTEGER NOT NULL, month INTEGER NOT NULL, day INTEGER NOT NULL, pass INTEGER NOT NULL, fail INTEGER NOT NULL,
    warn INTEGER NOT NULL, error INTEGER NOT NULL, not_applicable INTEGER NOT NULL, adjusted TEXT, lowest REAL, highest REAL,
    PRIMARY KEY (series, month, day)) WITHOUT ROWID`,
  'CREATE TABLE score_mark (day INTEGER NOT NULL, kind TEXT NOT NULL, series INTEGER NOT NULL, PRIMARY KEY (day, kind, series)) WITHOUT ROWID',
];

/** Roll-ups of scores. */
export const retention: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
