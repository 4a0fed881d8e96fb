import type { Observation, VersionSource } from '@plumbline/core';
import { afterEach, expect, test } from 'vitest';
import { type Judging, startJudging } from '../../../aggregator/src/judging/judging.ts';
import { versionByManifests } from '../../../aggregator/src/judging/manifest-version.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { after, freshFile, observations, send, smallPack, start } from '../world.ts';

let store: Store;
let judging: Judging;
let now = start;
afterEach(() => {
  judging.stop();
  store.close();
});

async function begin(file: string, given?: string): Promise<void> {
  store = await openStore(file);
  const version = () => given ?? versionByManifests(store.nodes.all());
  const source = (): VersionSource => (given === undefined ? 'manifest' : 'given');
  judging = startJudging({
    store,
    pack: smallPack(),
    clock: () => now,
    controlPlaneVersion: version,
    versionSource: () => (version() === undefined ? undefined : source()),
    fallbackVersion: undefined,
    benchmark: undefined,
    interval: 60_000,
    changed: () => undefined,
    judged: () => undefined,
    failed: (error) => {
      throw error;
    },
  });
}

function controlPlane(tag: string): readonly Observation[] {
  const manifest = (value: object) => ({
    fact: 'manifest',
    subject: 'kube-apiserver@/etc/kubernetes/manifests/kube-apiserver.yaml',
    state: 'observed' as const,
    value: { path: '/etc/kubernetes/manifests/kube-apiserver.yaml', argv: [], ...value },
    observedAt: after(0),
  });
  return [...observations({ profiling: 'false' }), manifest({ image: `registry.k8s.io/kube-apiserver:${tag}` })];
}

/** Document and match of what a node is judged by. */
const by = (name: string) => {
  const documents = store.nodes.get(name)?.documents;
  return [documents?.controlPlane.benchmark, documents?.controlPlane.match, documents?.node.match];
};

test('where nobody tells the version, the manifests of one node decide for all, and for the cluster', async () => {
  now = start;
  await begin(freshFile());
  send(store, 'worker', observations(), 0);
  await judging.settle();
  expect(by('worker')).toEqual(['cis/kubernetes-2.0', 'version-unknown', 'version-unknown']);
  send(store, 'cp', controlPlane('v1.31.2'), 1);
  await judging.settle();
  for (const node of ['cp', 'worker']) expect(by(node)).toEqual(['cis/kubernetes-1.9', 'exact', 'exact']);
  const cluster = store.queries.withEvidence(store.queries.lines(), 0);
  expect(new Set(cluster.map((one) => `${one.benchmark} ${one.match}`))).toEqual(new Set(['cis/kubernetes-1.9 exact']));
});

test('in an upgrade each control plane node follows its own manifests; others are unsure until it is over', async () => {
  now = start;
  await begin(freshFile());
  send(store, 'cp-1', controlPlane('v1.33.0'), 0);
  send(store, 'cp-2', controlPlane('v1.33.0'), 0);
  send(store, 'worker', observations(), 0);
  await judging.settle();
  send(store, 'cp-1', controlPlane('v1.34.0'), 1, 2n);
  await judging.settle();
  expect([by('cp-1')[0], by('cp-2')[0]]).toEqual(['cis/kubernetes-2.0', 'cis/kubernetes-1.9']);
  expect(by('worker')[1]).toBe('version-unknown');
  send(store, 'cp-2', controlPlane('v1.34.1'), 2, 2n);
  await judging.settle();
  expect(by('worker')).toEqual(['cis/kubernetes-2.0', 'exact', 'exact']);
});

test('a silent control plane node still tells the version, also after a restart; a given version is heard first', async () => {
  now = start;
  const file = freshFile();
  await begin(file);
  send(store, 'cp', controlPlane('v1.31.2'), 0);
  await judging.settle();
  now = start + 10 * 60_000;
  await judging.settle();
  expect(by('cp')).toEqual(['cis/kubernetes-1.9', 'exact', 'exact']);
  judging.stop();
  store.close();
  await begin(file);
  expect(versionByManifests(store.nodes.all())).toBe('1.31.2');
  judging.stop();
  store.close();
  await begin(file, '1.35');
  send(store, 'cp', controlPlane('v1.31.3'), 700, 2n);
  await judging.settle();
  expect(by('cp')).toEqual(['cis/kubernetes-2.0', 'exact', 'exact']);
});
