import { chooseDocuments, judgeNode, nodeView, type Pack } from '@plumbline/core';
import { afterEach, expect, test } from 'vitest';
import { type Judging, startJudging } from '../../../aggregator/src/judging/judging.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { timed } from '../../../aggregator/src/store/timed.ts';
import type { VerdictChange } from '../../../aggregator/src/store/verdict-table.ts';
import { freshFile, observations, send, smallPack, start } from '../world.ts';

const pack = smallPack();
/** A value of a shape that no agent of ours sends. */
const broken = { state: 'observed', value: { instances: 5, manifests: null } } as const;
let store: Store;
let judging: Judging;
let now: number;
let changes: VerdictChange[];

interface Begin {
  readonly version?: string;
  readonly benchmark?: string;
  readonly nodesListed?: () => boolean;
  readonly failed?: (error: unknown) => void;
  readonly pack?: Pack;
}

async function begin(options: Begin = {}): Promise<void> {
  store = await openStore(freshFile());
  now = start;
  changes = [];
  const version = 'version' in options ? options.version : 'v1.34.1';
  judging = startJudging({
    store,
    pack: options.pack ?? pack,
    clock: () => now,
    controlPlaneVersion: () => version,
    fallbackVersion: version,
    benchmark: options.benchmark,
    interval: 60_000,
    changed: (list) => changes.push(...list),
    judged: () => undefined,
    ...(options.nodesListed ? { nodesListed: options.nodesListed } : {}),
    failed:
      options.failed ??
      ((error) => {
        throw error;
      }),
  });
}
afterEach(() => {
  judging.stop();
  store.close();
});

/** `number node status reason`, in the order of the documents. */
function rows(at?: number): string[] {
  const { findings } = store.queries.page({
    lines: store.queries.lines(),
    limit: 500,
    ...(at === undefined ? {} : { at }),
  });
  return findings.map((one) => `${one.number} ${one.node ?? 'cluster'} ${one.status} ${one.reason}`);
}

function list(name: string, patch: Partial<Parameters<Store['nodes']['patch']>[1]> = {}): void {
  store.nodes.ensure(name, now);
  store.nodes.patch(name, { listed: true, ...patch });
  judging.node(name);
}

test('a control plane node is judged', async () => {
  await begin();
  send(store, 'one', observations({ profiling: 'true', etcd: true, mode: '0600' }), 0);
  await judging.settle();
  expect(rows()).toEqual([
    '1.2.9 one fail not-as-expected',
    '2.1 one pass as-expected',
    '4.1.1 one pass as-expected',
    '5.1.1 cluster error no-check',
  ]);
});

test('a worker alone leaves the control plane unseen, which is an error of the cluster, never a pass', async () => {
  await begin();
  send(store, 'one', observations(), 0);
  await judging.settle();
  expect(rows()).toEqual([
    '1.2.9 cluster error no-control-plane-seen',
    '1.2.9 one not-applicable role',
    '2.1 cluster error no-control-plane-seen',
    '2.1 one not-applicable role',
    '4.1.1 one pass as-expected',
    '5.1.1 cluster error no-check',
  ]);
});

test('an API server without etcd on any node: external-etcd, once', async () => {
  await begin();
  send(store, 'one', observations({ profiling: 'false' }), 0);
  send(store, 'two', observations({ profiling: 'false' }), 0);
  await judging.settle();
  expect(rows().filter((row) => row.startsWith('2.1'))).toEqual([
    '2.1 cluster error external-etcd',
    '2.1 one not-applicable role',
    '2.1 two not-applicable role',
  ]);
});

test('a listed node without agent: every control of nodes is an error', async () => {
  await begin();
  list('one');
  await judging.settle();
  expect(rows().filter((row) => row.includes('one'))).toEqual([
    '1.2.9 one error no-agent',
    '2.1 one error no-agent',
    '4.1.1 one error no-agent',
  ]);
});

test('a listed worker without agent does not spoil the control plane that another node shows', async () => {
  let synced = false;
  await begin({ nodesListed: () => synced });
  list('cp', { labels: ['node-role.kubernetes.io/control-plane'] });
  list('hidden', { labels: ['node-role.kubernetes.io/control-plane'] });
  list('worker', { labels: ['kubernetes.io/hostname'] });
  synced = true;
  await judging.settle();
  const of = (node: string) => rows().filter((row) => row.split(' ')[1] === node);
  expect(of('worker')).toEqual([
    '1.2.9 worker error no-agent',
    '2.1 worker error no-agent',
    '4.1.1 worker error no-agent',
  ]);
  send(store, 'cp', observations({ profiling: 'false', etcd: true }), 0);
  await judging.settle();
  expect(of('worker')).toEqual([
    '1.2.9 worker not-applicable role',
    '2.1 worker not-applicable role',
    '4.1.1 worker error no-agent',
  ]);
  expect(of('hidden')).toEqual([
    '1.2.9 hidden error no-agent',
    '2.1 hidden error no-agent',
    '4.1.1 hidden error no-agent',
  ]);
  synced = false;
  await judging.settle();
  expect(of('worker')[0]).toBe('1.2.9 worker error no-agent');
  synced = true;
  now += 180_001;
  await judging.settle();
  expect(of('worker')[0]).toBe('1.2.9 worker error no-agent');
  expect(of('cp')[0]).toBe('1.2.9 cp error stale');
});

test('what one agent says cannot stop the judging of the others, and none of its old passes stays', async () => {
  const failures: unknown[] = [];
  await begin({ failed: (error) => failures.push(error) });
  send(store, 'bad', observations(), 0);
  await judging.settle();
  expect(rows()).toContain('4.1.1 bad pass as-expected');
  const strange = observations().map((one) => (one.fact === 'component' ? { ...one, ...broken } : one));
  now += 1000;
  send(store, 'bad', strange, 1, 2n);
  send(store, 'good', observations(), 1);
  await judging.settle();
  expect(judging.caughtUp()).toBe(true);
  expect(rows()).toContain('4.1.1 good pass as-expected');
  expect(rows().filter((row) => row.startsWith('4.1.1 bad'))).not.toContain('4.1.1 bad pass as-expected');
});

test('a clock that was set back loses no verdict', async () => {
  await begin();
  send(store, 'one', observations({ mode: '0600' }), 0);
  await judging.settle();
  now -= 3_600_000;
  send(store, 'one', observations({ mode: '0666' }), 1, 2n);
  await judging.settle();
  now += 3_700_000;
  expect(rows().filter((row) => row.startsWith('4.1.1'))).toEqual(['4.1.1 one fail not-as-expected']);
  expect(rows(start - 1)).toEqual([]);
});

test('where judging itself breaks no old pass stays, and the reason says so', async () => {
  const failures: unknown[] = [];
  let breaks = false;
  const fragile: Pack = {
    ...pack,
    get defaults() {
      if (breaks) throw new Error('judging breaks');
      return pack.defaults;
    },
  };
  await begin({ pack: fragile, failed: (error) => failures.push(error) });
  send(store, 'one', observations({ profiling: 'false' }), 0);
  await judging.settle();
  expect(rows()).toContain('4.1.1 one pass as-expected');
  now += 1000;
  send(store, 'one', observations({ mode: '0400', profiling: 'false' }), 1, 2n);
  breaks = true;
  await judging.settle();
  expect(failures.length).toBeGreaterThan(0);
  expect(rows().filter((row) => row.includes(' one '))).toEqual([
    '1.2.9 one error judging-failed',
    '2.1 one error judging-failed',
    '4.1.1 one error judging-failed',
  ]);
});

test('a silent agent becomes stale after three intervals, and returns with its next message', async () => {
  await begin();
  send(store, 'one', observations(), 0);
  await judging.settle();
  now += 180_000;
  await judging.settle();
  expect(rows()).toContain('4.1.1 one pass as-expected');
  now += 1;
  await judging.settle();
  expect(rows()).toContain('4.1.1 one error stale');
  now += 1000;
  const { node, epoch, digest } = { node: 'one', epoch: '1', digest: store.nodes.get('one')?.digest ?? '' };
  store.log.touch({ node, epoch, sequence: 2n, digest, receivedAt: new Date(now).toISOString() });
  await judging.settle();
  expect(rows()).toContain('4.1.1 one pass as-expected');
  expect(rows(start + 180_001)).toContain('4.1.1 one error stale');
});

test('a deleted node leaves the present and stays in the past', async () => {
  await begin();
  list('one');
  await judging.settle();
  now += 1000;
  store.nodes.patch('one', { listed: false, deletedAt: now });
  judging.node('one');
  await judging.settle();
  expect(rows().some((row) => row.includes('one'))).toBe(false);
  expect(rows(start + 500)).toContain('4.1.1 one error no-agent');
});

test('each kubelet has the document of its own minor; where none fits, the nearest, and it says so', async () => {
  await begin();
  for (const [name, kubeletVersion] of [
    ['old', 'v1.31.4'],
    ['new', 'v1.35.0'],
    ['far', 'v1.99.0'],
  ] as const) {
    list(name, { kubeletVersion });
    send(store, name, observations(), 0);
  }
  await judging.settle();
  const documents = ['old', 'new', 'far'].map((name) => store.nodes.get(name)?.documents?.node);
  expect(documents).toEqual([
    { benchmark: 'cis/kubernetes-1.9', match: 'exact' },
    { benchmark: 'cis/kubernetes-2.0', match: 'exact' },
    { benchmark: 'cis/kubernetes-2.0', match: 'nearest' },
  ]);
});

test('without any version the match says that it is unknown', async () => {
  await begin({ version: undefined } as never);
  send(store, 'one', observations(), 0);
  await judging.settle();
  expect(store.nodes.get('one')?.documents?.node.match).toBe('version-unknown');
});

test('law 1: verdicts are a cache', async () => {
  await begin();
  send(store, 'one', observations({ profiling: 'true', etcd: true, mode: '0644' }), 0);
  send(store, 'two', observations({ mode: '0640' }), 0);
  list('three');
  await judging.settle();
  const all = () => store.queries.withEvidence(store.queries.lines());
  const before = all();
  expect(before.length).toBeGreaterThan(8);
  store.dropVerdicts();
  expect(all()).toEqual([]);
  judging.all();
  await judging.settle();
  expect(all()).toEqual(before);
});

test('law: judge∘store = judge', async () => {
  await begin();
  const sent = observations({ profiling: 'true', etcd: true, mode: '0644' });
  send(store, 'one', sent, 0);
  await judging.settle();
  const versions = { kubelet: 'v1.34.1', controlPlane: 'v1.34.1' };
  const direct = judgeNode({
    pack,
    view: nodeView('one', sent),
    versions,
    documents: chooseDocuments(pack, versions),
    labels: [],
    now: new Date(now).toISOString(),
  });
  const id = store.nodes.get('one')?.id ?? -1;
  const facts = store.queries.observations(id);
  const stored = store.queries.withEvidence(store.queries.lines(), id).map((found) => {
    const { node: _, match: __, since: ___, until: ____, ...finding } = found;
    return { ...finding, evidence: timed(finding.evidence, finding.subject, facts) };
  });
  const times = (list: typeof direct) =>
    list.map((one) => ({ ...one, evidence: timed(one.evidence, one.subject, sent) }));
  expect(stored).toEqual(times(direct));
});

test('nothing new writes nothing and says nothing; a change is one event with before and after', async () => {
  await begin();
  send(store, 'one', observations({ mode: '0600' }), 0);
  await judging.settle();
  changes.length = 0;
  judging.all();
  await judging.settle();
  expect(changes).toEqual([]);
  now += 1000;
  send(store, 'one', observations({ mode: '0644' }), 1, 2n);
  await judging.settle();
  expect(changes).toEqual([
    {
      node: 'one',
      benchmark: 'cis/kubernetes-2.0',
      number: '4.1.1',
      control: 'kubelet-mode',
      subject: 'kubelet@here',
      before: 'pass',
      after: 'fail',
    },
  ]);
});

test('nodes that are alike get the same verdicts, each its own evidence times', async () => {
  await begin();
  send(store, 'one', observations({ at: new Date(start).toISOString() }), 0);
  send(store, 'two', observations({ at: new Date(start + 5000).toISOString() }), 5);
  await judging.settle();
  const found = store.queries.withEvidence(store.queries.lines()).filter((one) => one.number === '4.1.1');
  const time = (node: string) => {
    const one = found.find((each) => each.node === node);
    const id = store.nodes.get(node)?.id ?? -1;
    return one && timed(one.evidence, one.subject, store.queries.observations(id))[0]?.observedAt;
  };
  expect([time('one'), time('two')]).toEqual(['2026-03-01T00:00:00.000Z', '2026-03-01T00:00:05.000Z']);
});
