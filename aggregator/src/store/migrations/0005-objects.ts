import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What the cluster showed, and what each node and the cluster (0) were judged as. `resource` and `place` are texts, `value` is a value; for
 * the resource `state` the place is a resource and the value how well it was known. Places as findings call them.
 */
const statements: readonly string[] = [
  `CREATE TABLE object (
    id INTEGER PRIMARY KEY, resource INTEGER NOT NULL, place INTEGER NOT NULL, value INTEGER NOT NULL,
    "from" INTEGER NOT NULL, until INTEGER)`,
  'CREATE UNIQUE INDEX object_open ON object (resource, place) WHERE until IS NULL',
  'CREATE INDEX object_ended ON object (until) WHERE until IS NOT NULL',
  `CREATE TABLE circumstance (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, value INTEGER NOT NULL, "from" INTEGER NOT NULL, until INTEGER)`,
  'CREATE UNIQUE INDEX circumstance_open ON circumstance (node) WHERE until IS NULL',
  'CREATE INDEX circumstance_time ON circumstance (node, "from")',
  'CREATE INDEX circumstance_ended ON circumstance (until) WHERE until IS NOT NULL',
];

/** Objects of the cluster and circumstances of judging as intervals. */
export const objects: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
