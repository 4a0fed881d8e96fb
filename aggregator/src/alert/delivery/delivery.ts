import type { ReceiverStanding } from '../../store/outbox-queries.ts';
import type { AlertsFile } from '../alerts-file.ts';
import type { AlertsConfig, ConfiguredReceiver } from '../config.ts';
import type { Outcome } from './outcome.ts';
import { type Round, type RoundsParts, startRound } from './rounds.ts';
import { testMessages } from './test-message.ts';

/** What delivering takes. */
export interface DeliveryParts extends RoundsParts {
  readonly file: Pick<AlertsFile, 'current' | 'onChange'>;
  readonly cluster: string | null;
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

/** Begins to deliver what waits in the outbox, one courier a receiver, and follows the alerts file. */
export function startDelivery(parts: DeliveryParts): Deliveries {
  const { outbox, clock } = parts;
  const rounds = new Map<string, Round>();
  let following = Promise.resolve();
  let stopped = false;
  const apply = (config: AlertsConfig) => {
    const follow = () => (stopped ? undefined : followReceivers(config.receivers, rounds, parts));
    following = following.then(follow).catch(parts.failed);
  };
  const tidying = setInterval(() => tidy(rounds, parts), tidyEveryMs).unref();
  // A transaction of the store ends before the next microtask.
  outbox.onAdd(() =>
    queueMicrotask(() => {
      for (const round of rounds.values()) round.wake();
    }),
  );
  parts.file.onChange(apply);
  apply(parts.file.current());
  const states = () => [...rounds.values()].map((round) => stateOf(round, outbox.standing(round.receiver.name)));
  return {
    receivers: states,
    async test(name) {
      await following;
      const round = rounds.get(name);
      if (!round) return undefined;
      for (const message of testMessages(round.receiver.kind, parts.cluster, clock())) {
        const errand = { message, key: `${message.alert}.${message.revision}`, now: clock(), signal: round.signal };
        const outcome = await round.receiver.deliver(errand);
        if (!outcome.delivered) return outcome;
      }
      if (outbox.revive(name, clock() - reviveMs) > 0) round.wake();
      return { delivered: true };
    },
    notice() {
      const late = states().filter(({ failingSince: at }) => at !== null && clock() - at >= noticeAfterMs);
      return late.length === 0 ? null : `alerts do not reach ${late.map((one) => one.name).join(', ')}`;
    },
    async stop() {
      stopped = true;
      clearInterval(tidying);
      await following;
      await Promise.all([...rounds.values()].map((round) => round.stop()));
      rounds.clear();
    },
  };
}

/** Ends couriers of entries that are gone or changed, and starts those of new ones: what they refused for good is tried again. */
async function followReceivers(
  receivers: readonly ConfiguredReceiver[],
  rounds: Map<string, Round>,
  parts: DeliveryParts,
): Promise<void> {
  const { outbox, clock } = parts;
  const wanted = new Map(receivers.map((one) => [one.name, one.entry]));
  const gone = [...rounds.values()].filter(({ receiver }) => wanted.get(receiver.name) !== receiver.entry);
  for (const round of gone) rounds.delete(round.receiver.name);
  await Promise.all(gone.map((round) => round.stop()));
  attempt(parts, () => outbox.abandon([...wanted.keys()], clock()));
  for (const one of receivers) {
    if (rounds.has(one.name)) continue;
    attempt(parts, () => outbox.revive(one.name, clock() - reviveMs));
    rounds.set(one.name, startRound(one, parts));
  }
}

function tidy(rounds: ReadonlyMap<string, Round>, parts: DeliveryParts): void {
  const { outbox, clock } = parts;
  // A change of the file and a decision may cross.
  attempt(parts, () => outbox.abandon([...rounds.keys()], clock()));
  attempt(parts, () => outbox.prune(clock() - keptMs, mostKept));
}

/** A disk that refuses to tidy must not keep anybody from being told. */
function attempt({ failed }: DeliveryParts, work: () => void): void {
  try {
    work();
  } catch (error) {
    failed(error);
  }
}

function stateOf(round: Round, standing: ReceiverStanding): ReceiverState {
  const { name, kind } = round.receiver;
  const failing = round.failing();
  const since = [standing.failingSince, failing?.since ?? null].filter((at) => at !== null);
  const failingSince = since.length === 0 ? null : Math.min(...since);
  const state = failingSince !== null ? 'failing' : standing.lastDelivered === null ? 'unused' : 'ok';
  return { ...standing, name, kind, state, failingSince, lastError: failing?.error ?? standing.lastError };
}
