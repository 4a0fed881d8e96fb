import type { Pauses } from '../../cluster/pause.ts';
import type { Delivery } from '../../store/delivery-row.ts';
import type { OutboxStore } from '../../store/outbox.ts';
import type { Receiver } from '../receivers/receiver.ts';
import { oneLine } from '../text.ts';
import type { FailedDelivery, Outcome } from './outcome.ts';
import { unreached } from './outcome.ts';
import { waitAfter } from './waits.ts';

/** What a courier works with. */
export interface CourierParts {
  readonly outbox: OutboxStore;
  readonly clock: () => number;
  readonly pauses: Pauses;
  /** In [0, 1). */
  readonly random: () => number;
  /** How a try, or telling again, ended. */
  readonly tried: (receiver: Receiver, outcome: Outcome) => void;
  /** Deliveries that were given up unread. */
  readonly lost: (receiver: Receiver, count: number) => void;
  /** Something of our own failed, such as the store; it is tried again. */
  readonly failed: (error: unknown) => void;
}

/** After this a message is given up: three days, so that a long weekend is none. */
export const longestWaitMs = 72 * 3_600_000;
/** Most messages that wait for one receiver; the oldest make room. */
export const mostWaiting = 10_000;
/** So many failures in a row are an outage: when it is over, all that waits is due at once. */
const outage = 3;
const refreshPage = 100;
const longestPauseMs = 60_000;

/** Brings what waits for one receiver, one after another, until the signal aborts. */
export async function carry(receiver: Receiver, parts: CourierParts, signal: AbortSignal): Promise<void> {
  const courier = new Courier(receiver, parts, signal);
  while (!signal.aborted) {
    const ms = await courier.step().catch((error: unknown) => courier.stumble(error));
    if (ms > 0) await parts.pauses.pause(ms, signal);
  }
}

class Courier {
  private readonly receiver: Receiver;
  private readonly parts: CourierParts;
  private readonly signal: AbortSignal;
  /** Failures in a row. */
  private streak = 0;
  private pausedUntil = 0;
  /** At once, so that a receiver that was restarted meanwhile learns what fires. */
  private refreshAt = 0;
  /** What arrived and could not be written down. */
  private unwritten: (() => void) | undefined;

  constructor(receiver: Receiver, parts: CourierParts, signal: AbortSignal) {
    this.receiver = receiver;
    this.parts = parts;
    this.signal = signal;
  }

  /** Does one thing. Gives how many milliseconds nothing more is to be done. */
  async step(): Promise<number> {
    const { outbox, clock } = this.parts;
    this.writeDown();
    const now = clock();
    if (now < this.pausedUntil) return this.pausedUntil - now;
    const next = outbox.next(this.receiver.name, now);
    if (next !== null && typeof next === 'object') {
      await this.bring(next);
      return 0;
    }
    if (this.receiver.refresh && now >= this.refreshAt) {
      await this.refresh(this.receiver.refresh);
      return 0;
    }
    const until = Math.min(
      next ?? Number.POSITIVE_INFINITY,
      this.receiver.refresh ? this.refreshAt : Number.POSITIVE_INFINITY,
    );
    return Math.max(1, Math.min(until - now, longestPauseMs));
  }

  /** The store refused, or something is broken: not at once again. */
  stumble(error: unknown): number {
    this.parts.failed(error);
    return 1000 + waitAfter(++this.streak, this.parts.random());
  }

  private async bring(delivery: Delivery): Promise<void> {
    const { outbox, clock } = this.parts;
    outbox.begin(delivery.id);
    const { message, alert, revision } = delivery;
    const errand = { message, key: `${alert}.${revision}`, now: clock(), signal: this.signal };
    const outcome = await this.tryTo(() => this.receiver.deliver(errand));
    // A try that this program cut off is none; what the receiver may have of it stands in the store.
    if (this.signal.aborted && !outcome.delivered) return;
    const at = clock();
    this.unwritten = outcome.delivered
      ? this.arrived(delivery, at, outcome.remark ?? null)
      : this.refused(delivery, at, outcome);
    this.parts.tried(this.receiver, outcome);
    this.writeDown();
  }

  private arrived({ id }: Delivery, at: number, remark: string | null): () => void {
    const { outbox } = this.parts;
    const back = this.streak >= outage;
    this.streak = 0;
    return () => {
      outbox.delivered(id, at, remark);
      if (back) outbox.hurry(this.receiver.name);
    };
  }

  private refused({ id, tries }: Delivery, at: number, outcome: FailedDelivery): () => void {
    const { error, permanent, reached, retryAfterMs = 0 } = outcome;
    if (permanent) return () => this.parts.outbox.failedTry(id, { at, error, nextTry: null, reached });
    const random = this.parts.random();
    this.streak++;
    this.pausedUntil = at + Math.max(waitAfter(this.streak, random), retryAfterMs);
    // Whoever answers may mind this message alone: others go before it is tried again.
    const patience = reached || retryAfterMs > 0 ? 2 : 1;
    const nextTry = at + Math.max(patience * waitAfter(tries + 1, random), retryAfterMs);
    return () => {
      const { outbox, lost } = this.parts;
      outbox.failedTry(id, { at, error, nextTry: Math.ceil(nextTry), reached });
      const count = outbox.bound(this.receiver.name, at - longestWaitMs, mostWaiting, at);
      if (count > 0) lost(this.receiver, count);
    };
  }

  /** What happened is written before anything else happens, also when the store refused it a while ago. */
  private writeDown(): void {
    this.unwritten?.();
    this.unwritten = undefined;
  }

  private async refresh({ everyMs, tell }: NonNullable<Receiver['refresh']>): Promise<void> {
    const { outbox, clock, random } = this.parts;
    this.refreshAt = clock() + everyMs;
    for (let after = 0; ; ) {
      const page = outbox.firing(this.receiver.name, after, refreshPage);
      const last = page.at(-1);
      if (!last || this.signal.aborted) return;
      const messages = page.map((one) => one.message);
      const outcome = await this.tryTo(() => tell(messages, clock(), this.signal));
      this.parts.tried(this.receiver, outcome);
      if (!outcome.delivered) {
        this.pausedUntil = clock() + waitAfter(++this.streak, random());
        this.refreshAt = this.pausedUntil;
        return;
      }
      this.streak = 0;
      after = last.id;
    }
  }

  /** A bug in a receiver must not end the courier. */
  private async tryTo(deliver: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await deliver();
    } catch (error) {
      this.parts.failed(error);
      const name = error instanceof Error ? error.name : 'something';
      return { ...unreached(oneLine(`${name} was thrown; the log says more`, 200)), reached: true };
    }
  }
}
