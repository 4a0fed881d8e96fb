import { type ClusterView, resources } from '@plumbline/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type LiveCluster, startLiveCluster } from '../../../aggregator/src/cluster/live-cluster.ts';
import { pathsOf } from '../../../aggregator/src/cluster/paths.ts';
import { type Recorder, startRecorder } from '../../../aggregator/src/cluster/recorder.ts';
import { knowServer, type Server } from '../../../aggregator/src/cluster/server.ts';
import { turns } from '../../../aggregator/src/judging/turns.ts';
import { clusterAt } from '../../../aggregator/src/past/cluster-at.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { type Raw, type StubCluster, stubCluster } from '../cluster/stub-cluster.ts';
import { freshFile } from '../world.ts';

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const policies = '/apis/kyverno.io/v1/clusterpolicies';
const pods = '/api/v1/pods';
const accounts = '/api/v1/serviceaccounts';
let stub: StubCluster;
let server: Server;
let cluster: LiveCluster;
let recorder: Recorder;
let store: Store;
let file: string;
let failures: unknown[];

function pod(name: string, image = 'web:1', kind = 'StatefulSet'): Raw {
  const ownerReferences = [{ controller: true, kind, name: 'web' }];
  return {
    metadata: { name, namespace: 'app', labels: { app: 'web' }, ownerReferences },
    spec: { containers: [{ name: 'web', image, env: [{ name: 'TOKEN', value: 'never-to-be-kept' }] }] },
    status: { phase: 'Running' },
  };
}

async function follow(): Promise<void> {
  failures = [];
  server = knowServer({
    client: stub.client,
    clock: Date.now,
    versionChanged: () => undefined,
    failed: () => undefined,
  });
  recorder = startRecorder({ sink: store.objects, clock: Date.now, failed: (error) => failures.push(error) });
  cluster = startLiveCluster({
    ...{ client: stub.client, server, recorder, nodes: () => [], nodeGeneration: () => 0, clock: Date.now },
    ...{ nodeState: () => ({ state: 'synced' }) as const, exclude: [], watchSecrets: false, random: () => 0 },
    timing: { renewal: 300_000, silence: 150_000, initialSilence: 30_000, doubt: 300 },
    restarted: () => undefined,
  });
  await cluster.synced;
  await recorder.stored();
}

async function leave(): Promise<void> {
  recorder.stop();
  await cluster.stop();
  await server.stop();
}

beforeEach(async () => {
  file = freshFile();
  store = await openStore(file);
  stub = await stubCluster();
  for (const one of resources)
    if (one.presence === 'always' || one.presence === 'where-served') stub.serve(pathsOf(one)[0] ?? '');
  stub.serve('/api/v1/namespaces', [{ metadata: { name: 'app', labels: { team: 'a' } } }]);
  stub.serve(accounts, [
    { metadata: { name: 'robot', namespace: 'app', uid: 'u' }, automountServiceAccountToken: false },
  ]);
  stub.serve(pods, [pod('web-0'), pod('web-1', 'web:2'), pod('other', 'x:1', 'DaemonSet')]);
  stub.serve(crds, [{ metadata: { name: 'clusterpolicies.kyverno.io' } }]);
  stub.serve(policies, [{ metadata: { name: 'restrict' }, kind: 'ClusterPolicy', spec: { rules: [{ name: 'a' }] } }]);
});

afterEach(async () => {
  await leave();
  await stub.close();
  store.close();
});

/** Everything that a view says, for comparison. */
function said(view: ClusterView) {
  const names = resources.map((one) => one.name);
  return names.map((name) => ({
    name,
    state: view.state(name),
    objects: name === 'pods' ? view.workloads('app') : view.all(name),
  }));
}
const at = async (moment: number) => said((await clusterAt(store.past, moment, [], turns())).view);
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 8000, interval: 20 });
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('law: the stored cluster of an instant is what the view showed then', async () => {
  await follow();
  const moments = [{ at: Date.now(), live: said(cluster.view) }];
  const changes = [
    () => stub.put(accounts, { metadata: { name: 'robot', namespace: 'app', uid: 'u' } }),
    () => stub.put(pods, pod('web-0', 'web:2')),
    () => stub.put(policies, { metadata: { name: 'restrict' }, kind: 'ClusterPolicy', spec: { rules: [] } }),
    () => stub.drop(pods, 'other', 'app'),
    () => stub.put('/api/v1/namespaces', { metadata: { name: 'new' } }),
    () => stub.drop(accounts, 'robot', 'app'),
    () => stub.drop(crds, 'clusterpolicies.kyverno.io'),
  ];
  for (const change of changes) {
    const before = JSON.stringify(said(cluster.view));
    change();
    await soon(() => expect(JSON.stringify(said(cluster.view))).not.toBe(before));
    await wait(20);
    await recorder.stored();
    moments.push({ at: Date.now(), live: said(cluster.view) });
    await wait(5);
  }
  for (const { at: moment, live } of moments) expect(await at(moment)).toEqual(live);
  const [earlier] = moments;
  expect(JSON.stringify(earlier?.live)).toContain('web:1');
  expect(JSON.stringify([...store.past.objects(Date.now())])).not.toContain('never-to-be-kept');
});

test('pods that start and stop write nothing while their workload is the same', async () => {
  await follow();
  store.checkpoint();
  for (let index = 2; index < 8; index++) stub.put(pods, pod(`web-${index}`));
  stub.drop(pods, 'web-0', 'app');
  await soon(() => expect(cluster.states().get('pods')?.objects).toBe(8));
  await wait(150);
  expect(store.size().wal).toBe(0);
});

test('an orderly end is no end of what the cluster shows, and a restart writes only differences', async () => {
  await follow();
  const before = said(cluster.view);
  stub.put(accounts, { metadata: { name: 'last', namespace: 'app' } });
  await soon(() => expect(cluster.view.get('serviceaccounts', 'app', 'last')).toBeDefined());
  await leave();
  const ended = Date.now();
  expect((await at(ended)).find((one) => one.name === 'serviceaccounts')?.objects.length).toBe(2);
  stub.drop(accounts, 'last', 'app');
  store.close();
  store = await openStore(file);
  await follow();
  expect(await at(Date.now())).toEqual(before);
  expect((await at(ended)).find((one) => one.name === 'serviceaccounts')?.objects.length).toBe(2);
});

test('a disk that refuses stops neither the watch nor the next try', async () => {
  await follow();
  const { flush } = store.objects;
  let refused = 0;
  store.objects.flush = () => {
    refused++;
    throw new Error('disk full');
  };
  stub.put(accounts, { metadata: { name: 'late', namespace: 'app' } });
  await soon(() => expect(refused).toBeGreaterThan(0));
  await expect(recorder.stored()).rejects.toThrow('disk full');
  stub.put(accounts, { metadata: { name: 'later', namespace: 'app' } });
  await soon(() => expect(cluster.view.all('serviceaccounts').length).toBe(3));
  expect(failures.length).toBe(1);
  store.objects.flush = flush;
  const found = async () => (await at(Date.now())).find((one) => one.name === 'serviceaccounts')?.objects.length;
  await soon(async () => expect(await found()).toBe(3));
});
