import { PlumblineError } from '@plumbline/core';
import { afterEach, expect, test } from 'vitest';
import type { ScanRequest } from '../../../aggregator/src/scans/scans.ts';
import { scanWorld, whole } from './world.ts';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0)) await one();
});

async function world(...options: Parameters<typeof scanWorld>) {
  const made = await scanWorld(...options);
  cleanup.push(made.close);
  return made;
}

const byJane: ScanRequest = { trigger: 'request', by: 'jane' };

test('a scan asks every agent, waits for all, and is the instant after they were judged', async () => {
  const { scans, answer, pass, asked } = await world();
  const { scan, joined } = scans.start({ ...byJane, name: 'release', note: 'before the upgrade' });
  expect([scan.state, scan.at, joined, asked.length]).toEqual(['running', null, false, 1]);
  answer(['one']);
  await pass(3);
  expect(scans.get(scan.id)?.state).toBe('running');
  answer(['two']);
  await pass(1);
  expect(scans.find('release')).toMatchObject({
    ...{ id: scan.id, state: 'complete', reason: null, message: null, by: 'jane', note: 'before the upgrade' },
    ...{ at: Date.parse('2026-03-01T00:00:03.000Z') + 100, result: whole.result, program: '0.1.0' },
  });
});

test('a look that began before it was asked for is no answer', async () => {
  const { scans, agents, pass } = await world();
  const { scan } = scans.start(byJane);
  agents.answered('one', 'another token');
  agents.answered('two', '');
  await pass(30);
  expect(scans.get(scan.id)?.state).toBe('running');
});

test('needs 44: two triggers at once join, and the agents look once more for the second', async () => {
  const { scans, answer, pass, asked } = await world();
  const first = scans.start({ trigger: 'schedule', by: 'nightly' });
  answer();
  const second = scans.start({ ...byJane, name: 'mended', note: 'after the fix' });
  expect([second.joined, second.scan.id, asked.length]).toEqual([true, first.scan.id, 2]);
  // What was answered before the second asked does not count.
  await pass(20);
  expect(scans.get(first.scan.id)?.state).toBe('running');
  expect(scans.start({ trigger: 'schedule', by: 'hourly' })).toMatchObject({ joined: true });
  expect(asked.length).toBe(2);
  answer();
  await pass(1);
  expect(scans.find('mended')).toMatchObject({ id: first.scan.id, state: 'complete', trigger: 'schedule' });
  expect(scans.page(100, 10)).toHaveLength(1);
  const third = scans.start(byJane);
  expect([third.joined, third.scan.id]).toEqual([false, first.scan.id + 1]);
});

test('needs 44: an agent that never answers ends it as partial by its deadline', async () => {
  const { scans, answer, pass } = await world({
    picture: (_at, silent) => ({ ...whole, message: `${silent.join()} is silent` }),
  });
  const { scan } = scans.start(byJane);
  answer(['two']);
  await pass(49);
  expect(scans.get(scan.id)?.state).toBe('running');
  await pass(2);
  const ended = scans.get(scan.id);
  expect(ended).toMatchObject({ state: 'partial', reason: 'incomplete', message: 'one is silent' });
  expect(ended?.endedAt).toBeLessThan(scan.deadline);
});

test('needs 44: judging that never ends does not keep a scan from ending', async () => {
  const told: boolean[] = [];
  const { scans, answer, pass } = await world({
    settle: () => new Promise(() => undefined),
    picture(_at, _silent, judged) {
      told.push(judged);
      return undefined;
    },
  });
  const { scan } = scans.start(byJane);
  answer();
  await pass(59);
  expect(scans.get(scan.id)?.state).toBe('running');
  await pass(2);
  expect(told).toEqual([false]);
  expect(scans.get(scan.id)).toMatchObject({ state: 'failed', reason: 'nothing-judged', at: null, result: null });
});

test('needs 44: a store that refuses fails it, and the end is written once it takes writes again', async () => {
  const { store, scans, answer, pass, failures } = await world({
    settle: async () => {
      throw new PlumblineError('PLB_STORE_WRITE', 'no room');
    },
  });
  const { scan } = scans.start(byJane);
  answer();
  let refused = 0;
  const { patch } = store.scans;
  Object.assign(store.scans, {
    patch(...given: Parameters<typeof patch>) {
      refused += 1;
      if (refused < 3) throw new PlumblineError('PLB_STORE_WRITE', 'no room');
      patch(...given);
    },
  });
  await pass(1);
  expect(scans.get(scan.id)).toMatchObject({ state: 'failed', reason: 'store' });
  expect(store.scans.get(scan.id)?.state).toBe('running');
  // It is over although nobody could write it down: the next one does not join it.
  expect(scans.start(byJane)).toMatchObject({ joined: false });
  await pass(11);
  expect(store.scans.get(scan.id)).toMatchObject({ state: 'failed', reason: 'store' });
  expect(failures.length).toBeGreaterThanOrEqual(3);
});

test('what fails inside fails the scan and nothing else', async () => {
  const { scans, answer, pass, failures } = await world({
    picture() {
      throw new Error('a bug');
    },
  });
  const { scan } = scans.start(byJane);
  answer();
  await pass(1);
  expect(scans.get(scan.id)).toMatchObject({ state: 'failed', reason: 'internal' });
  expect(failures).toHaveLength(1);
  expect(scans.start(byJane).joined).toBe(false);
});

test('needs 44: a scan that runs when the aggregator stops, or dies, has failed', async () => {
  const one = await scanWorld();
  const stopped = one.scans.start(byJane).scan.id;
  await one.close();
  const two = await scanWorld({}, one.file);
  expect(two.scans.get(stopped)).toMatchObject({ state: 'failed', reason: 'interrupted' });
  const died = two.scans.start(byJane).scan.id;
  // Nobody says goodbye: only the lock of the file goes.
  two.store.close();
  const three = await world({}, one.file);
  expect(three.scans.get(died)).toMatchObject({ state: 'failed', reason: 'interrupted' });
});

test('names are unique, may be taken away, and keep a scan when others are forgotten', async () => {
  const { scans, store, answer, pass } = await world();
  const take = async (name?: string) => {
    const { scan } = scans.start({ ...byJane, ...(name === undefined ? {} : { name }) });
    answer();
    await pass(1);
    return scan.id;
  };
  const [kept, other] = [await take('release'), await take()];
  expect(() => scans.start({ ...byJane, name: 'release' })).toThrow(`Scan ${kept} is called release already.`);
  expect(() => scans.rename(other, { name: 'release' }, 'ann')).toThrow(`Scan ${kept} is called release already.`);
  scans.rename(kept, { name: 'release', note: 'again' }, 'ann');
  expect(scans.find(`scan:${kept}`)).toMatchObject({ name: 'release', note: 'again' });
  const { scan } = scans.start(byJane);
  expect(() => scans.start({ ...byJane, name: 'release' })).toThrow('already');
  expect(() => scans.remove(scan.id, 'ann')).toThrow('This scan runs');
  expect(store.scans.prune(Date.parse('2027-01-01'))).toBe(1);
  expect([scans.get(other), scans.get(kept)?.name]).toEqual([undefined, 'release']);
  scans.rename(kept, { name: null }, 'ann');
  scans.rename(scan.id, { name: 'release' }, 'ann');
  expect(scans.find('release')).toMatchObject({ id: scan.id, state: 'running' });
  expect(scans.find('nobody')).toBeUndefined();
  scans.remove(kept, 'ann');
  expect(scans.get(kept)).toBeUndefined();
  expect(store.audit.list({ kind: 'scan', target: String(kept), limit: 10 })).toMatchObject([
    { who: 'ann', action: 'removed', before: { name: null, note: 'again' }, after: null },
    { who: 'ann', action: 'changed', before: { name: 'release' }, after: { name: null } },
    { who: 'ann', action: 'changed', before: { note: null }, after: { note: 'again' } },
    { who: 'jane', action: 'created', before: null, after: { name: 'release', note: null } },
  ]);
});
