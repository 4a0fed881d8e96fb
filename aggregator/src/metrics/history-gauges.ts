import type { MetricMaker } from './maker.ts';

/** How the keeping of history is doing, when somebody scrapes. */
export interface HistorySources {
  readonly history: () => {
    /** Bytes of the database file that hold nothing, and whether they can be given back. */
    readonly unused: { readonly bytes: number; readonly shrinks: boolean };
    /** The oldest instant that can be asked for, in milliseconds; undefined while nothing was judged. */
    readonly oldest: number | undefined;
    /** End of the last day that was rolled up, in milliseconds; undefined when none was. */
    readonly rolledUp: number | undefined;
    readonly failed: boolean;
    readonly purged: number;
  };
}

/** Free pages, the age of history, roll-ups and purges. */
export function historyGauges(make: MetricMaker, { history }: HistorySources): void {
  make.gauge(
    'plumbline_store_unused_bytes',
    'Bytes of the database file that hold nothing: they are used again, and given back where many are.',
    [],
    (set) => set({}, history().unused.bytes),
  );
  make.gauge(
    'plumbline_store_shrinks',
    '1 where the database file can give back what it does not use, 0 for an old large one that has to be rewritten once.',
    [],
    (set) => set({}, Number(history().unused.shrinks)),
  );
  make.gauge('plumbline_history_oldest_timestamp_seconds', 'The oldest instant that can be asked for.', [], (set) => {
    const { oldest } = history();
    if (oldest !== undefined) set({}, oldest / 1000);
  });
  make.gauge('plumbline_history_rolled_up_timestamp_seconds', 'Up to when scores are rolled up.', [], (set) => {
    const { rolledUp } = history();
    if (rolledUp !== undefined) set({}, rolledUp / 1000);
  });
  make.gauge(
    'plumbline_history_failed',
    '1 while scores cannot be rolled up, or history not be exported or purged; the log says why.',
    [],
    (set) => set({}, Number(history().failed)),
  );
  make.counted('plumbline_history_purged_total', 'Intervals of the past that were purged by age.', [], (add) =>
    add({}, history().purged),
  );
}
