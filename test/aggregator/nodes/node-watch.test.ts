import { resources } from '@plumbline/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pathsOf } from '../../../aggregator/src/cluster/paths.ts';
import { defaultOptions } from '../../../aggregator/src/config.ts';
import { type Following, followCluster, watchNotice } from '../../../aggregator/src/nodes/follow-cluster.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { type Raw, type StubCluster, stubCluster } from '../cluster/stub-cluster.ts';
import { freshFile } from '../world.ts';

const path = '/api/v1/nodes';
let stub: StubCluster;
let store: Store;
let following: Following;
let changed: string[];

const node = (name: string, nodeInfo: object = {}, labels: Record<string, string> = {}): Raw => ({
  metadata: { name, uid: `uid-${name}`, labels },
  spec: { providerID: `kind://${name}` },
  status: { nodeInfo },
});

async function follow(): Promise<void> {
  changed = [];
  following = followCluster({
    client: stub.client,
    store,
    clock: Date.now,
    options: defaultOptions,
    clusterNodes: { nodes: () => [], generation: () => 7 },
    nodeChanged: (name) => changed.push(name),
    versionChanged: () => undefined,
    restarted: () => undefined,
    failed: () => undefined,
  });
  await following.first;
}

beforeEach(async () => {
  stub = await stubCluster();
  store = await openStore(freshFile());
  for (const one of resources) if (one.presence === 'always') stub.serve(pathsOf(one)[0] ?? '');
  stub.serve(path, [
    node('one', { kubeletVersion: 'v1.34.4', operatingSystem: 'linux' }, { 'kubernetes.io/os': 'windows', b: '' }),
    node('two', {}, { 'kubernetes.io/os': 'windows' }),
    node('three'),
  ]);
});

afterEach(async () => {
  await following.stop();
  await stub.close();
  await store.close();
});

const soon = (check: () => void) => vi.waitFor(check, { timeout: 5000, interval: 10 });

test('nodes are kept with what the cluster says of them: the kubelet knows its system better than a label', async () => {
  await follow();
  const seen = store.nodes.all().map(({ name, os, kubeletVersion, listed }) => ({ name, os, kubeletVersion, listed }));
  expect(seen).toEqual([
    { name: 'one', os: 'linux', kubeletVersion: 'v1.34.4', listed: true },
    { name: 'two', os: 'windows', kubeletVersion: null, listed: true },
    { name: 'three', os: null, kubeletVersion: null, listed: true },
  ]);
  expect(store.nodes.get('one')?.labels).toEqual(['b', 'kubernetes.io/os']);
  expect(following.cluster.view.state('nodes')).toEqual({ state: 'synced' });
  expect(following.cluster.view.generation('nodes')).toBe(7);
});

test('a node that goes is kept as deleted; one that changes nothing that is read is not told', async () => {
  await follow();
  changed.length = 0;
  stub.put(path, { ...node('three'), status: { nodeInfo: {}, conditions: [{ type: 'Ready' }] } });
  stub.drop(path, 'one');
  await soon(() => expect(store.nodes.get('one')).toMatchObject({ listed: false, deletedAt: expect.any(Number) }));
  expect(changed.filter((name) => name === 'one')).toEqual(['one']);
  expect(following.reports().find((one) => one.resource === 'nodes')?.objects).toBe(2);
});

test('a node that went while nobody watched is missed in the next list', async () => {
  store.nodes.ensure('gone', 1);
  store.nodes.patch('gone', { listed: true });
  await follow();
  expect(store.nodes.get('gone')?.listed).toBe(false);
  expect(changed).toContain('gone');
});

test('a list of nodes that is refused says so, and every other resource has its own word', async () => {
  stub.refuse(path, 403);
  void follow();
  await soon(() => expect(following.cluster.view.state('nodes').state).toBe('denied'));
  await soon(() => expect(watchNotice(following.reports())).toBe(`nodes denied (${path} answered 403)`));
  const [nodes] = following.reports();
  expect(nodes).toMatchObject({ resource: 'nodes', objects: 0, lastEventAt: null });
});
