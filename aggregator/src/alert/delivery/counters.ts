import type { Receiver } from '../receivers/receiver.ts';
import type { Outcome } from './outcome.ts';

/** How often something happened at a receiver. */
export interface DeliveryCount {
  readonly receiver: string;
  readonly kind: string;
  readonly result: 'delivered' | 'retried' | 'failed' | 'lost';
  readonly count: number;
}

/** Counts of deliveries since the start. Every result of every receiver stands at 0 from its first look on, so that the first failure is an increase. */
export class DeliveryCounters {
  private readonly counts = new Map<string, DeliveryCount>();

  tried(receiver: Receiver, outcome: Outcome): void {
    this.add(receiver, outcome.delivered ? 'delivered' : outcome.permanent ? 'failed' : 'retried', 1);
  }

  lost(receiver: Receiver, count: number): void {
    this.add(receiver, 'lost', count);
  }

  /** Of these receivers, and of those that were counted before. */
  all(receivers: readonly Pick<Receiver, 'name' | 'kind'>[]): readonly DeliveryCount[] {
    for (const one of receivers) {
      for (const result of ['delivered', 'retried', 'failed', 'lost'] as const) this.add(one, result, 0);
    }
    return [...this.counts.values()];
  }

  private add({ name, kind }: Pick<Receiver, 'name' | 'kind'>, result: DeliveryCount['result'], more: number): void {
    const key = `${name} ${kind} ${result}`;
    const count = (this.counts.get(key)?.count ?? 0) + more;
    this.counts.set(key, { receiver: name, kind, result, count });
  }
}
