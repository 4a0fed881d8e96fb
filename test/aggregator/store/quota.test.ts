import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { freshFile, observations, send } from '../world.ts';

const refused = expect.objectContaining({ code: 'PLB_STREAM_QUOTA' });
const big = (seed: number) => `06${seed}${'x'.repeat(20_000)}`;

/** Sends ever new values until the store refuses; gives the number that it took. */
function flood(store: Awaited<ReturnType<typeof openStore>>, node: string): number {
  for (let n = 0; n < 1_000; n++) {
    try {
      send(store, node, observations({ mode: big(n) }), n);
    } catch (error) {
      expect(error).toEqual(refused);
      return n;
    }
  }
  throw new Error('the store took everything');
}

test('a node that floods fills its own share and not the store; the others go on', async () => {
  const file = freshFile();
  const store = await openStore(file, 1024 * 1024);
  send(store, 'quiet', observations(), 0);
  const taken = flood(store, 'loud');
  expect(taken).toBeGreaterThan(20);
  expect(store.nodes.get('loud')?.storedBytes).toBeLessThan(1024 * 1024);
  // What was refused left nothing behind.
  expect(store.observations('loud').find((one) => one.fact === 'file')?.value).toMatchObject({ mode: big(taken - 1) });
  send(store, 'quiet', observations({ mode: '0777' }), 2_000);
  store.checkpoint();
  expect(statSync(file).size).toBeLessThan(2 * 1024 * 1024);
  store.close();
});

test('its share survives a restart, and a node that filled it is not heard at all', async () => {
  const file = freshFile();
  const before = await openStore(file);
  for (let n = 0; n < 5; n++) send(before, 'loud', observations({ mode: big(n) }), n);
  const paid = before.nodes.get('loud')?.storedBytes ?? 0;
  expect(paid).toBeGreaterThan(20_000);
  before.close();
  const store = await openStore(file, paid);
  const { lastReceived, digest = '' } = store.nodes.get('loud') ?? {};
  const commit = { node: 'loud', epoch: '1', sequence: 9n, digest, receivedAt: '2026-03-01T01:00:00.000Z' };
  expect(() => store.log.begin(commit)).toThrow(refused);
  expect(() => store.log.touch(commit)).toThrow(refused);
  expect(store.nodes.get('loud')).toMatchObject({ lastReceived, storedBytes: paid });
  send(store, 'new', observations(), 1);
  store.close();
});

test('what all nodes paid covers the growth of the file', async () => {
  const file = freshFile();
  const store = await openStore(file);
  store.checkpoint();
  const empty = statSync(file).size;
  for (let n = 0; n < 30; n++)
    for (const node of ['a', 'b', 'c']) send(store, node, observations({ mode: `${node}${big(n)}` }), n);
  store.checkpoint();
  const paid = store.nodes.all().reduce((sum, one) => sum + one.storedBytes, 0);
  expect(paid).toBeGreaterThanOrEqual(statSync(file).size - empty);
  store.close();
});
