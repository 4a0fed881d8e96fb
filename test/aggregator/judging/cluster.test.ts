import { chooseDocuments, clusterJudge, type Finding, type JsonObject, judgeCluster, type Pack } from '@plumbline/core';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { type Judging, startJudging } from '../../../aggregator/src/judging/judging.ts';
import { lineVerdicts } from '../../../aggregator/src/judging/line-verdicts.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import type { VerdictChange } from '../../../aggregator/src/store/verdict-table.ts';
import { shippedPack } from '../../pack.ts';
import { freshFile, start } from '../world.ts';
import {
  account,
  binding,
  type ChangingCluster,
  changingCluster,
  clusterBinding,
  clusterRole,
  namespace,
  pod,
  windowsPod,
} from './changing-cluster.ts';

const version = 'v1.34.1';
const exclude = ['left-out*'];
let store: Store;
let judging: Judging;
let cluster: ChangingCluster;
let now: number;
let changes: VerdictChange[];

function begin(file: Store, options: { readonly pack?: Pack; readonly failed?: (error: unknown) => void } = {}): void {
  store = file;
  now = Math.max(now ?? 0, start);
  changes = [];
  judging = startJudging({
    store,
    pack: options.pack ?? shippedPack(),
    clock: () => now,
    controlPlaneVersion: () => version,
    fallbackVersion: undefined,
    benchmark: undefined,
    interval: 60_000,
    excludeNamespaces: exclude,
    changed: (list) => changes.push(...list),
    judged: () => undefined,
    failed:
      options.failed ??
      ((error) => {
        throw error;
      }),
  });
  judging.look(cluster);
}

afterEach(() => {
  judging.stop();
  store.close();
});

type Told = Pick<Finding, 'number' | 'subject' | 'status' | 'reason' | 'message' | 'evidence'>;

const told = ({ number, subject, status, reason, message, evidence }: Told) =>
  JSON.stringify([number, subject, status, reason, message, evidence]);

function stored(): readonly string[] {
  return store.queries
    .withEvidence(store.queries.lines(), 0)
    .filter((one) => /^[35]\./.test(one.number))
    .map(told)
    .sort();
}

function fromScratch(): readonly string[] {
  const choice = chooseDocuments(shippedPack(), { controlPlane: version }).controlPlane;
  const input = { pack: shippedPack(), choice, view: cluster.snapshot(), version, exclude };
  return judgeCluster({ ...input, now: new Date(now).toISOString() })
    .map(told)
    .sort();
}

async function step(act: () => void): Promise<void> {
  now += 1000;
  act();
  await judging.settle();
}

const spaces = ['default', 'kube-system', 'app', 'team', 'left-out-1'];
const object: fc.Arbitrary<JsonObject> = fc
  .tuple(fc.constantFrom(...spaces), fc.constantFrom('a', 'b'), fc.boolean(), fc.integer({ min: 0, max: 6 }))
  .map(([space, name, flag, kind]) => {
    if (kind === 0) return namespace(space, flag ? { 'pod-security.kubernetes.io/enforce': 'restricted' } : {});
    if (kind === 1) return pod(space, name, flag);
    if (kind === 4) return windowsPod(space, name);
    if (kind === 5) return binding(space, name, 'reader', flag ? 'team' : 'app');
    if (kind === 6) return clusterRole('reader');
    return kind === 2 ? account(space, name, flag) : clusterBinding(name, flag ? 'cluster-admin' : 'view', space);
  });
const change = fc.oneof(
  { weight: 6, arbitrary: object.map((one) => ({ what: 'put', one }) as const) },
  { weight: 3, arbitrary: object.map((one) => ({ what: 'remove', one }) as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('state' as const),
      resource: fc.constantFrom('pods', 'namespaces', 'clusterrolebindings'),
      state: fc.constantFrom('denied' as const, 'stale' as const, 'synced' as const),
    }),
  },
);

test('law: judging what changed gives what judging from scratch gives, whatever the order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (list) => {
      cluster = changingCluster();
      cluster.sync();
      begin(await openStore(':memory:'));
      for (const one of list) {
        await step(() => {
          if (one.what === 'state') cluster.state(one.resource, one.state);
          else cluster[one.what](one.one);
        });
        expect(stored()).toEqual(fromScratch());
      }
      judging.stop();
      store.close();
    }),
    { numRuns: 15 },
  );
  begin(await openStore(':memory:'));
}, 60_000);

test('law: what lies in one namespace and bears on another has that one judged again', async () => {
  cluster = changingCluster();
  cluster.sync();
  for (const one of [namespace('app'), namespace('team'), clusterRole('reader')]) cluster.put(one);
  begin(await openStore(':memory:'));
  await judging.settle();
  const rights = binding('app', 'lent', 'reader', 'team');
  const changed = [() => cluster.put(rights), () => cluster.put(windowsPod('app', 'a')), () => cluster.remove(rights)];
  for (const one of changed) {
    await step(one);
    expect(stored()).toEqual(fromScratch());
  }
});

test('who stops in the middle of a line writes nothing into a store that is closed', async () => {
  cluster = changingCluster();
  cluster.put(namespace('app'));
  begin(await openStore(':memory:'));
  const closed = await openStore(':memory:');
  closed.close();
  const choice = chooseDocuments(shippedPack(), { controlPlane: version }).controlPlane;
  const input = { pack: shippedPack(), choice, view: cluster.snapshot(), version, now: new Date(now).toISOString() };
  const judge = clusterJudge(() => input);
  const lines = lineVerdicts({
    ...{ store: closed, pack: shippedPack(), choice, judge, clock: () => now, stopped: () => true },
    namespaces: () => ['app'],
    hasNamespace: () => true,
    changed: (list) => changes.push(...list),
    failed(error) {
      throw error;
    },
  });
  for (const line of judge.entries) await lines.whole(line, async () => true);
  expect(changes).toEqual([]);
});

test('law 1: verdicts of the cluster are a cache too', async () => {
  cluster = changingCluster();
  cluster.sync();
  for (const one of [namespace('default'), namespace('app'), pod('app', 'a', true)]) cluster.put(one);
  begin(await openStore(freshFile()));
  await judging.settle();
  const before = stored();
  expect(before.length).toBeGreaterThan(30);
  store.dropVerdicts();
  expect(stored()).toEqual([]);
  judging.all();
  await judging.settle();
  expect(stored()).toEqual(before);
});

test('only what may have changed is written, and a namespace that is gone loses its findings', async () => {
  cluster = changingCluster();
  cluster.sync();
  for (const name of ['default', 'app', 'team']) cluster.put(namespace(name));
  begin(await openStore(freshFile()));
  await judging.settle();
  const { lines } = { lines: store.queries.lines() };
  const since = () =>
    new Map(store.queries.withEvidence(lines, 0).map((one) => [`${one.number} ${one.subject}`, one.since]));
  const before = since();
  changes.length = 0;
  await step(() => cluster.put(pod('app', 'a', true)));
  expect(changes.map((one) => one.subject)).toContain('namespace/app');
  expect(changes.every((one) => !one.subject.includes('team'))).toBe(true);
  for (const [key, at] of since()) if (key.endsWith('/team')) expect(at).toBe(before.get(key));
  await step(() => cluster.remove(namespace('team')));
  expect([...since().keys()].filter((key) => key.endsWith('/team'))).toEqual([]);
  expect(store.queries.withEvidence(lines, 0, now - 1).some((one) => one.subject === 'namespace/team')).toBe(true);
});

test('an excluded namespace has no finding and is in none', async () => {
  cluster = changingCluster();
  cluster.sync();
  for (const name of ['default', 'left-out-1']) cluster.put(namespace(name));
  cluster.put(pod('left-out-1', 'a', true));
  begin(await openStore(freshFile()));
  await judging.settle();
  expect(stored().filter((one) => one.includes('left-out'))).toEqual([]);
});

test('nothing is judged before the cluster is known; a restart changes no verdict', async () => {
  const file = freshFile();
  cluster = changingCluster();
  cluster.put(namespace('default'));
  begin(await openStore(file));
  const early = judging.settle();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(stored()).toEqual([]);
  expect(judging.caughtUp()).toBe(false);
  cluster.sync();
  await early;
  expect(judging.caughtUp()).toBe(true);
  const before = store.queries.withEvidence(store.queries.lines(), 0);
  judging.stop();
  store.close();
  now += 60_000;
  begin(await openStore(file));
  await judging.settle();
  expect(changes).toEqual([]);
  expect(store.queries.withEvidence(store.queries.lines(), 0)).toEqual(before);
});

test('a line that is denied has one finding, and all of them again afterwards', async () => {
  cluster = changingCluster();
  cluster.sync();
  for (const name of ['default', 'app']) cluster.put(namespace(name));
  begin(await openStore(freshFile()));
  await judging.settle();
  const before = stored();
  await step(() => cluster.state('pods', 'denied'));
  const denied = stored().filter((one) => one.includes('rbac-denied'));
  expect(denied.length).toBeGreaterThan(5);
  expect(denied.every((one) => one.includes('"cluster","error"'))).toBe(true);
  expect(stored().some((one) => /"5\.2\.2","namespace/.test(one))).toBe(false);
  await step(() => cluster.state('pods', 'synced'));
  expect(stored()).toEqual(before);
});

test('a survey that throws costs its own findings, and no old pass stays', async () => {
  cluster = changingCluster();
  cluster.sync();
  cluster.put(namespace('default'));
  const failures: unknown[] = [];
  begin(await openStore(freshFile()), { failed: (error) => failures.push(error) });
  await judging.settle();
  const workloads = cluster.view.workloads;
  Object.assign(cluster.view, {
    workloads: () => {
      throw new Error('judging breaks');
    },
  });
  await step(() => cluster.put(pod('default', 'a', false)));
  expect(failures.length).toBeGreaterThan(0);
  expect(stored().filter((one) => one.includes('judging-failed')).length).toBeGreaterThan(0);
  expect(stored().some((one) => one.includes('"pass"'))).toBe(true);
  Object.assign(cluster.view, { workloads });
  await step(() => cluster.put(pod('default', 'a', true)));
  expect(stored()).toEqual(fromScratch());
});

test('changes that nobody waits for are judged too, each within a second', async () => {
  cluster = changingCluster();
  cluster.sync();
  cluster.put(namespace('app'));
  begin(await openStore(freshFile()));
  await judging.settle();
  for (const privileged of [true, false, true]) {
    now += 1000;
    cluster.put(pod('app', 'a', privileged));
    await vi.waitFor(() => expect(stored()).toEqual(fromScratch()), { timeout: 3000, interval: 50 });
  }
});

/** What the journal tells, after an entry. */
function toldAfter(id: number): readonly string[] {
  return store.journal
    .after(id, 1000, ['verdict'])
    .flatMap((one) =>
      one.kind === 'verdict'
        ? [`${one.cause} ${one.number} ${one.subject} ${one.before?.status ?? '-'} ${one.after?.status ?? '-'}`]
        : [],
    )
    .sort();
}

test('the journal tells what appears on a cluster that was judged, and nothing of what was there first', async () => {
  cluster = changingCluster();
  cluster.sync();
  const admin = { ...clusterRole('cluster-admin'), rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] };
  for (const one of [namespace('app'), pod('app', 'a', true), admin]) cluster.put(one);
  begin(await openStore(':memory:'));
  await judging.settle();
  expect(toldAfter(0)).toEqual([]);
  await step(() => cluster.put(clusterBinding('new', 'cluster-admin', 'jane')));
  expect(toldAfter(0)).toContain('observed 5.1.1 clusterrolebinding/new - fail');
  const last = store.journal.last();
  await step(() => cluster.remove(clusterBinding('new', 'cluster-admin', 'jane')));
  expect(toldAfter(last)).toContain('observed 5.1.1 clusterrolebinding/new fail -');
});

test('the journal tells a denied line once, its return once, and only what changed in between', async () => {
  cluster = changingCluster();
  cluster.sync();
  for (const one of [namespace('app'), namespace('team'), pod('app', 'a', true)]) cluster.put(one);
  begin(await openStore(':memory:'));
  await judging.settle();
  const privileged = (list: readonly string[]) => list.filter((one) => one.includes(' 5.2.2 '));
  await step(() => cluster.state('pods', 'denied'));
  expect(privileged(toldAfter(0))).toEqual(['silence 5.2.2 cluster - error']);
  const denied = store.journal.last();
  await step(() => cluster.put(pod('team', 'a', true)));
  await step(() => cluster.state('pods', 'synced'));
  expect(privileged(toldAfter(denied))).toEqual([
    'observed 5.2.2 namespace/team warn fail',
    'silence 5.2.2 cluster error -',
  ]);
  const back = store.journal.last();
  await step(() => cluster.put(pod('team', 'b', true)));
  expect(privileged(toldAfter(back)).every((one) => one.startsWith('observed 5.2.2 namespace/team fail'))).toBe(true);
});
