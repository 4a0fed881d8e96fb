import type { DeliveryCount } from '../alert/delivery/counters.ts';
import type { ReceiverState } from '../alert/delivery/delivery.ts';
import type { MetricMaker } from './maker.ts';

/** How alerts reach their receivers. */
export interface AlertSources {
  readonly receivers: () => readonly ReceiverState[];
  readonly deliveries: () => readonly DeliveryCount[];
  /** Whether what is in the alerts file cannot be used. */
  readonly alertsFileBroken: () => boolean;
  readonly clock: () => number;
}

/** Receivers are named by the alerts file: as many series as it has entries. */
export function alertGauges(make: MetricMaker, sources: AlertSources): void {
  make.counted(
    'plumbline_alert_deliveries_total',
    'Ends of tries to deliver: delivered, retried, failed for good; and lost, which waited too long or had to make room.',
    ['receiver', 'kind', 'result'],
    (add) => {
      for (const { receiver, kind, result, count } of sources.deliveries()) add({ receiver, kind, result }, count);
    },
  );
  make.counted(
    'plumbline_alert_delivery_failures_total',
    'Tries to deliver that failed, whether they are made again or not.',
    ['receiver', 'kind'],
    (add) => {
      for (const { receiver, kind, result, count } of sources.deliveries()) {
        if (result === 'retried' || result === 'failed') add({ receiver, kind }, count);
      }
    },
  );
  make.gauge('plumbline_alert_pending', 'Messages that wait for a receiver.', ['receiver'], (set) => {
    for (const { name, pending } of sources.receivers()) set({ receiver: name }, pending);
  });
  make.gauge(
    'plumbline_alert_oldest_pending_seconds',
    'How long the oldest message waits for a receiver; 0 when none does.',
    ['receiver'],
    (set) => {
      for (const { name, oldestPending } of sources.receivers())
        set({ receiver: name }, oldestPending === null ? 0 : Math.max(0, sources.clock() - oldestPending) / 1000);
    },
  );
  make.gauge(
    'plumbline_alert_receiver_failing',
    '1 while the newest try to reach a receiver failed, else 0.',
    ['receiver'],
    (set) => {
      for (const { name, state } of sources.receivers()) set({ receiver: name }, Number(state === 'failing'));
    },
  );
  make.gauge(
    'plumbline_alerts_file_broken',
    '1 while the alerts file holds what cannot be used and what it said before holds.',
    [],
    (set) => set({}, Number(sources.alertsFileBroken())),
  );
}
