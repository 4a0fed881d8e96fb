import { contentDigest, keyOf } from '@plumbline/proto';
import { afterEach, expect, test } from 'vitest';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { after, freshFile, observations, send, start } from '../world.ts';

let store: Store;
afterEach(() => store.close());

const modeAt = (seconds?: number) => {
  const at = seconds === undefined ? undefined : start + seconds * 1000;
  const id = store.nodes.get('one')?.id ?? -1;
  const file = store.queries.observations(id, at).find((one) => one.fact === 'file');
  return file && (file.value as { mode: string }).mode;
};

test('a state comes back as it was sent', async () => {
  store = await openStore(freshFile());
  const sent = observations({ profiling: 'false', etcd: true });
  send(store, 'one', sent, 0);
  const key = (one: { fact: string; subject: string }) => `${one.fact} ${one.subject}`;
  const sort = (list: readonly { fact: string; subject: string }[]) =>
    [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  expect(sort(store.observations('one'))).toEqual(sort(sent));
  expect(store.log.contents('one')).toEqual(new Map(sent.map((one) => [keyOf(one), contentDigest(one)])));
  expect(store.nodes.get('one')?.agentVersion).toBe('0.1.0');
});

test('drift is a new interval and every instant can be asked', async () => {
  store = await openStore(freshFile());
  send(store, 'one', observations({ mode: '0600' }), 0);
  send(store, 'one', observations({ mode: '0644' }), 10, 2n);
  expect([modeAt(-1), modeAt(0), modeAt(9), modeAt(10), modeAt()]).toEqual([undefined, '0600', '0600', '0644', '0644']);
});

test('what is gone ends, and a delta changes only what it names', async () => {
  store = await openStore(freshFile());
  send(store, 'one', observations({ profiling: 'true' }), 0);
  const commit = { node: 'one', epoch: '1', sequence: 2n, digest: 'd', receivedAt: after(5) };
  store.log.apply(commit, [], [{ fact: 'process', subject: 'kube-apiserver@here' }]);
  expect(store.observations('one').some((one) => one.fact === 'process')).toBe(false);
  expect(modeAt()).toBe('0600');
  expect(store.log.position('one')).toEqual({ epoch: '1', sequence: 2n, digest: 'd' });
  send(store, 'one', observations(), 6, 3n);
  expect(store.observations('one')).toHaveLength(observations().length);
});

test('a clock that jumps back loses no interval', async () => {
  store = await openStore(freshFile());
  send(store, 'one', observations({ mode: '0600' }), 100);
  send(store, 'one', observations({ mode: '0640' }), 50, 2n);
  send(store, 'one', observations({ mode: '0644' }), 120, 3n);
  expect([modeAt(110), modeAt(120)]).toEqual(['0640', '0644']);
});

test('a quiet node is written at most every five minutes', async () => {
  const file = freshFile();
  store = await openStore(file);
  send(store, 'one', observations(), 0);
  store.checkpoint();
  const touch = (seconds: number) =>
    store.log.touch({
      node: 'one',
      epoch: '1',
      sequence: BigInt(seconds),
      digest: store.nodes.get('one')?.digest ?? '',
      receivedAt: after(seconds),
    });
  for (const seconds of [60, 120, 180, 299]) touch(seconds);
  expect(store.size().wal).toBe(0);
  expect(store.nodes.get('one')?.lastReceived).toBe(start + 299_000);
  touch(301);
  expect(store.size().wal).toBeGreaterThan(0);
});

test('the same state again, resent with newer times, writes no interval', async () => {
  store = await openStore(freshFile());
  const changes: boolean[] = [];
  store.onCommit((_, changed) => changes.push(changed));
  send(store, 'one', observations(), 0);
  send(store, 'one', observations({ at: after(60) }), 60, 2n);
  expect(changes).toEqual([true, false]);
  expect(store.observations('one')[0]?.observedAt).toBe(after(0));
});

test('what was committed is there after a restart', async () => {
  const file = freshFile();
  store = await openStore(file);
  send(store, 'one', observations(), 0, 7n);
  const before = store.observations('one');
  store.close();
  store = await openStore(file);
  expect(store.observations('one')).toEqual(before);
  expect(store.log.position('one')?.sequence).toBe(7n);
});
