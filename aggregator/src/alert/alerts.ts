import type { Logger } from 'pino';
import type { OutboxStore } from '../store/outbox.ts';
import { type AlertsFile, followAlertsFile } from './alerts-file.ts';
import { DeliveryCounters } from './delivery/counters.ts';
import { type Deliveries, startDelivery } from './delivery/delivery.ts';
import type { Outcome } from './delivery/outcome.ts';
import type { Receiver } from './receivers/receiver.ts';

/** What telling takes. */
export interface AlertingParts {
  /** Path of the alerts file; absent, nothing is told to anybody. */
  readonly file: string | undefined;
  readonly outbox: OutboxStore;
  readonly clock: () => number;
  readonly cluster: string | null;
  readonly log: Logger;
  readonly failed: (error: unknown) => void;
}

/** The alerts file, and what waits in the outbox on its way to the receivers that it names. */
export interface Alerting {
  readonly file: AlertsFile;
  readonly delivery: Deliveries;
  readonly counters: DeliveryCounters;
  /** Null, or what somebody should look at: the file, or receivers that are not reached. */
  notice(): string | null;
  stop(): Promise<void>;
}

/** Starts both. Throws PLB_CONFIG_INVALID for a file that cannot be used. */
export function startAlerting({ file: path, outbox, clock, cluster, log, failed }: AlertingParts): Alerting {
  const file = followAlertsFile(path, {
    changed: ({ receivers, rules }) =>
      log.info({ receivers: receivers.length, rules: rules.length }, 'the alerts file changed'),
    kept: (error) => log.error({ error }, 'the alerts file cannot be used; what it said before holds'),
  });
  const counters = new DeliveryCounters();
  const tried = (receiver: Receiver, outcome: Outcome) => {
    counters.tried(receiver, outcome);
    if (outcome.delivered) return;
    const { error, permanent } = outcome;
    log.warn({ receiver: receiver.name, error, permanent }, 'an alert did not reach its receiver');
  };
  const lost = (receiver: Receiver, count: number) => {
    counters.lost(receiver, count);
    log.error({ receiver: receiver.name, count }, 'alerts were given up: they waited too long, or too many did');
  };
  const delivery = startDelivery({ outbox, file, clock, cluster, tried, lost, failed });
  return {
    file,
    delivery,
    counters,
    notice: () => file.error() ?? delivery.notice(),
    async stop() {
      file.stop();
      await delivery.stop();
    },
  };
}
