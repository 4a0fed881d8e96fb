import type { AlertMessage } from '../alert/message.ts';

/**
 * What became of one message for one receiver: it waits, it was accepted, it never will be, or it need not be told any more because a
 * newer one of the same alert says how things stand.
 */
export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'superseded';

/** Every state. */
export const deliveryStates: readonly DeliveryState[] = ['pending', 'delivered', 'failed', 'superseded'];

/** One message for one receiver. Times are milliseconds; `error` is one line without secrets. */
export interface Delivery {
  readonly id: number;
  readonly receiver: string;
  readonly alert: string;
  readonly revision: number;
  readonly status: AlertMessage['status'];
  readonly state: DeliveryState;
  readonly created: number;
  readonly tries: number;
  readonly nextTry: number;
  /** When it stopped to wait; null while it does. */
  readonly settled: number | null;
  readonly error: string | null;
  readonly message: AlertMessage;
}

/** A row as SQLite gives it, with the body of its message. */
export interface DeliveryRow {
  readonly id: number;
  readonly receiver: string;
  readonly alert: string;
  readonly revision: number;
  readonly status: string;
  readonly state: string;
  readonly created: number;
  readonly tries: number;
  readonly next_try: number;
  readonly settled: number | null;
  readonly error: string | null;
  readonly body: string;
}

/** Columns of a row, joined as `d` with its message as `m`. */
export const rowColumns =
  'd.id, d.receiver, d.alert, d.revision, d.status, d.state, d.created, d.tries, d.next_try, d.settled, d.error, m.body';

/** The delivery that a row holds. Only this program writes rows, so that their words are known. */
export function deliveryOf(row: DeliveryRow): Delivery {
  const { next_try, body, status, state, ...same } = row;
  return {
    ...same,
    status: status as AlertMessage['status'],
    state: state as DeliveryState,
    nextTry: next_try,
    message: JSON.parse(body) as AlertMessage,
  };
}
