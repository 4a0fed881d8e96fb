import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Judging, startJudging } from '../../../aggregator/src/judging/judging.ts';
import { type Rejudgings, type RejudgingsParts, rejudgings } from '../../../aggregator/src/past/rejudgings.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { freshFile, observations, send, smallPack, start } from '../world.ts';

let store: Store;
let judging: Judging;
let again: Rejudgings;
let now: number;
let stored: () => Promise<void>;
const pack = smallPack();
const fail = (error: unknown) => {
  throw error;
};

function begin(more: Partial<RejudgingsParts> = {}): void {
  again = rejudgings({
    ...{
      past: store.past,
      pack,
      system: [],
      exclude: [],
      failed: fail,
      clock: () => now,
      generation: store.generation,
    },
    stored: () => stored(),
    ...more,
  });
}

beforeEach(async () => {
  now = start;
  stored = async () => undefined;
  store = await openStore(freshFile());
  judging = startJudging({
    ...{ store, pack, clock: () => now, controlPlaneVersion: () => 'v1.34.1', fallbackVersion: undefined },
    ...{ benchmark: undefined, interval: 60_000, changed: () => undefined, judged: () => undefined, failed: fail },
  });
  send(store, 'one', observations(), 0);
  await judging.settle();
  now = start + 60_000;
  begin();
});

afterEach(async () => {
  await again.close();
  judging.stop();
  store.close();
});

const at = (seconds: number) => start + seconds * 1000;

test('who asks for the same moment gets the same, while it is judged and afterwards', async () => {
  const [one, two] = await Promise.all([again.of(at(5), undefined), again.of(at(5), undefined)]);
  expect(two).toBe(one);
  send(store, 'one', observations({ mode: '0644' }), 60, 2n);
  await judging.settle();
  expect(await again.of(at(5), undefined)).toBe(one);
  expect(await again.of(at(5), 'cis/kubernetes-1.9')).not.toBe(one);
});

test('a moment that is not over is judged anew when something changed, now only once a minute', async () => {
  const last = await again.of(now, undefined);
  const current = await again.of(undefined, undefined);
  expect(await again.of(now, undefined)).toBe(last);
  send(store, 'one', observations({ mode: '0644' }), 60, 2n);
  await judging.settle();
  expect(await again.of(now, undefined)).not.toBe(last);
  expect(await again.of(undefined, undefined)).toBe(current);
  now += 60_000;
  expect(await again.of(undefined, undefined)).not.toBe(current);
});

test('who waits too long is told so, and finds it done later', async () => {
  const gate = Promise.withResolvers<void>();
  stored = () => gate.promise;
  begin({ patience: 20 });
  await expect(again.of(at(5), undefined)).rejects.toMatchObject({ code: 'PLB_REJUDGE_BUSY' });
  gate.resolve();
  expect((await again.of(at(5), undefined)).store.count()).toBeGreaterThan(0);
});

test('moments are judged one after the other, and not too many wait', async () => {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  stored = () => {
    asked++;
    return gate.promise;
  };
  const all = [1, 2, 3, 4].map((second) => again.of(at(second), undefined));
  await expect(again.of(at(5), undefined)).rejects.toMatchObject({ code: 'PLB_REJUDGE_BUSY' });
  expect(asked).toBe(1);
  gate.resolve();
  expect((await Promise.all(all)).map((one) => one.at)).toEqual([1, 2, 3, 4].map(at));
});

test('a few results are kept, the youngest of them', async () => {
  const first = await again.of(at(1), undefined);
  for (const second of [2, 3, 4]) await again.of(at(second), undefined);
  const last = await again.of(at(4), undefined);
  expect(await again.of(at(1), undefined)).not.toBe(first);
  expect(await again.of(at(4), undefined)).toBe(last);
});

test('one that fails leaves the way free', async () => {
  stored = async () => {
    throw new Error('disk full');
  };
  await expect(again.of(at(5), undefined)).rejects.toThrow('disk full');
  stored = async () => undefined;
  expect((await again.of(at(5), undefined)).at).toBe(at(5));
});

test('an end in the middle waits for nothing', async () => {
  const gate = Promise.withResolvers<void>();
  stored = () => gate.promise;
  const asked = expect(again.of(at(5), undefined)).rejects.toThrow('the aggregator ends');
  const closed = again.close();
  gate.resolve();
  await Promise.all([asked, closed]);
});

test('where nothing was judged yet nothing is judged once more', async () => {
  const empty = await openStore(':memory:');
  begin({ past: empty.past });
  await expect(again.of(undefined, undefined)).rejects.toMatchObject({
    code: 'PLB_REQUEST_INVALID',
    message: 'Nothing was judged yet, so nothing can be judged once more.',
  });
  empty.close();
});
