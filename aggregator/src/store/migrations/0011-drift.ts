import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What makes intervals a list of changes. `previous`: the interval before it, 0 where nothing was there, null where the node showed it
 * first; ids grow with time, so that no index by time is needed. `fact_gone`: intervals that ended without another. `cause` is null for
 * what was observed. Of objects of the cluster each change, as ids of values: what a resource shows first is none.
 */
const statements: readonly string[] = [
  'ALTER TABLE fact ADD COLUMN previous INTEGER',
  'ALTER TABLE fact ADD COLUMN cause INTEGER',
  `UPDATE fact SET previous = before.id FROM (
     SELECT id AS own, coalesce(lag(id) OVER w,
       CASE WHEN "from" > (SELECT min(f."from") FROM fact f WHERE f.node = fact.node) THEN 0 END) AS id
     FROM fact WINDOW w AS (PARTITION BY node, fact, subject ORDER BY "from")) AS before WHERE before.own = fact.id`,
  'CREATE TABLE fact_gone (id INTEGER PRIMARY KEY, fact INTEGER NOT NULL, cause INTEGER)',
  `INSERT INTO fact_gone (fact) SELECT id FROM (
     SELECT id, until, lead("from") OVER (PARTITION BY node, fact, subject ORDER BY "from") AS next FROM fact)
   WHERE until IS NOT NULL AND next IS NOT until ORDER BY until`,
  `CREATE TABLE object_change (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, place INTEGER NOT NULL, before INTEGER, after INTEGER)`,
];

/** Changes of facts and objects. */
export const drift: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
