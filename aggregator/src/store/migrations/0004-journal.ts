import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Changes in the order in which they were committed. `kind` 0 drift, 1 verdict, 2 presence. `what` is the text of the fact, or the line. Of
 * drift `state` is the state, `word` the detail, `value` the value; of verdicts status, reason, message and evidence; of presence `state`
 * alone. Ids refer to text and fact_value: what they name stays as long as the entry.
 */
const statements: readonly string[] = [
  `CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, node INTEGER NOT NULL, kind INTEGER NOT NULL, cause INTEGER NOT NULL,
    what INTEGER, subject INTEGER,
    before_state INTEGER, before_word INTEGER, before_message INTEGER, before_value INTEGER,
    after_state INTEGER, after_word INTEGER, after_message INTEGER, after_value INTEGER)`,
  // Whether all of a line was judged on the cluster, or since when nobody could.
  'CREATE TABLE line_state (benchmark TEXT NOT NULL, number TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (benchmark, number)) WITHOUT ROWID',
  // By which agent a node was judged last, and how it was present.
  'ALTER TABLE node ADD COLUMN judged_agent TEXT',
  'ALTER TABLE node ADD COLUMN presence TEXT',
];

export const journal: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
