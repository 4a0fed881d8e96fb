import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Messages that wait for receivers, and what became of them. `last` marks the newest message of an alert for a receiver. `heard`: the
 * receiver may know the alert from an earlier message; `reached`: it may know it from this one.
 */
export const outbox: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of [
      'CREATE TABLE outbox_message (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL) STRICT',
      `CREATE TABLE delivery (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        message INTEGER NOT NULL,
        receiver TEXT NOT NULL,
        alert TEXT NOT NULL,
        revision INTEGER NOT NULL,
        status TEXT NOT NULL,
        state TEXT NOT NULL,
        last INTEGER NOT NULL,
        heard INTEGER NOT NULL,
        reached INTEGER NOT NULL,
        created INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        next_try INTEGER NOT NULL,
        settled INTEGER,
        error TEXT
      ) STRICT`,
      "CREATE INDEX delivery_pending ON delivery (receiver, id) WHERE state = 'pending'",
      'CREATE UNIQUE INDEX delivery_last ON delivery (receiver, alert) WHERE last = 1',
      "CREATE INDEX delivery_firing ON delivery (receiver, id) WHERE last = 1 AND status = 'firing'",
      'CREATE INDEX delivery_receiver ON delivery (receiver, state, id)',
      'CREATE INDEX delivery_alert ON delivery (alert, id)',
      'CREATE INDEX delivery_message ON delivery (message)',
      'CREATE INDEX delivery_settled ON delivery (settled) WHERE settled IS NOT NULL',
    ]) {
      await sql.raw(statement).execute(db);
    }
  },
};
