import { dumpedCluster, dumpedResources, type JsonObject, projectDump } from '@plumbline/core';
import { expect, test } from 'vitest';

const metadata = (name: string, namespace?: string) => ({ name, ...(namespace ? { namespace } : {}) });
const pod = (name: string, owner?: string): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    ...metadata(name, 'app'),
    ...(owner ? { ownerReferences: [{ kind: 'StatefulSet', name: owner, controller: true }] } : {}),
  },
  spec: { containers: [{ name: 'a', image: 'a' }] },
});
const template = (kind: string, name: string, owned = false): JsonObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { ...metadata(name, 'app'), ...(owned ? { ownerReferences: [{ controller: true }] } : {}) },
  spec: { replicas: 2, template: { spec: { containers: [{ name: 'a', image: 'a' }] } } },
});

test('namespaces that are only mentioned exist, and are told apart', () => {
  const dump = projectDump([
    { apiVersion: 'v1', kind: 'Namespace', metadata: metadata('app') },
    pod('one'),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('robot') },
  ]);
  expect(dump.objects.get('namespaces')?.map((one) => one.name)).toEqual(['app', 'default']);
  expect([...dump.mentioned]).toEqual(['default']);
  expect([...dumpedResources(dump)].sort()).toEqual(['namespaces', 'pods', 'serviceaccounts']);
  expect(dumpedResources(projectDump([pod('one')])).has('namespaces')).toBe(false);
});

test('lists are taken apart, however the server wrote them', () => {
  const dump = projectDump([
    {
      apiVersion: 'v1',
      kind: 'List',
      items: [pod('one'), 5, { apiVersion: 'v1', kind: 'PodList', items: [pod('two')] }],
    },
    { apiVersion: 'v1', kind: 'ServiceAccountList', items: [{ metadata: metadata('robot', 'app') }, null] },
  ]);
  expect(dump.workloads.map((one) => one.owner.name)).toEqual(['one', 'two']);
  expect(dump.objects.get('serviceaccounts')?.map((one) => one.name)).toEqual(['robot']);
});

test('a list in lists without an end is left where it is', () => {
  let deep: JsonObject = pod('one');
  for (let depth = 0; depth < 50; depth++) deep = { apiVersion: 'v1', kind: 'List', items: [deep] };
  expect(projectDump([deep]).workloads).toEqual([]);
});

test('what a controller made counts once: as its pods where they run, else as the template of the topmost', () => {
  const names = (list: readonly JsonObject[]) =>
    projectDump(list).workloads.map(({ owner, template: is }) => `${owner.kind} ${owner.name} ${is}`);
  expect(names([template('StatefulSet', 'db'), pod('db-0', 'db'), pod('db-1', 'db')])).toEqual([
    'StatefulSet db false',
  ]);
  expect(names([template('Deployment', 'web'), template('ReplicaSet', 'web-1', true)])).toEqual([
    'Deployment web true',
  ]);
});

test('kinds that no control reads and objects without a name are counted', () => {
  const dump = projectDump([
    { apiVersion: 'v1', kind: 'Service', metadata: metadata('a') },
    { apiVersion: 'v1', kind: 'Pod', metadata: {} },
    { apiVersion: 'v1', kind: 'ServiceAccount' },
  ]);
  expect([...dump.unread]).toEqual([
    ['Service', 1],
    ['', 2],
  ]);
});

test('the same object twice: the last counts', () => {
  const account = (mounts: boolean): JsonObject => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata('robot', 'app'),
    automountServiceAccountToken: mounts,
  });
  const { objects } = projectDump([account(true), account(false)]);
  expect(objects.get('serviceaccounts')?.map((one) => one.fields)).toEqual([{ automountServiceAccountToken: false }]);
});

test('what manifests never hold is not known; of a whole cluster it is known to be none', () => {
  const csr = 'certificatesigningrequests';
  const state = (scope: 'cluster' | 'manifests', name: string) =>
    dumpedCluster(projectDump([]), scope).states.get(name)?.state;
  expect([state('manifests', csr), state('cluster', csr)]).toEqual(['unconnected', 'synced']);
  expect([state('manifests', 'pods'), state('manifests', 'kyverno.io/policies')]).toEqual(['synced', 'absent']);
  expect(state('cluster', 'secrets/bootstrap-tokens')).toBe('unasked');
});
