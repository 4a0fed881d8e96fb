import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeBytes } from '../../../aggregator/src/metrics/free-bytes.ts';
import { watchJudging } from '../../../aggregator/src/metrics/judging-watch.ts';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { observations, send } from '../world.ts';
import { scraped } from './sources.ts';

/** A store whose clock the test sets, in seconds. */
async function watched() {
  let now = 0;
  const store = await openStore(':memory:');
  const watch = watchJudging(store, () => now * 1000);
  const at = (seconds: number) => {
    now = seconds;
  };
  return { store, watch, at };
}

test('a change waits from its commit until its node is judged; a heartbeat does not', async () => {
  const { store, watch, at } = await watched();
  at(10);
  send(store, 'one', observations(), 10, 1n);
  at(20);
  send(store, 'two', observations(), 20, 1n);
  send(store, 'one', observations({ mode: '0644' }), 20, 2n);
  expect(watch.waiting()).toEqual({ nodes: 2, since: 10_000 });
  at(30);
  watch.store.judge('one', [], 30_000);
  expect(watch.waiting()).toEqual({ nodes: 1, since: 20_000 });
  watch.store.judge('two', [], 30_000);
  expect(watch.waiting()).toEqual({ nodes: 0, since: null });
  // The same state again is no change.
  send(store, 'two', observations(), 40, 2n);
  expect(watch.waiting().nodes).toBe(0);
  expect([watch.lastJudged('one'), watch.lastJudged('three'), watch.lastJudged(null)]).toEqual([
    30_000,
    undefined,
    undefined,
  ]);
  at(50);
  watch.store.judgePart(null, { lines: [] }, [], 50_000);
  expect(watch.lastJudged(null)).toBe(50_000);
  store.close();
});

test('judging that throws leaves its node waiting', async () => {
  const { store, watch } = await watched();
  send(store, 'one', observations(), 10, 1n);
  store.close();
  expect(() => watch.store.judge('one', [], 0)).toThrow();
  expect(watch.waiting().nodes).toBe(1);
  expect(watch.lastJudged('one')).toBeUndefined();
});

test('lag, last judgings, expiring nodes and the room of the volume as Prometheus reads them', async () => {
  const lines = await scraped({
    clock: () => 100_000,
    judging: {
      lastJudged: (node) => (node === null ? 90_000 : undefined),
      waiting: () => ({ nodes: 3, since: 40_000 }),
    },
    caughtUp: () => false,
    expiring: (within) => within / 3_600_000,
    store: () => ({ database: 10, wal: 20, free: 30 }),
  });
  for (const line of [
    'plumbline_judging_caught_up 0',
    'plumbline_judging_lag_seconds 60',
    'plumbline_nodes_unjudged 3',
    'plumbline_cluster_last_judged_timestamp_seconds 90',
    'plumbline_nodes_expiring{days="7"} 168',
    'plumbline_nodes_expiring{days="30"} 720',
    'plumbline_store_bytes{file="database"} 10',
    'plumbline_store_bytes{file="wal"} 20',
    'plumbline_store_free_bytes 30',
  ]) {
    expect(lines).toContain(line);
  }
});

test('the room of a volume is known where there is one', () => {
  expect(freeBytes(join(import.meta.dirname, 'any.db'))).toBeGreaterThan(0);
  expect(freeBytes('/no/such/directory/any.db')).toBeUndefined();
});
