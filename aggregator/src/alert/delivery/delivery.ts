import { type Pauses, pauses } from '../../cluster/pause.ts';
import type { OutboxStore } from '../../store/outbox.ts';
import type { ReceiverStanding } from '../../store/outbox-queries.ts';
import type { AlertsFile } from '../alerts-file.ts';
import type { AlertsConfig, ConfiguredReceiver } from '../config.ts';
import type { Receiver } from '../receivers/receiver.ts';
import { carry } from './courier.ts';
import type { Outcome } from './outcome.ts';
import { testMessages } from './test-message.ts';

/** What delivering takes. */
export interface DeliveryParts {
  readonly outbox: OutboxStore;
  readonly file: Pick<AlertsFile, 'current' | 'onChange'>;
  readonly clock: () => number;
  readonly cluster: string | null;
  readonly tried: (receiver: Receiver, outcome: Outcome) => void;
  readonly lost: (receiver: Receiver, count: number) => void;
  readonly failed: (error: unknown) => void;
  readonly random?: () => number;
  readonly pauses?: () => Pauses;
}

/** How a receiver stands. Times are milliseconds. */
export interface ReceiverState extends ReceiverStanding {
  readonly name: string;
  readonly kind: string;
  readonly state: 'unused' | 'ok' | 'failing';
}

/** Alerts on their way out. */
export interface Deliveries {
  receivers(): readonly ReceiverState[];
  /** Sends a test now, past what waits; undefined for a receiver that is not there. One that arrives has what failed for good tried again. */
  test(receiver: string): Promise<Outcome | undefined>;
  /** Null, or which receivers have been failing for ten minutes. */
  notice(): string | null;
  /** Tries that are under way are cut off; they are made again after the next start. */
  stop(): Promise<void>;
}

const noticeAfterMs = 600_000;
/** Older news would surprise more than help. */
const reviveMs = 7 * 86_400_000;
const keptMs = 30 * 86_400_000;
/** A message is some kilobytes. */
const mostKept = 20_000;
const tidyEveryMs = 3_600_000;

interface Round {
  readonly receiver: ConfiguredReceiver;
  readonly pauses: Pauses;
  readonly end: AbortController;
  readonly done: Promise<void>;
}

/** Begins to deliver what waits in the outbox, one courier a receiver, and follows the alerts file. */
export function startDelivery(parts: DeliveryParts): Deliveries {
  const { outbox, clock } = parts;
  const rounds = new Map<string, Round>();
  const lastFailure = new Map<string, string>();
  const ended: Promise<void>[] = [];
  const begin = (receiver: ConfiguredReceiver) => {
    const end = new AbortController();
    const sleeper = lightSleeper((parts.pauses ?? pauses)());
    const { random = Math.random, lost, failed } = parts;
    const tried = (one: Receiver, outcome: Outcome) => {
      if (outcome.delivered) lastFailure.delete(one.name);
      else lastFailure.set(one.name, outcome.error);
      parts.tried(one, outcome);
    };
    const done = carry(receiver, { outbox, clock, random, pauses: sleeper, tried, lost, failed }, end.signal);
    rounds.set(receiver.name, { receiver, pauses: sleeper, end, done });
  };
  const stopOne = ({ receiver, end, done }: Round) => {
    rounds.delete(receiver.name);
    lastFailure.delete(receiver.name);
    end.abort();
    ended.push(done);
    return done;
  };
  let following = Promise.resolve();
  const follow = async ({ receivers }: AlertsConfig) => {
    const same = (one: ConfiguredReceiver) => rounds.get(one.name)?.receiver.entry === one.entry;
    const gone = [...rounds.values()].filter(
      (round) => !receivers.some((one) => one.name === round.receiver.name && same(one)),
    );
    await Promise.all(gone.map(stopOne));
    outbox.abandon(
      receivers.map((one) => one.name),
      clock(),
    );
    for (const one of receivers.filter((one) => !same(one))) {
      outbox.revive(one.name, clock() - reviveMs);
      begin(one);
    }
  };
  const apply = (config: AlertsConfig) => {
    following = following.then(() => (stopped ? undefined : follow(config))).catch(parts.failed);
  };
  let stopped = false;
  const tidy = () => {
    try {
      // A change of the file and a decision may cross.
      outbox.abandon([...rounds.keys()], clock());
      outbox.prune(clock() - keptMs, mostKept);
    } catch (error) {
      parts.failed(error);
    }
  };
  const tidying = setInterval(tidy, tidyEveryMs).unref();
  // A transaction of the store ends before the next microtask.
  outbox.onAdd(() =>
    queueMicrotask(() => {
      for (const round of rounds.values()) round.pauses.wake();
    }),
  );
  parts.file.onChange(apply);
  for (const receiver of parts.file.current().receivers) begin(receiver);
  apply(parts.file.current());
  const stateOf = ({ receiver: { name, kind } }: Round): ReceiverState => {
    const standing = outbox.standing(name);
    const lastError = lastFailure.get(name) ?? standing.lastError;
    const failing = standing.failingSince !== null || lastFailure.has(name);
    const state = failing ? 'failing' : standing.lastDelivered === null ? 'unused' : 'ok';
    return { ...standing, name, kind, state, lastError };
  };
  return {
    receivers: () => [...rounds.values()].map(stateOf),
    async test(name) {
      const round = rounds.get(name);
      if (!round) return undefined;
      for (const message of testMessages(round.receiver.kind, parts.cluster, clock())) {
        const errand = { message, key: `${message.alert}.${message.revision}`, now: clock(), signal: round.end.signal };
        const outcome = await round.receiver.deliver(errand);
        if (!outcome.delivered) return outcome;
      }
      if (outbox.revive(name, clock() - reviveMs) > 0) round.pauses.wake();
      return { delivered: true };
    },
    notice() {
      const late = [...rounds.values()]
        .map(stateOf)
        .filter(({ failingSince }) => failingSince !== null && clock() - failingSince >= noticeAfterMs);
      return late.length === 0 ? null : `alerts do not reach ${late.map((one) => one.name).join(', ')}`;
    },
    async stop() {
      stopped = true;
      clearInterval(tidying);
      await following;
      await Promise.all([...rounds.values()].map(stopOne));
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
