import { afterEach, expect, test } from 'vitest';
import { type Judging, type JudgingParts, startJudging } from '../../../aggregator/src/judging/judging.ts';
import type { Entry } from '../../../aggregator/src/store/journal.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { freshFile, observations, type Shown, send, smallPack, start } from '../world.ts';

const pack = smallPack();
let store: Store;
let judging: Judging;
let file: string;
let seconds: number;
let sequence: bigint;

async function begin(version?: string, parts: Partial<JudgingParts> = {}): Promise<void> {
  store = await openStore(file);
  if (version !== undefined) store.rememberProgram(version, start + seconds * 1000);
  judge(parts);
}

function judge(parts: Partial<JudgingParts> = {}): void {
  judging = startJudging({
    store,
    pack,
    clock: () => start + seconds * 1000,
    controlPlaneVersion: () => 'v1.34.1',
    fallbackVersion: 'v1.34.1',
    benchmark: undefined,
    interval: 60_000,
    changed: () => undefined,
    judged: () => undefined,
    failed: (error) => {
      throw error;
    },
    ...parts,
  });
}

async function fresh(): Promise<void> {
  file = freshFile();
  seconds = 0;
  sequence = 0n;
  await begin('1.0.0');
}

function end(): void {
  judging.stop();
  store.close();
}
afterEach(end);

async function shows(shown: Shown, agent = '0.1.0', nodes: readonly string[] = ['one']): Promise<void> {
  const all = observations(shown).map((one) =>
    one.fact === 'node.agent' ? { ...one, value: { version: agent, capabilities: [] } } : one,
  );
  for (const node of nodes) send(store, node, all, seconds, ++sequence);
  await judging.settle();
}

const texts = (entries: readonly Entry[]) =>
  entries.map((one) => {
    if (one.kind === 'drift') return `${one.cause} ${one.node} ${one.fact} ${one.subject}`;
    if (one.kind === 'presence') return `${one.node} ${one.before} ${one.after}`;
    return `${one.cause} ${one.node} ${one.number} ${one.before?.status ?? '-'} ${one.after?.status ?? '-'}`;
  });
const news = (after: number) => texts(store.journal.after(after, 1000));
const config = '/var/lib/kubelet/config.yaml';

test('what is seen for the first time is no change', async () => {
  await fresh();
  await shows({ profiling: 'true', etcd: true });
  expect(news(0)).toEqual([]);
  expect(store.journal.last()).toBe(0);
});

test('a change of a fact and the verdict that follows carry before and after, in the order of commits', async () => {
  await fresh();
  await shows({ mode: '0600' });
  let told = 0;
  store.journal.onAppend(() => told++);
  seconds = 10;
  await shows({ mode: '0644' });
  expect(store.journal.after(0, 10)).toMatchObject([
    {
      kind: 'drift',
      at: start + 10_000,
      cause: 'observed',
      node: 'one',
      fact: 'file',
      subject: config,
      before: { state: 'observed', value: { mode: '0600' } },
      after: { state: 'observed', value: { mode: '0644' } },
    },
    {
      kind: 'verdict',
      cause: 'observed',
      node: 'one',
      number: '4.1.1',
      control: 'kubelet-mode',
      severity: 'high',
      before: { status: 'pass', evidence: [{ actual: expect.anything() }] },
      after: { status: 'fail', evidence: [{ actual: expect.anything() }] },
    },
  ]);
  expect(told).toBe(2);
  const [first, second] = store.journal.after(0, 10);
  expect(store.journal.after(first?.id ?? 0, 10)).toEqual([second]);
  expect(store.journal.after(0, 10, ['verdict'])).toEqual([second]);
  expect(store.journal.last()).toBe(second?.id);
});

test('what a failing verdict rests on moves: told, although it fails as before', async () => {
  await fresh();
  await shows({ mode: '0644' });
  await shows({ mode: '0666' });
  expect(news(0)).toEqual([`observed one file ${config}`, 'observed one 4.1.1 fail fail']);
});

test('saying the same again, a restart and a return tell nothing; silence is one entry a node', async () => {
  await fresh();
  await shows({ mode: '0644', profiling: 'true' }, '0.1.0', ['one', 'two']);
  end();
  await begin('1.0.0');
  await shows({ mode: '0644', profiling: 'true' }, '0.1.0', ['one', 'two']);
  expect(news(0)).toEqual([]);
  seconds = 400;
  await shows({ mode: '0644', profiling: 'true' }, '0.1.0', ['two']);
  await judging.settle();
  expect(news(0)).toEqual(['one reporting stale']);
  seconds = 500;
  await shows({ mode: '0644', profiling: 'true' }, '0.1.0', ['one', 'two']);
  expect(news(0)).toEqual(['one reporting stale', 'one stale reporting']);
});

test('what changed while nobody looked is told when somebody looks again, against what was known', async () => {
  await fresh();
  await shows({ mode: '0600' });
  seconds = 400;
  await judging.settle();
  const before = store.journal.last();
  seconds = 500;
  await shows({ mode: '0644' });
  expect(news(before)).toEqual([`observed one file ${config}`, 'one stale reporting', 'observed one 4.1.1 pass fail']);
});

test('another agent is the cause of what changes with it, another program of what it judges anew', async () => {
  await fresh();
  await shows({ mode: '0600' });
  await shows({ mode: '0644' }, '0.2.0');
  expect(news(0)).toEqual(['agent one node.agent node', `agent one file ${config}`, 'agent one 4.1.1 pass fail']);
  await shows({ mode: '0600' }, '0.2.0');
  const before = store.journal.last();
  expect(texts(store.journal.after(before - 1, 1))).toEqual(['observed one 4.1.1 fail pass']);
  end();
  await begin('1.1.0', { pack: stricter() });
  await judging.settle();
  expect(news(before)).toEqual(['ruleset one 4.1.1 pass fail']);
  await shows({ mode: '0400' }, '0.2.0');
  expect(news(before).slice(1)).toEqual([`observed one file ${config}`, 'observed one 4.1.1 fail pass']);
});

test('another check in the same program is a change of the ruleset', async () => {
  await fresh();
  await shows({ mode: '0600' });
  judging.stop();
  judge({ pack: stricter() });
  await judging.settle();
  expect(news(0)).toEqual(['ruleset one 4.1.1 pass fail']);
});

test('another document tells what it calls bad, as a change of the ruleset', async () => {
  await fresh();
  await shows({ mode: '0644', profiling: 'false' });
  judging.stop();
  judge({ benchmark: 'cis/kubernetes-1.9' });
  await judging.settle();
  expect(news(0)).toEqual(['ruleset one 4.1.1 - fail', 'ruleset one 4.1.1 fail -']);
});

test('a node that is deleted is one entry; what came without an agent too', async () => {
  await fresh();
  store.nodes.ensure('two', start);
  store.nodes.patch('two', { listed: true });
  judging.node('two');
  await shows({ mode: '0644' });
  expect(news(0)).toEqual(['two null no-agent']);
  store.nodes.patch('one', { deletedAt: start });
  judging.node('one');
  await judging.settle();
  expect(news(0)).toEqual(['two null no-agent', 'one reporting deleted']);
});

test('entries are forgotten by age, and ids never come again', async () => {
  await fresh();
  await shows({ mode: '0600' });
  await shows({ mode: '0644' });
  const last = store.journal.last();
  // Each commit of a node has a moment of its own.
  expect(store.journal.prune(start + 2)).toBe(2);
  expect(store.journal.prune(start + 2)).toBe(0);
  expect(store.journal.last()).toBe(last);
  seconds = 20;
  await shows({ mode: '0600' });
  expect(store.journal.after(0, 10).map((one) => one.id)).toEqual([last + 1, last + 2]);
});

test('what is rolled back was never told', async () => {
  await fresh();
  await shows({ mode: '0600' });
  let told = 0;
  store.journal.onAppend(() => told++);
  const digest = store.nodes.get('one')?.digest ?? '';
  const commit = { node: 'one', epoch: '1', sequence: 9n, digest, receivedAt: 'never' };
  const cyclic: { value?: unknown } = {};
  cyclic.value = cyclic;
  const bad = [
    ...observations({ mode: '0644' }),
    { fact: 'file', subject: '/x', state: 'observed', observedAt: '', value: cyclic },
  ];
  expect(() => store.log.replace(commit, bad as never)).toThrow();
  expect([told, store.journal.last()]).toEqual([0, 0]);
});

/** The same controls, one of them asking for less. */
function stricter() {
  const control = pack.controls.get('kubelet-mode');
  if (!control?.check) throw new Error('the small pack has no check of the mode of the kubelet');
  const check: typeof control.check = JSON.parse(JSON.stringify(control.check).replace('"600"', '"400"'));
  return { ...pack, controls: new Map([...pack.controls, ['kubelet-mode', { ...control, check }] as const]) };
}

test('a component that restarts goes on from what was known of it', async () => {
  await fresh();
  await shows({ profiling: 'true', mode: '0600' });
  seconds = 10;
  await shows({ mode: '0600' });
  seconds = 30;
  await shows({ profiling: 'true', mode: '0600' });
  expect(news(0)).toContain('observed one 1.2.9 fail fail');
  const before = store.journal.last();
  seconds = 35;
  await shows({ mode: '0600' });
  seconds = 40;
  await shows({ profiling: 'false', mode: '0600' });
  expect(news(before)).toContain('observed one 1.2.9 fail pass');
});
