import { beforeEach, expect, test } from 'vitest';
import type { Delivery } from '../../../aggregator/src/store/delivery-row.ts';
import { openDatabase } from '../../../aggregator/src/store/open.ts';
import { outboxStore } from '../../../aggregator/src/store/outbox.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { transactor } from '../../../aggregator/src/store/writer.ts';
import { message } from '../alert/message.ts';
import { freshFile } from '../world.ts';

let store: Store;
let now = 1000;

beforeEach(async () => {
  now = 1000;
  store = await openStore(freshFile(), undefined, () => now);
  return () => store.close();
});

const firing = (revision = 1, alert = 'a') => message({ alert, revision });
const resolved = (revision = 2, alert = 'a') => message({ alert, revision, status: 'resolved' });

function due(receiver = 'hook'): Delivery {
  const next = store.outbox.next(receiver, now);
  if (next === null || typeof next === 'number') throw new Error(`nothing is due: ${next}`);
  return next;
}

const refused = { error: 'connection refused', nextTry: 5000, reached: false };
const states = (receiver = 'hook') =>
  store.outbox
    .deliveries({ receiver, limit: 100 })
    .map(({ alert, revision, state }) => `${alert}${revision} ${state}`)
    .reverse();

test('each receiver has a message of its own, in order, once', () => {
  store.outbox.add(firing(1, 'a'), ['hook', 'chat']);
  store.outbox.add(firing(1, 'b'), ['hook']);
  store.outbox.add(firing(1, 'b'), ['hook']);
  expect(due().message).toEqual(firing(1, 'a'));
  store.outbox.delivered(due().id, now, null);
  expect(due()).toMatchObject({ alert: 'b', revision: 1, tries: 0 });
  store.outbox.delivered(due().id, now, null);
  expect(store.outbox.next('hook', now)).toBeNull();
  expect(due('chat')).toMatchObject({ alert: 'a', state: 'pending' });
  expect(states()).toEqual(['a1 delivered', 'b1 delivered']);
});

test('what failed waits, and says until when', () => {
  store.outbox.add(firing(), ['hook']);
  store.outbox.failedTry(due().id, { ...refused, at: now });
  expect(store.outbox.next('hook', now)).toBe(5000);
  now = 5000;
  expect(due()).toMatchObject({ tries: 1, error: 'connection refused' });
  store.outbox.failedTry(due().id, { at: now, error: 'answered 404', nextTry: null, reached: false });
  expect(store.outbox.next('hook', now)).toBeNull();
  expect(states()).toEqual(['a1 failed']);
});

test('a newer message of an alert takes the place of an older one that waits', () => {
  store.outbox.add(firing(1), ['hook']);
  store.outbox.add(firing(2), ['hook']);
  store.outbox.add(firing(1), ['hook']);
  expect(due()).toMatchObject({ revision: 2 });
  expect(states()).toEqual(['a1 superseded', 'a2 pending']);
});

test('nobody is told the end of what he was not told the beginning of', () => {
  store.outbox.add(firing(), ['hook']);
  store.outbox.failedTry(due().id, { ...refused, at: now });
  store.outbox.add(resolved(), ['hook']);
  expect(store.outbox.next('hook', 9_999_999)).toBeNull();
  expect(states()).toEqual(['a1 superseded', 'a2 superseded']);
});

test.each([
  ['it was delivered', () => store.outbox.delivered(due().id, now, null)],
  ['its try is under way', () => store.outbox.begin(due().id)],
  ['it may have arrived', () => store.outbox.failedTry(due().id, { ...refused, at: now, reached: true })],
])('the end is told when the beginning may be known: %s', (_, happen) => {
  store.outbox.add(firing(), ['hook']);
  happen();
  store.outbox.add(resolved(), ['hook']);
  now = 9000;
  expect(due()).toMatchObject({ status: 'resolved', revision: 2 });
});

test('what queues up behind another message was not told before its turn', () => {
  store.outbox.add(firing(1, 'a'), ['hook']);
  store.outbox.add(firing(1, 'b'), ['hook']);
  store.outbox.add(resolved(2, 'b'), ['hook']);
  expect(states()).toEqual(['a1 pending', 'b1 superseded', 'b2 superseded']);
});

test('the end is told although an update between was never told', () => {
  store.outbox.add(firing(1), ['hook']);
  store.outbox.delivered(due().id, now, null);
  store.outbox.add(firing(2), ['hook']);
  store.outbox.failedTry(due().id, { ...refused, at: now });
  store.outbox.prune(now + 1, 100);
  store.outbox.add(resolved(3), ['hook']);
  expect(due()).toMatchObject({ status: 'resolved', revision: 3 });
});

test('one that arrives after a newer one was put down is delivered, and then the newer', () => {
  store.outbox.add(firing(1), ['hook']);
  const under = due();
  store.outbox.add(firing(2), ['hook']);
  store.outbox.delivered(under.id, now, null);
  expect(due()).toMatchObject({ revision: 2 });
  expect(states()).toEqual(['a1 delivered', 'a2 pending']);
});

test('what fires and was told stays known; what is settled is forgotten after a while', () => {
  for (const alert of ['a', 'b']) store.outbox.add(firing(1, alert), ['hook']);
  for (const _ of 'ab') store.outbox.delivered(due().id, now, null);
  store.outbox.add(resolved(2, 'b'), ['hook']);
  store.outbox.delivered(due().id, now, null);
  expect(store.outbox.firing('hook', 0, 10).map((one) => one.alert)).toEqual(['a']);
  expect(store.outbox.prune(now + 1, 100)).toBe(2);
  expect(states()).toEqual(['a1 delivered']);
  expect(store.outbox.firing('hook', 0, 10)[0]?.message).toEqual(firing(1, 'a'));
});

test('too old and too many are given up, the oldest first, and counted', () => {
  for (const alert of ['a', 'b', 'c', 'd']) {
    now += 1000;
    store.outbox.add(firing(1, alert), ['hook']);
  }
  expect(store.outbox.bound('hook', 2001, 2, now)).toBe(2);
  expect(store.outbox.bound('hook', 2001, 2, now)).toBe(0);
  expect(states()).toEqual(['a1 failed', 'b1 failed', 'c1 pending', 'd1 pending']);
});

test('what failed for good waits again once somebody mended the receiver; what was superseded does not', () => {
  for (const alert of ['a', 'b']) {
    store.outbox.add(firing(1, alert), ['hook']);
    store.outbox.failedTry(due().id, { at: now, error: 'answered 404', nextTry: null, reached: false });
  }
  store.outbox.add(resolved(2, 'a'), ['hook']);
  expect(store.outbox.revive('hook', now + 1)).toBe(0);
  expect(store.outbox.revive('hook', now)).toBe(1);
  expect(due()).toMatchObject({ alert: 'b', state: 'pending' });
});

test('nothing waits for a receiver that is not configured any more', () => {
  store.outbox.add(firing(), ['hook', 'gone']);
  expect(store.outbox.abandon(['hook'], now)).toBe(1);
  expect(states('gone')).toEqual(['a1 failed']);
  expect(due()).toMatchObject({ receiver: 'hook' });
});

test('a message is put down with what decided it, or not at all', async () => {
  const { writer, reader, close } = await openDatabase(freshFile());
  const transact = transactor(writer, { committed: () => undefined, rolledBack: () => undefined });
  const outbox = outboxStore(writer, reader, transact, () => now);
  const decide = (fails: boolean) =>
    transact(() => {
      outbox.add(firing(), ['hook']);
      if (fails) throw new Error('the alert could not be kept');
    });
  expect(() => decide(true)).toThrow('could not be kept');
  expect(outbox.next('hook', now)).toBeNull();
  decide(false);
  expect(outbox.next('hook', now)).toMatchObject({ alert: 'a' });
  close();
});

test('a receiver says how it stands, and deliveries page', () => {
  for (const alert of ['a', 'b', 'c']) {
    now += 1000;
    store.outbox.add(firing(1, alert), ['hook']);
  }
  store.outbox.delivered(due().id, now, null);
  store.outbox.failedTry(due().id, { ...refused, at: now, nextTry: 9000 });
  expect(store.outbox.standing('hook')).toEqual({
    pending: 2,
    oldestPending: 3000,
    failingSince: 3000,
    lastDelivered: 4000,
    lastError: 'connection refused',
  });
  const first = store.outbox.deliveries({ state: 'pending', limit: 1 });
  expect(first.map((one) => one.alert)).toEqual(['c']);
  expect(
    store.outbox.deliveries({ state: 'pending', before: Number(first[0]?.id), limit: 5 }).map((one) => one.alert),
  ).toEqual(['b']);
  expect(store.outbox.standing('none')).toMatchObject({ pending: 0, oldestPending: null, lastDelivered: null });
});

test('of what is settled so many are kept, and always the last word on what fires', () => {
  store.outbox.add(firing(1, 'fires'), ['hook']);
  store.outbox.delivered(due().id, now, null);
  for (const alert of ['a', 'b', 'c']) {
    store.outbox.add(firing(1, alert), ['hook']);
    store.outbox.delivered(due().id, now, null);
    store.outbox.add(resolved(2, alert), ['hook']);
    store.outbox.delivered(due().id, now, null);
  }
  expect(store.outbox.prune(0, 100)).toBe(0);
  expect(store.outbox.prune(0, 2)).toBe(4);
  expect(states()).toEqual(['fires1 delivered', 'c1 delivered', 'c2 delivered']);
});
