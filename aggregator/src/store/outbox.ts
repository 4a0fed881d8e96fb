import type { Database } from 'better-sqlite3';
import type { AlertMessage, Outbox } from '../alert/message.ts';
import { type Delivery, deliveryOf } from './delivery-row.ts';
import { type OutboxQueries, outboxQueries } from './outbox-queries.ts';
import { addStatements, sendStatements, tidyStatements } from './outbox-statements.ts';
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

/** The outbox on the store's connections. */
export function outboxStore(writer: Database, reader: Database, transact: Transact, clock: () => number): OutboxStore {
  const listeners: (() => void)[] = [];
  const sql = { ...addStatements(writer), ...sendStatements(writer), ...tidyStatements(writer) };
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
