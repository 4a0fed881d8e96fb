import type { Database } from 'better-sqlite3';
import { type DeliveryRow, rowColumns } from './delivery-row.ts';

const joined = `SELECT ${rowColumns} FROM delivery d JOIN outbox_message m ON m.id = d.message`;

/** What was last put down of an alert for a receiver; `known` is 1 where the receiver may know the alert. */
interface Before {
  readonly revision: number;
  readonly known: number;
}

/** What putting a message down takes. */
export function addStatements(db: Database) {
  return {
    before: db.prepare<[string, string], Before>(
      `SELECT revision, (heard OR reached OR state = 'delivered') AS known
        FROM delivery WHERE receiver = ? AND alert = ? AND last = 1`,
    ),
    waiting: db.prepare<[string]>("SELECT 1 FROM delivery WHERE receiver = ? AND state = 'pending' LIMIT 1"),
    supersede: db.prepare<[number, string, string]>(
      `UPDATE delivery SET state = 'superseded', settled = ?
        WHERE receiver = ? AND alert = ? AND last = 1 AND state = 'pending'`,
    ),
    demote: db.prepare<[string, string]>('UPDATE delivery SET last = 0 WHERE receiver = ? AND alert = ? AND last = 1'),
    body: db.prepare<[string]>('INSERT INTO outbox_message (body) VALUES (?)'),
    insert: db.prepare(
      `INSERT INTO delivery (message, receiver, alert, revision, status, state, last, heard, reached, created, tries, next_try, settled, error)
        VALUES (@message, @receiver, @alert, @revision, @status, @state, 1, @heard, @reached, @at, 0, @at, @settled, @error)`,
    ),
  };
}

/** What sending takes. */
export function sendStatements(db: Database) {
  return {
    due: db.prepare<[string, number], DeliveryRow>(
      `${joined} WHERE d.receiver = ? AND d.state = 'pending' AND d.next_try <= ? ORDER BY d.id LIMIT 1`,
    ),
    soonest: db.prepare<[string], { next: number | null }>(
      "SELECT min(next_try) AS next FROM delivery WHERE receiver = ? AND state = 'pending'",
    ),
    begin: db.prepare<[number]>('UPDATE delivery SET reached = 1 WHERE id = ? AND reached = 0'),
    // One that was superseded while it was under way arrived all the same.
    delivered: db.prepare<[number, string | null, number]>(
      "UPDATE delivery SET state = 'delivered', reached = 1, tries = tries + 1, settled = ?, error = ? WHERE id = ?",
    ),
    again: db.prepare<[number, number, string, number]>(
      'UPDATE delivery SET reached = ?, tries = tries + 1, next_try = ?, error = ? WHERE id = ?',
    ),
    giveUp: db.prepare<[number, number, string, number]>(
      `UPDATE delivery SET reached = ?, tries = tries + 1, settled = ?, error = ?,
        state = CASE state WHEN 'pending' THEN 'failed' ELSE state END WHERE id = ?`,
    ),
  };
}

/** What keeps the outbox bounded and true. */
export function tidyStatements(db: Database) {
  return {
    hurry: db.prepare<[string]>("UPDATE delivery SET next_try = created WHERE receiver = ? AND state = 'pending'"),
    revive: db.prepare<[string, number]>(
      `UPDATE delivery SET state = 'pending', settled = NULL, next_try = created
        WHERE receiver = ? AND state = 'failed' AND last = 1 AND settled >= ?`,
    ),
    abandon: db.prepare<[number, string]>(
      `UPDATE delivery SET state = 'failed', settled = ?, error = 'no receiver of this name is configured any more'
        WHERE state = 'pending' AND receiver NOT IN (SELECT value FROM json_each(?))`,
    ),
    tooOld: db.prepare<[number, string, number]>(
      `UPDATE delivery SET state = 'failed', settled = ?, error = 'given up after waiting too long: ' || coalesce(error, 'never tried')
        WHERE receiver = ? AND state = 'pending' AND created < ?`,
    ),
    tooMany: db.prepare<[number, string, string, number]>(
      `UPDATE delivery SET state = 'failed', settled = ?, error = 'given up because too many wait: ' || coalesce(error, 'never tried')
        WHERE receiver = ? AND state = 'pending' AND id <=
          (SELECT id FROM delivery WHERE receiver = ? AND state = 'pending' ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    ),
    prune: db.prepare<[number, number]>(
      `DELETE FROM delivery WHERE settled IS NOT NULL
        AND (settled < ? OR id <= (SELECT id FROM delivery WHERE settled IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?))
        AND (last = 0 OR status = 'resolved' OR (state <> 'delivered' AND heard = 0 AND reached = 0))`,
    ),
    orphans: db.prepare('DELETE FROM outbox_message WHERE id NOT IN (SELECT message FROM delivery)'),
  };
}
