import { resources } from '@plumbline/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  type ClusterChange,
  type LiveCluster,
  type LiveClusterParts,
  startLiveCluster,
} from '../../../aggregator/src/cluster/live-cluster.ts';
import { pathsOf } from '../../../aggregator/src/cluster/paths.ts';
import { knowServer, type Server } from '../../../aggregator/src/cluster/server.ts';
import { type Raw, type StubCluster, stubCluster } from './stub-cluster.ts';

let stub: StubCluster;
let server: Server;
let cluster: LiveCluster;
let changes: ClusterChange[];

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const policies = '/apis/kyverno.io/v1/clusterpolicies';
const pods = '/api/v1/pods';
const plain = resources.filter((one) => one.presence === 'always' || one.presence === 'where-served');

const named = (name: string, more: object = {}): Raw => ({ metadata: { name }, ...more });
const inside = (namespace: string, name: string, more: object = {}): Raw => ({
  metadata: { name, namespace },
  ...more,
});

function pod(name: string, { namespace = 'app', privileged = false, phase = 'Running' } = {}): Raw {
  const metadata = {
    name,
    namespace,
    uid: `uid-${name}`,
    labels: { app: 'web', 'pod-template-hash': 'abc12' },
    ownerReferences: [{ controller: true, kind: 'ReplicaSet', name: 'web-abc12' }],
  };
  return {
    metadata,
    spec: { containers: [{ name: 'web', image: 'web:1', securityContext: { privileged } }] },
    status: { phase },
  };
}

async function start(more: Partial<LiveClusterParts> = {}): Promise<void> {
  const { client } = stub;
  changes = [];
  server = knowServer({ client, clock: Date.now, versionChanged: () => undefined, failed: () => undefined });
  cluster = startLiveCluster({
    client,
    server,
    nodes: () => [],
    nodeGeneration: () => 7,
    nodeState: () => ({ state: 'synced' }),
    exclude: [],
    watchSecrets: false,
    timing: { renewal: 300_000, silence: 150_000, initialSilence: 30_000, doubt: 300 },
    clock: Date.now,
    random: () => 0,
    restarted: () => undefined,
    ...more,
  });
  await cluster.synced;
  cluster.onChange((change) => changes.push(change));
}

beforeEach(async () => {
  stub = await stubCluster();
  for (const resource of plain) stub.serve(pathsOf(resource)[0] ?? '');
});

afterEach(async () => {
  await cluster.stop();
  await server.stop();
  await stub.close();
});

const state = (name: string) => cluster.view.state(name).state;
const soon = (check: () => void) => vi.waitFor(check, { timeout: 8000, interval: 10 });

test('one watch for each resource that is served, and nothing else', async () => {
  await start();
  expect(Object.fromEntries([...cluster.states()].map(([name, one]) => [name, one.state.state]))).toEqual(
    Object.fromEntries(
      [...resources, { name: 'constraints.gatekeeper.sh/*', presence: 'crd' }].map(({ name, presence }) => [
        name,
        { always: 'synced', 'where-served': 'synced', crd: 'absent', 'opt-in': 'unasked' }[presence],
      ]),
    ),
  );
  expect(stub.came.map((one) => `${one.kind} ${one.path}`).sort()).toEqual(
    ['get /version', ...plain.map((one) => `initial ${pathsOf(one)[0]}`)].sort(),
  );
  expect(stub.came.find((one) => one.path === crds)?.accept).toBe(
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  );
  expect(cluster.states().get('pods')?.requests).toBe(1);
});

test('a server without watch-list is asked in pages, then watched', async () => {
  await stub.close();
  stub = await stubCluster({ watchList: false });
  for (const resource of plain) stub.serve(pathsOf(resource)[0] ?? '');
  stub.serve(
    pods,
    Array.from({ length: 1201 }, (_, index) => pod(`web-${index}`)),
  );
  await start();
  expect(cluster.view.workloads('app').length).toBe(1);
  expect(cluster.states().get('pods')?.objects).toBe(1201);
  const asked = () => stub.came.filter((one) => one.path === pods).map((one) => one.kind);
  await soon(() => expect(asked()).toEqual(['initial', 'list', 'list', 'list', 'watch']));
});

test('pods are workloads, and only what changes one is told', async () => {
  stub.serve(pods, [pod('web-1'), pod('web-2'), pod('done', { phase: 'Succeeded' })]);
  await start();
  const shown = () => cluster.view.workloads('app').map((one) => `${one.owner.kind} ${one.owner.name}`);
  const count = () => cluster.states().get('pods')?.objects;
  expect([...shown(), count()]).toEqual(['Deployment web', 2]);
  stub.put(pods, { ...pod('web-1'), status: { phase: 'Running', message: 'news that nobody reads' } });
  stub.put(pods, pod('web-3'));
  await soon(() => expect([...shown(), count()]).toEqual(['Deployment web', 3]));
  expect(changes).toEqual([]);
  stub.put(pods, pod('web-3', { privileged: true }));
  await soon(() => expect(shown()).toEqual(['Deployment web', 'Deployment web']));
  stub.put(pods, pod('web-3', { privileged: true, phase: 'Failed' }));
  stub.drop(pods, 'web-3', 'app');
  stub.drop(pods, 'web-1', 'app');
  stub.drop(pods, 'web-2', 'app');
  await soon(() => expect(shown()).toEqual([]));
  expect(cluster.states().get('pods')?.objects).toBe(0);
  expect(changes).toEqual(Array.from({ length: 3 }, () => ({ resource: 'pods', namespace: 'app' })));
});

test('changes name the namespace, its own object included', async () => {
  stub.serve('/api/v1/namespaces', [named('app')]);
  await start();
  stub.put('/api/v1/namespaces', { metadata: { name: 'app', labels: { a: 'b' } } });
  stub.put('/api/v1/namespaces', { metadata: { name: 'app', labels: { a: 'b' } }, status: { phase: 'Active' } });
  stub.put('/api/v1/serviceaccounts', inside('app', 'robot'));
  stub.put('/apis/rbac.authorization.k8s.io/v1/clusterroles', named('reader', { rules: [] }));
  await soon(() => expect(changes.length).toBe(3));
  expect([...changes].sort((a, b) => a.resource.localeCompare(b.resource))).toEqual([
    { resource: 'clusterroles', namespace: null },
    { resource: 'namespaces', namespace: 'app' },
    { resource: 'serviceaccounts', namespace: 'app' },
  ]);
  expect(cluster.view.within('serviceaccounts', 'app').map((one) => one.name)).toEqual(['robot']);
  expect(cluster.view.get('serviceaccounts', 'app', 'robot')?.kind).toBe('ServiceAccount');
  expect(cluster.view.generation('serviceaccounts')).toBeGreaterThan(0);
  expect(cluster.view.generation('nodes')).toBe(7);
});

test('excluded namespaces stop at the door, what names them from outside does not', async () => {
  stub.serve(pods, [pod('a', { namespace: 'sandbox-1' }), pod('b')]);
  stub.serve('/api/v1/serviceaccounts', [inside('sandbox-1', 'x'), inside('app', 'x')]);
  stub.serve('/api/v1/namespaces', [named('sandbox-1'), named('app')]);
  await start({ exclude: ['sandbox-*'] });
  expect(cluster.view.workloads('sandbox-1')).toEqual([]);
  expect(cluster.view.all('serviceaccounts').map((one) => one.namespace)).toEqual(['app']);
  expect(cluster.view.all('namespaces').length).toBe(2);
});

test('what an excluded namespace lets into others is kept', async () => {
  stub.serve(crds, [named('policyexceptions.kyverno.io')]);
  stub.serve('/apis/kyverno.io/v2/policyexceptions', [inside('sandbox-1', 'all')]);
  stub.serve('/apis/rbac.authorization.k8s.io/v1/rolebindings', [inside('sandbox-1', 'x')]);
  await start({ exclude: ['sandbox-*'] });
  await soon(() => expect(state('kyverno.io/policyexceptions')).toBe('synced'));
  expect(cluster.view.all('kyverno.io/policyexceptions').map((one) => one.name)).toEqual(['all']);
  expect(cluster.view.all('rolebindings')).toEqual([]);
});

test('a CRD that appears is watched, one that goes takes its objects along', async () => {
  stub.serve(crds, [named('things.example.org')]);
  await start();
  stub.put(crds, named('clusterpolicies.kyverno.io'));
  // Announced, and not served yet.
  await soon(() => expect(state('kyverno.io/clusterpolicies')).toBe('unsynced'));
  stub.serve(policies, [named('strict', { kind: 'ClusterPolicy', spec: { rules: [] } })]);
  await soon(() => expect(state('kyverno.io/clusterpolicies')).toBe('synced'));
  expect(cluster.view.all('kyverno.io/clusterpolicies')).toMatchObject([
    { name: 'strict', fields: { spec: { rules: [] } } },
  ]);
  expect(state('kyverno.io/policies')).toBe('absent');
  changes.length = 0;
  stub.remove(policies);
  stub.drop(crds, 'clusterpolicies.kyverno.io');
  await soon(() => expect(state('kyverno.io/clusterpolicies')).toBe('absent'));
  expect(cluster.view.all('kyverno.io/clusterpolicies')).toEqual([]);
  expect(changes.map((one) => one.resource)).toContain('kyverno.io/clusterpolicies');
});

test('a CRD that serves another version than the best is asked in that', async () => {
  stub.serve(crds, [named('externalsecrets.external-secrets.io')]);
  stub.serve('/apis/external-secrets.io/v1beta1/externalsecrets', [inside('app', 'one')]);
  await start();
  expect(cluster.view.within('external-secrets.io/externalsecrets', 'app').length).toBe(1);
  expect(state('external-secrets.io/externalsecrets')).toBe('synced');
});

test('constraints of every kind are one resource, each with its own kind', async () => {
  const at = (plural: string) => `/apis/constraints.gatekeeper.sh/v1beta1/${plural}`;
  stub.serve(crds, [
    named('k8spspprivilegedcontainer.constraints.gatekeeper.sh'),
    named('../x.constraints.gatekeeper.sh'),
  ]);
  stub.serve(at('k8spspprivilegedcontainer'), [named('all', { kind: 'K8sPSPPrivilegedContainer', spec: { a: 1 } })]);
  stub.serve(at('k8spsphostnamespace'), [named('all', { kind: 'K8sPSPHostNamespace' })]);
  await start();
  const kinds = () => cluster.view.all('constraints.gatekeeper.sh/*').map((one) => one.kind);
  expect(kinds()).toEqual(['K8sPSPPrivilegedContainer']);
  stub.put(crds, named('k8spsphostnamespace.constraints.gatekeeper.sh'));
  await soon(() => expect(kinds()).toEqual(['K8sPSPHostNamespace', 'K8sPSPPrivilegedContainer']));
  stub.refuse(at('k8spspcapabilities'), 403);
  stub.put(crds, named('k8spspcapabilities.constraints.gatekeeper.sh'));
  await soon(() =>
    expect(cluster.view.state('constraints.gatekeeper.sh/*')).toEqual({
      state: 'denied',
      detail: `k8spspcapabilities.constraints.gatekeeper.sh: ${at('k8spspcapabilities')} answered 403`,
    }),
  );
  expect(stub.came.some((one) => one.path.includes('..'))).toBe(false);
});

test('a resource that is refused is denied, it alone, until it is granted', async () => {
  stub.refuse('/apis/networking.k8s.io/v1/networkpolicies', 403);
  await start();
  const lacking = () => [...cluster.states()].filter(([, one]) => one.state.state === 'denied').map(([name]) => name);
  expect(lacking()).toEqual(['networkpolicies']);
  expect(cluster.view.state('networkpolicies').detail).toBe('/apis/networking.k8s.io/v1/networkpolicies answered 403');
  stub.refuse('/apis/networking.k8s.io/v1/networkpolicies', undefined);
  await soon(() => expect(lacking()).toEqual([]));
  expect(changes).toContainEqual({ resource: 'networkpolicies', namespace: null });
});

test('a right that is taken away shows at the next renewal', async () => {
  await start({ timing: { renewal: 1000, silence: 150_000, initialSilence: 30_000, doubt: 300 } });
  stub.refuse('/api/v1/serviceaccounts', 403);
  await soon(() => expect(state('serviceaccounts')).toBe('denied'));
  expect(state('pods')).toBe('synced');
});

test('where CRDs are denied, nobody knows whether a resource of one exists', async () => {
  stub.refuse(crds, 403);
  await start();
  expect(cluster.view.state('kyverno.io/policies')).toEqual({
    state: 'denied',
    detail: `which CRDs exist is not known: ${crds} answered 403`,
  });
  expect(state('constraints.gatekeeper.sh/*')).toBe('denied');
});

test('a feature that is not served is absent', async () => {
  for (const path of ['validatingadmissionpolicies', 'validatingadmissionpolicybindings']) {
    stub.remove(`/apis/admissionregistration.k8s.io/v1/${path}`);
  }
  await start();
  expect(state('validatingadmissionpolicies')).toBe('absent');
  expect(stub.came.filter((one) => one.path.endsWith('/validatingadmissionpolicies')).map((one) => one.path)).toEqual([
    '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
    '/apis/admissionregistration.k8s.io/v1beta1/validatingadmissionpolicies',
  ]);
});

test('a server that does not serve what every server serves is not taken for an empty cluster', async () => {
  stub.remove(pods);
  stub.remove(crds);
  await start();
  expect(cluster.view.state('pods')).toEqual({ state: 'unsynced', detail: 'the API server does not serve pods' });
  expect(cluster.view.state('kyverno.io/policies').detail).toBe(
    'which CRDs exist is not known: the API server does not serve customresourcedefinitions',
  );
});

test('secrets are watched when somebody opted in: of two types, metadata alone', async () => {
  stub.serve('/api/v1/secrets', [inside('app', 'token', { data: { token: 'c2VjcmV0' } })]);
  await start({ watchSecrets: true });
  expect(state('secrets/service-account-tokens')).toBe('synced');
  const asked = stub.came.filter((one) => one.path === '/api/v1/secrets');
  expect(asked.map((one) => one.selector).sort()).toEqual([
    'type=bootstrap.kubernetes.io/token',
    'type=kubernetes.io/service-account-token',
  ]);
  expect(asked.every((one) => one.accept.includes('as=PartialObjectMetadata;'))).toBe(true);
  expect(JSON.stringify(cluster.view.all('secrets/service-account-tokens'))).not.toContain('c2VjcmV0');
});

test('a server that is away makes what is known stale, with the time of the last event', async () => {
  let now = Date.parse('2026-03-01T00:00:00.000Z');
  await start({ clock: () => now });
  stub.restart();
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(state('pods')).toBe('synced');
  for (const resource of plain) stub.refuse(pathsOf(resource)[0] ?? '', 503);
  stub.restart();
  now += 181_000;
  await soon(() =>
    expect(cluster.view.state('pods')).toMatchObject({
      state: 'stale',
      detail: expect.stringMatching(/^no event since 2026-03-01T00:00:00.000Z \(.*503\)$/),
    }),
  );
  await soon(() => expect(changes).toContainEqual({ resource: 'pods', namespace: null }));
});

test('after a restart the streams go on where they were, without a list', async () => {
  await start();
  const before = stub.came.length;
  stub.restart();
  await soon(() => expect(stub.came.length).toBe(before + plain.length));
  stub.put('/api/v1/serviceaccounts', inside('app', 'late'));
  await soon(() => expect(cluster.view.all('serviceaccounts').length).toBe(1));
  expect(stub.came.slice(before).map((one) => one.kind)).toEqual(plain.map(() => 'watch'));
});
