import type { Database } from 'better-sqlite3';
import type { AlertMessage, Outbox } from '../alert/message.ts';
import { type Delivery, type DeliveryRow, deliveryOf, rowColumns } from './delivery-row.ts';
import { type OutboxQueries, outboxQueries } from './outbox-queries.ts';
import type { Transact } from './writer.ts';

/** How a try ended that did not deliver. */
export interface FailedTry {
  readonly at: number;
  readonly error: string;
  /** Null: there is no use in trying again. */
  readonly nextTry: number | null;
  /** Whether the receiver may have taken it all the same. */
  readonly reached: boolean;
}

/** The outbox with the side of who sends. Every write but `add` is a transaction of its own and throws PLB_STORE_WRITE. */
export interface OutboxStore extends Outbox, OutboxQueries {
  /** The oldest delivery that may be tried now, or when there will be one, or null when nothing waits. */
  next(receiver: string, now: number): Delivery | number | null;
  /** Says that a try begins: from now on the receiver may know of it. */
  begin(id: number): void;
  delivered(id: number, at: number, remark: string | null): void;
  failedTry(id: number, failure: FailedTry): void;
  /** What waits is due at once: the receiver is back. */
  hurry(receiver: string): void;
  /** Puts what failed for good since an instant, and still says how things stand, back to wait. Gives how many. */
  revive(receiver: string, since: number): number;
  /** Ends waiting for receivers that are not among these. Gives how many deliveries that ended. */
  abandon(receivers: readonly string[], at: number): number;
  /** Ends what waits since before an instant, and the oldest beyond so many of a receiver. Gives how many. */
  bound(receiver: string, before: number, most: number, at: number): number;
  /**
   * Forgets what was settled before an instant, or beyond so many of the newest, and is not what a receiver last heard of a firing alert.
   * Gives how many.
   */
  prune(before: number, most: number): number;
  /** Called when something was put down, inside the transaction. */
  onAdd(listener: () => void): void;
}

interface Before {
  readonly revision: number;
  readonly known: number;
}

/** The outbox on the store's connections. */
export function outboxStore(writer: Database, reader: Database, transact: Transact, clock: () => number): OutboxStore {
  const listeners: (() => void)[] = [];
  const sql = statements(writer);
  const addOne = (message: AlertMessage, body: () => number | bigint, receiver: string, at: number) => {
    const { alert, revision, status } = message;
    const before = sql.before.get(receiver, alert);
    if (before && before.revision >= revision) return;
    // Nobody was told that it fires, so nobody needs to be told that it does not.
    const needless = status === 'resolved' && before?.known !== 1;
    // What is sent at once may arrive before a crash; what queues up may not, until its turn comes.
    const reached = needless || sql.waiting.get(receiver) ? 0 : 1;
    sql.supersede.run(at, receiver, alert);
    sql.demote.run(receiver, alert);
    sql.insert.run({
      ...{ message: body(), receiver, alert, revision, status, reached, at },
      state: needless ? 'superseded' : 'pending',
      heard: before?.known ?? 0,
      settled: needless ? at : null,
      error: needless ? 'it ended before this receiver was told that it began' : null,
    });
  };
  return {
    ...outboxQueries(reader),
    add(message, receivers) {
      let id: number | bigint | undefined;
      const body = () => (id ??= sql.body.run(JSON.stringify(message)).lastInsertRowid);
      const at = clock();
      transact(() => {
        for (const receiver of receivers) addOne(message, body, receiver, at);
      });
      for (const listener of listeners) listener();
    },
    next(receiver, now) {
      const due = sql.due.get(receiver, now);
      if (due) return deliveryOf(due);
      return sql.soonest.get(receiver)?.next ?? null;
    },
    begin: (id) => void transact(() => sql.begin.run(id)),
    delivered: (id, at, remark) => void transact(() => sql.delivered.run(at, remark, id)),
    failedTry(id, { at, error, nextTry, reached }) {
      transact(() =>
        nextTry === null
          ? sql.giveUp.run(Number(reached), at, error, id)
          : sql.again.run(Number(reached), nextTry, error, id),
      );
    },
    hurry: (receiver) => void transact(() => sql.hurry.run(receiver)),
    revive: (receiver, since) => transact(() => sql.revive.run(receiver, since).changes),
    abandon: (receivers, at) => transact(() => sql.abandon.run(at, JSON.stringify(receivers)).changes),
    bound: (receiver, before, most, at) =>
      transact(
        () => sql.tooOld.run(at, receiver, before).changes + sql.tooMany.run(at, receiver, receiver, most).changes,
      ),
    prune: (before, most) =>
      transact(() => {
        const { changes } = sql.prune.run(before, most);
        if (changes > 0) sql.orphans.run();
        return changes;
      }),
    onAdd: (listener) => void listeners.push(listener),
  };
}

const joined = `SELECT ${rowColumns} FROM delivery d JOIN outbox_message m ON m.id = d.message`;

function statements(db: Database) {
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
