import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What each node has cost so far; of what came before, its rows are all that can be told. */
export const nodeQuota: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw('ALTER TABLE node ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0').execute(db);
    await sql
      .raw('UPDATE node SET stored_bytes = 200 * (SELECT count(*) FROM fact WHERE fact.node = node.id)')
      .execute(db);
  },
};
