import { setTimeout as sleep } from 'node:timers/promises';
import { type StatusObject, status } from '@grpc/grpc-js';
import type { AggregatorMessage } from '@plumbline/proto';
import { type Bounds, backOff, reconnectBounds } from './back-off.ts';
import { type Channel, openChannel, type Target } from './channel.ts';
import type { Order, Session } from './session.ts';

/** Why a stream ended. `settled`: it had been welcomed. */
export interface Ending {
  readonly settled: boolean;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

export interface UplinkOptions {
  readonly target: Target;
  readonly session: Session;
  readonly random: () => number;
  /** Orders for the one who looks; `close` and `broken` stay here. */
  readonly onOrder: (order: Order) => void;
  readonly onConnected: () => void;
  readonly onEnded: (ending: Ending, waitMilliseconds: number) => void;
  readonly bounds?: Bounds;
  /** The aggregator's silence that is too long while it owes an answer. */
  readonly answerWithinMilliseconds?: number;
}

/** How long a closing stream may take to say good-bye. */
const leaveWithinMilliseconds = 2_000;

/** Keeps one stream to the aggregator open for as long as `run` runs. */
export class Uplink {
  readonly #options: UplinkOptions;
  #pump: (() => void) | undefined;

  constructor(options: UplinkOptions) {
    this.#options = options;
  }

  /** The session has something new to say. */
  looked(): void {
    this.#pump?.();
  }

  /** Connects, and connects again after every end, until `signal`. Configuration errors are retried too: files may come later. */
  async run(signal: AbortSignal): Promise<void> {
    const { random, bounds = reconnectBounds, onEnded } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      const ending = await this.#stream(signal);
      failures = ending.settled ? 0 : failures + 1;
      if (signal.aborted) return;
      // 0 means "not with this credential": it may be renewed in its file, so ask rarely but ask.
      const floor = ending.retryAfterSeconds === 0 ? bounds.longest / 1_000 : (ending.retryAfterSeconds ?? 0);
      const wait = backOff(failures, random, floor, bounds);
      onEnded(ending, wait);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  async #stream(signal: AbortSignal): Promise<Ending> {
    let channel: Channel;
    try {
      channel = openChannel(this.#options.target);
    } catch (error) {
      return { settled: false, code: 'PLB_CONFIG_INVALID', message: error instanceof Error ? error.message : '' };
    }
    try {
      return await this.#converse(channel, signal);
    } finally {
      this.#pump = undefined;
      this.#options.session.ended();
      channel.close();
    }
  }

  #converse({ call }: Channel, signal: AbortSignal): Promise<Ending> {
    const { session, answerWithinMilliseconds = 60_000 } = this.#options;
    return new Promise((resolve) => {
      let ending: Ending | undefined;
      let blocked = false;
      let watchdog: NodeJS.Timeout | undefined;
      const leave = () => {
        call.end();
        setTimeout(() => finish('CANCELLED', 'the agent stops'), leaveWithinMilliseconds).unref();
      };
      const finish = (code: string, message: string, retryAfterSeconds?: number) => {
        clearTimeout(watchdog);
        signal.removeEventListener('abort', leave);
        const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
        ending ??= { settled: session.streaming, code, message, ...retry };
        call.cancel();
        resolve(ending);
      };
      const watch = () => {
        clearTimeout(watchdog);
        watchdog = undefined;
        if (session.waiting && !ending)
          watchdog = setTimeout(() => finish('DEADLINE', 'the aggregator owes an answer'), answerWithinMilliseconds);
      };
      const pump = () => {
        while (!blocked && !ending) {
          const message = session.next();
          if (!message) break;
          blocked = !call.write(message);
        }
        if (!watchdog) watch();
      };
      call.on('drain', () => {
        blocked = false;
        pump();
      });
      call.on('data', (message: AggregatorMessage) => {
        if (ending) return;
        const greeted = session.streaming;
        const order = session.receive(message);
        if (!greeted && session.streaming) this.#options.onConnected();
        if (order?.kind === 'close') return finish(order.code, order.message, order.retryAfterSeconds);
        if (order?.kind === 'broken') return finish('BROKEN', order.why);
        if (order) this.#options.onOrder(order);
        watch();
        pump();
      });
      call.on('error', () => undefined); // `status` says it too
      call.on('status', (end: StatusObject) => finish(status[end.code] ?? String(end.code), end.details));
      signal.addEventListener('abort', leave, { once: true });
      this.#pump = pump;
      call.write(session.hello());
      watch();
    });
  }
}
