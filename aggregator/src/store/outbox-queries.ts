import type { Database } from 'better-sqlite3';
import { type Delivery, type DeliveryRow, type DeliveryState, deliveryOf, rowColumns } from './delivery-row.ts';

/** Which deliveries are asked for; what is absent does not narrow. */
export interface DeliveryFilter {
  readonly alert?: string;
  readonly receiver?: string;
  readonly state?: DeliveryState;
  /** Id that the page before ended with. */
  readonly before?: number;
  readonly limit: number;
}

/** How one receiver stands by what is stored. Times are milliseconds, null where there is none. */
export interface ReceiverStanding {
  readonly pending: number;
  /** Since when the oldest of them waits. */
  readonly oldestPending: number | null;
  /** Since when the oldest waits that was tried and failed. */
  readonly failingSince: number | null;
  readonly lastDelivered: number | null;
  /** Of the newest try that failed and was not made good, in words without secrets. */
  readonly lastError: string | null;
}

/** What is read of the outbox. */
export interface OutboxQueries {
  /** Newest first. */
  deliveries(filter: DeliveryFilter): readonly Delivery[];
  standing(receiver: string): ReceiverStanding;
  /** What a receiver was told of alerts that still fire, by id; page by page after an id. */
  firing(receiver: string, after: number, limit: number): readonly Delivery[];
}

/** Queries on a connection that only reads. */
export function outboxQueries(db: Database): OutboxQueries {
  const from = `SELECT ${rowColumns} FROM delivery d JOIN outbox_message m ON m.id = d.message`;
  const firing = db.prepare<[string, number, number], DeliveryRow>(
    `${from} WHERE d.receiver = ? AND d.last = 1 AND d.status = 'firing' AND d.state = 'delivered' AND d.id > ? ORDER BY d.id LIMIT ?`,
  );
  const waiting = db.prepare<[string], Pick<ReceiverStanding, 'pending' | 'oldestPending' | 'failingSince'>>(
    `SELECT count(*) AS pending, min(created) AS oldestPending, min(CASE WHEN tries > 0 THEN created END) AS failingSince
      FROM delivery WHERE receiver = ? AND state = 'pending'`,
  );
  const delivered = db.prepare<[string], { at: number }>(
    "SELECT settled AS at FROM delivery WHERE receiver = ? AND state = 'delivered' ORDER BY id DESC LIMIT 1",
  );
  const failed = db.prepare<[string], { error: string }>(
    `SELECT error FROM delivery WHERE receiver = ? AND state IN ('pending', 'failed') AND error IS NOT NULL ORDER BY id DESC LIMIT 1`,
  );
  return {
    deliveries({ alert, receiver, state, before = Number.MAX_SAFE_INTEGER, limit }) {
      const wanted = Object.entries({ alert, receiver, state }).filter(([, value]) => value !== undefined);
      const where = ['d.id < @before', ...wanted.map(([name]) => `d.${name} = @${name}`)].join(' AND ');
      const list = db.prepare<[object], DeliveryRow>(`${from} WHERE ${where} ORDER BY d.id DESC LIMIT @limit`);
      return list.all({ ...Object.fromEntries(wanted), before, limit }).map(deliveryOf);
    },
    firing: (receiver, after, limit) => firing.all(receiver, after, limit).map(deliveryOf),
    standing(receiver) {
      const now = waiting.get(receiver);
      return {
        pending: now?.pending ?? 0,
        oldestPending: now?.oldestPending ?? null,
        failingSince: now?.failingSince ?? null,
        lastDelivered: delivered.get(receiver)?.at ?? null,
        lastError: failed.get(receiver)?.error ?? null,
      };
    },
  };
}
