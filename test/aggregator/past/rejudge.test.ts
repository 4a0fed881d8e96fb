import { resources } from '@plumbline/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pathsOf } from '../../../aggregator/src/cluster/paths.ts';
import { type Recorder, startRecorder } from '../../../aggregator/src/cluster/recorder.ts';
import { defaultOptions } from '../../../aggregator/src/config.ts';
import { type Judging, startJudging } from '../../../aggregator/src/judging/judging.ts';
import { type Following, followCluster } from '../../../aggregator/src/nodes/follow-cluster.ts';
import { type Rejudged, rejudge } from '../../../aggregator/src/past/rejudge.ts';
import type { FindingQueries } from '../../../aggregator/src/store/finding-query.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { shippedPack } from '../../pack.ts';
import { type Raw, type StubCluster, stubCluster } from '../cluster/stub-cluster.ts';
import { freshFile, observations, send, start } from '../world.ts';

const pods = '/api/v1/pods';
const nodes = '/api/v1/nodes';
const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
let stub: StubCluster;
let store: Store;
let following: Following;
let recorder: Recorder;
let judging: Judging;
let now: number;
let version: string;
const clock = () => now;
const fail = (error: unknown) => {
  throw error;
};

function pod(name: string, namespace: string, privileged: boolean): Raw {
  const containers = [{ name: 'main', image: `${name}:1`, securityContext: { privileged } }];
  return { metadata: { name, namespace, labels: { app: name } }, spec: { containers } };
}

function admin(user: string): Raw {
  return {
    metadata: { name: `admin-${user}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  };
}

const node = (name: string, kubeletVersion: string): Raw => ({
  metadata: { name, uid: name, labels: name === 'one' ? { 'node-role.kubernetes.io/control-plane': '' } : {} },
  status: { nodeInfo: { kubeletVersion, operatingSystem: 'linux' } },
});

beforeEach(async () => {
  now = start;
  version = 'v1.34.1';
  store = await openStore(freshFile());
  stub = await stubCluster();
  for (const one of resources)
    if (one.presence === 'always' || one.presence === 'where-served') stub.serve(pathsOf(one)[0] ?? '');
  stub.serve(nodes, [node('two', 'v1.34.1'), node('one', 'v1.34.1'), node('bare', 'v1.33.0')]);
  stub.serve('/api/v1/namespaces', [{ metadata: { name: 'kube-system' } }, { metadata: { name: 'app' } }]);
  stub.serve('/api/v1/serviceaccounts', [{ metadata: { name: 'default', namespace: 'app' } }]);
  stub.serve(pods, [pod('web', 'app', false), pod('proxy', 'kube-system', true)]);
  stub.serve(bindings, [admin('jane')]);
  recorder = startRecorder({ sink: store.objects, clock, failed: fail });
  judging = startJudging({
    ...{ store, pack: shippedPack(), clock, fallbackVersion: undefined, benchmark: undefined, interval: 60_000 },
    controlPlaneVersion: () => version,
    versionSource: () => 'cluster',
    nodesListed: () => following.nodes.state().phase === 'synced',
    ...{ changed: () => undefined, judged: () => undefined, failed: fail },
  });
  following = followCluster({
    ...{ client: stub.client, store, clock, options: defaultOptions, recorder, failed: () => undefined },
    clusterNodes: judging.clusterNodes,
    nodeChanged: judging.node,
    ...{ versionChanged: () => undefined, restarted: () => undefined },
  });
  judging.look({ ...following.cluster, synced: following.first, stored: following.stored });
  await following.first;
});

afterEach(async () => {
  judging.stop();
  recorder.stop();
  await following.stop();
  await stub.close();
  store.close();
});

const soon = (check: () => void) => vi.waitFor(check, { timeout: 8000, interval: 10 });
const heard = (name: string, mode: string, seconds: number, more: Parameters<typeof observations>[0] = {}) =>
  send(
    store,
    name,
    observations({ mode, at: new Date(start + seconds * 1000).toISOString(), ...more }),
    seconds,
    BigInt(seconds + 1),
  );

interface Step {
  readonly at: number;
  readonly act: () => void | Promise<void>;
}

/** What happened to this cluster, in seconds; the last moment of each step is asked for. */
const steps: readonly Step[] = [
  {
    at: 1,
    act() {
      heard('one', '0600', 1, { profiling: 'true', etcd: true });
      heard('two', '0600', 1);
    },
  },
  { at: 10, act: () => heard('two', '0644', 10) },
  {
    at: 20,
    async act() {
      stub.put(pods, pod('web', 'app', true));
      stub.put(bindings, admin('mallory'));
      await soon(() => expect(following.cluster.view.all('clusterrolebindings').length).toBe(2));
      await soon(() => expect(JSON.stringify(following.cluster.view.workloads('app'))).toContain('true'));
    },
  },
  { at: 30, act: () => heard('one', '0600', 30, { profiling: 'false', etcd: true }) },
  {
    at: 400,
    act() {
      heard('one', '0600', 400, { profiling: 'false', etcd: true });
    },
  },
  {
    at: 500,
    async act() {
      heard('two', '0600', 500);
      heard('one', '0640', 500, { profiling: 'false', etcd: true });
      stub.drop(nodes, 'bare');
      stub.put('/api/v1/namespaces', { metadata: { name: 'late' } });
      await soon(() => expect(store.nodes.get('bare')?.deletedAt).not.toBeNull());
      await soon(() => expect(following.cluster.view.get('namespaces', '', 'late')).toBeDefined());
    },
  },
  {
    at: 600,
    async act() {
      heard('two', '0600', 600);
      heard('one', '0640', 600, { profiling: 'false', etcd: true });
      version = 'v1.35.0';
      stub.put(nodes, node('two', 'v1.35.0'));
      await soon(() => expect(store.nodes.get('two')?.kubeletVersion).toBe('v1.35.0'));
    },
  },
];

async function live(): Promise<readonly number[]> {
  for (const { at, act } of steps) {
    now = start + at * 1000;
    await act();
    await judging.settle();
  }
  return steps.map(({ at }) => start + at * 1000 + 500);
}

function told(queries: FindingQueries, at: number): readonly string[] {
  return queries
    .withEvidence(queries.lines(), undefined, at)
    .map(({ node: where, benchmark, match, number, subject, status, reason, message, evidence, validUntil }) =>
      JSON.stringify({ where, benchmark, match, number, subject, status, reason, message, evidence, validUntil }),
    )
    .sort();
}

/** What only one of them says. */
function apart(a: readonly string[], b: readonly string[]): readonly string[] {
  const [left, right] = [new Set(a), new Set(b)];
  return [
    ...a.filter((one) => !right.has(one)).map((one) => `+ ${one}`),
    ...b.filter((one) => !left.has(one)).map((one) => `- ${one}`),
  ];
}

async function again(at: number, benchmark?: string): Promise<Rejudged> {
  const parts = { past: store.past, pack: shippedPack(), system: [], exclude: [], failed: fail };
  return rejudge(parts, at, benchmark, AbortSignal.timeout(60_000));
}

test('law 1: verdicts are a cache: judged once more from what was known then, those of every moment are the same', async () => {
  const moments = await live();
  const seen = new Set<string>();
  for (const at of moments) {
    const once = await again(at);
    const stored = told(store.queries, at);
    expect(apart(told(once.store.queries, at), stored), new Date(at).toISOString()).toEqual([]);
    expect(stored.length).toBeGreaterThan(200);
    seen.add(stored.join());
    once.store.close();
  }
  // Every step changed something, or nothing was shown.
  expect(seen.size).toBe(moments.length);
}, 60_000);

test('law 1: dropping the verdicts and judging what is stored gives the same rows', async () => {
  await live();
  now += 1000;
  const before = told(store.queries, now);
  const once = await again(now);
  store.dropVerdicts();
  judging.all();
  await judging.settle();
  expect(apart(told(store.queries, now), before)).toEqual([]);
  expect(apart(told(once.store.queries, now), before)).toEqual([]);
  once.store.close();
}, 60_000);

test('a moment can be judged by a document that nobody asked for then', async () => {
  const [first = 0] = await live();
  const once = await again(first, 'cis/kubernetes-1.9');
  expect([...new Set(once.store.queries.lines().map((one) => `${one.benchmark} ${one.match}`))]).toEqual([
    'cis/kubernetes-1.9 requested',
  ]);
  expect(once.store.queries.tally().reduce((sum, one) => sum + one.count, 0)).toBeGreaterThan(200);
  expect(once.nodes.map((one) => `${one.name} ${one.silence}`)).toEqual(['bare no-agent', 'one null', 'two null']);
  once.store.close();
}, 60_000);

test('the event loop has its turn while the past is judged', async () => {
  const moments = await live();
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const once = await again(moments[0] ?? 0);
  clearInterval(timer);
  once.store.close();
  expect(turns).toBeGreaterThan(0);
});

test('who gives up leaves nothing behind', async () => {
  const [at = 0] = await live();
  const parts = { past: store.past, pack: shippedPack(), system: [], exclude: [], failed: fail };
  await expect(rejudge(parts, at, undefined, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
}, 60_000);
