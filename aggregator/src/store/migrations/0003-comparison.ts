import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What comparing two instants needs: what judged, and what began or ended between them. Of what came before nobody knows what judged. */
export const comparison: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of [
      "ALTER TABLE line ADD COLUMN ruleset TEXT NOT NULL DEFAULT ''",
      'CREATE TABLE program (version TEXT NOT NULL, "from" INTEGER NOT NULL)',
      'CREATE INDEX verdict_began ON verdict ("from", until, line, status)',
      'CREATE INDEX verdict_ended ON verdict (until, "from", line, status) WHERE until IS NOT NULL',
    ]) {
      await sql.raw(statement).execute(db);
    }
  },
};
