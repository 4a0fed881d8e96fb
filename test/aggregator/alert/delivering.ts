import { type AlertsConfig, readAlerts } from '../../../aggregator/src/alert/config.ts';
import { type Deliveries, startDelivery } from '../../../aggregator/src/alert/delivery/delivery.ts';
import type { Outcome } from '../../../aggregator/src/alert/delivery/outcome.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { freshFile, start } from '../world.ts';

/** A store with couriers in a time of its own: a pause takes no time and moves the clock on. */
export interface Delivering {
  readonly store: Store;
  readonly delivery: Deliveries;
  /** Ends of tries, oldest first: `hook: delivered` or `hook: why not`. */
  readonly tries: string[];
  /** What failed inside; whoever expects it takes it out before the end. */
  readonly failures: unknown[];
  readonly file: string;
  now(): number;
  /** Couriers sleep from the moment on at which the clock would pass this, until it is moved. */
  runTo(ms: number): Promise<void>;
  configure(text: string): void;
  /** Ends couriers and store; the file stays. */
  stop(): Promise<void>;
}

/** Starts delivering by an alerts file. `random` is 1 unless given: waits are as long as they can be. */
export async function delivering(text: string, file = freshFile(), from = start): Promise<Delivering> {
  let now = from;
  let limit = from;
  let sleeping: { readonly until: number; readonly wake: () => void }[] = [];
  const store = await openStore(file, undefined, () => now);
  let current = readAlerts('alerts.yaml', text);
  let listener: (config: AlertsConfig) => void = () => undefined;
  const tries: string[] = [];
  const failures: unknown[] = [];
  const sleep = (ms: number, signal: AbortSignal, hold: (wake: () => void) => void) =>
    new Promise<void>((resolve) => {
      const one = { until: now + ms, wake: resolve };
      sleeping.push(one);
      hold(() => {
        sleeping = sleeping.filter((other) => other !== one);
        resolve();
      });
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  const delivery = startDelivery({
    outbox: store.outbox,
    file: {
      current: () => current,
      onChange(heard) {
        listener = heard;
      },
    },
    clock: () => now,
    cluster: 'prod',
    random: () => 1,
    pauses() {
      let wake: () => void = () => undefined;
      return { pause: (ms, signal) => sleep(ms, signal, (one) => (wake = one)), wake: () => wake() };
    },
    tried: (receiver, outcome: Outcome) =>
      tries.push(`${receiver.name}: ${outcome.delivered ? 'delivered' : outcome.error}`),
    lost: (receiver, count) => tries.push(`${receiver.name}: lost ${count}`),
    failed: (error) => failures.push(error),
  });
  /** Lets what is under way end: a courier that does not sleep is busy. */
  const busy = async () => {
    for (let quiet = 0; quiet < 5; quiet++) {
      if (sleeping.length < delivery.receivers().length) quiet = 0;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  return {
    store,
    delivery,
    tries,
    failures,
    file,
    now: () => now,
    async runTo(ms) {
      limit = from + ms;
      for (;;) {
        await busy();
        const first = sleeping.toSorted((a, b) => a.until - b.until)[0];
        if (!first || first.until > limit) break;
        now = Math.max(now, first.until);
        sleeping = sleeping.filter((one) => one !== first);
        first.wake();
      }
      now = limit;
    },
    configure(changed) {
      current = readAlerts('alerts.yaml', changed);
      listener(current);
    },
    async stop() {
      await delivery.stop();
      store.close();
      if (failures.length > 0) throw failures[0];
    },
  };
}
