import { type Pauses, pauses } from '../../cluster/pause.ts';
import type { OutboxStore } from '../../store/outbox.ts';
import type { ConfiguredReceiver } from '../config.ts';
import type { Receiver } from '../receivers/receiver.ts';
import { carry } from './courier.ts';
import type { Outcome } from './outcome.ts';

/** What couriers are started with. */
export interface RoundsParts {
  readonly outbox: OutboxStore;
  readonly clock: () => number;
  readonly tried: (receiver: Receiver, outcome: Outcome) => void;
  readonly lost: (receiver: Receiver, count: number) => void;
  readonly failed: (error: unknown) => void;
  readonly random?: () => number;
  readonly pauses?: () => Pauses;
}

/** Since when every try failed, and why the newest did. */
export interface Failing {
  readonly since: number;
  readonly error: string;
}

/** A courier on its way. */
export interface Round {
  readonly receiver: ConfiguredReceiver;
  readonly signal: AbortSignal;
  /** Null once a try succeeded, and before the first. */
  failing(): Failing | null;
  wake(): void;
  stop(): Promise<void>;
}

/** Starts the courier of one receiver. */
export function startRound(receiver: ConfiguredReceiver, parts: RoundsParts): Round {
  const { outbox, clock, random = Math.random, lost, failed } = parts;
  const end = new AbortController();
  const sleeper = lightSleeper((parts.pauses ?? pauses)());
  let failing: Failing | null = null;
  const tried = (one: Receiver, outcome: Outcome) => {
    failing = outcome.delivered ? null : { since: failing?.since ?? clock(), error: outcome.error };
    parts.tried(one, outcome);
  };
  const done = carry(receiver, { outbox, clock, random, pauses: sleeper, tried, lost, failed }, end.signal);
  return {
    receiver,
    signal: end.signal,
    failing: () => failing,
    wake: sleeper.wake,
    stop() {
      end.abort();
      return done;
    },
  };
}

/** Whoever is woken before the pause began does not fall asleep. */
function lightSleeper(inner: Pauses): Pauses {
  let woken = false;
  return {
    async pause(ms, signal) {
      if (!woken) await inner.pause(ms, signal);
      woken = false;
    },
    wake() {
      woken = true;
      inner.wake();
    },
  };
}
