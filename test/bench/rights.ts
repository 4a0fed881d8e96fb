import {
  clusterJudge,
  groupPods,
  type JsonObject,
  projectObject,
  projectPod,
  type ResourceState,
  resourceOf,
  staticView,
} from '@plumbline/core';
import { shippedPack } from '../pack.ts';
import { type Measure, quantile, spent } from './measure.ts';

const namespaces = 10_000;
const clusterBindings = 5000;
const clusterRoles = 300;

/** CPU of the graph of rights and of every control of 5.1, over 10,000 namespaces with three RoleBindings each and 5,000 ClusterRoleBindings. */
export async function benchRights(): Promise<readonly Measure[]> {
  const [quiet, bad] = [await rounds(false), await rounds(true)];
  return [
    { name: '5.1 judged, few rights that matter', value: quiet.cpuMs, unit: 'ms CPU', limit: 1000 },
    { name: `5.1 judged, every account has them (${bad.findings} findings)`, value: bad.cpuMs, unit: 'ms CPU' },
  ];
}

async function rounds(bad: boolean): Promise<{ readonly cpuMs: number; readonly findings: number }> {
  const view = viewOf(bad);
  const pack = shippedPack();
  const document = pack.benchmarks.at(-1);
  if (!document) throw new Error('a pack holds at least one document');
  const times: number[] = [];
  let findings = 0;
  for (let round = 0; round < 5; round++) {
    const choice = { document, match: 'requested' as const };
    const judge = clusterJudge(() => ({ pack, choice, view, version: 'v1.34.4', now: '2026-01-01T00:00:00.000Z' }));
    const lines = judge.entries.filter(({ entry }) => entry.number.startsWith('5.1.'));
    const { result, cpuMs } = await spent(() => lines.reduce((sum, line) => sum + judge.judge(line).length, 0));
    times.push(cpuMs);
    findings = result;
  }
  return { cpuMs: quantile(times, 0.5), findings };
}

function viewOf(bad: boolean) {
  const raw = objectsOf(bad);
  const objects = new Map(
    Object.entries(raw).map(([name, list]) => {
      const resource = resourceOf(name);
      return [name, resource ? list.flatMap((one) => projectObject(resource, one) ?? []) : []] as const;
    }),
  );
  const pods = Array.from({ length: 12_000 }, (_, n) => ({
    metadata: { name: `p-${n}`, namespace: `ns-${n % namespaces}` },
    spec: { serviceAccountName: 'web', automountServiceAccountToken: bad, containers: [{ name: 'c', image: 'i' }] },
  }));
  const names = [...objects.keys(), 'pods', 'certificatesigningrequests'];
  const states = new Map<string, ResourceState>(names.map((name) => [name, { state: 'synced' }]));
  return staticView({ objects, workloads: groupPods(pods.flatMap((pod) => projectPod(pod) ?? [])), states, nodes: [] });
}

function objectsOf(bad: boolean): Readonly<Record<string, readonly JsonObject[]>> {
  const many = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
  const rules = (matters: boolean) => [
    { apiGroups: [''], resources: matters ? ['secrets', 'pods'] : ['configmaps'], verbs: ['get', 'create'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
  ];
  const account = (n: number, name: string) => ({ kind: 'ServiceAccount', namespace: `ns-${n}`, name });
  const at = (n: number, name: string) => ({ name, namespace: `ns-${n % namespaces}` });
  const toCluster = (n: number) => ({ kind: 'ClusterRole', name: `cr-${n % clusterRoles}` });
  return {
    namespaces: many(namespaces, (n) => ({ metadata: { name: `ns-${n}` } })),
    serviceaccounts: many(2 * namespaces, (n) => ({
      metadata: at(n, n < namespaces ? 'default' : 'web'),
      automountServiceAccountToken: bad,
    })),
    clusterroles: many(clusterRoles, (n) => ({ metadata: { name: `cr-${n}` }, rules: rules(bad || n % 100 === 0) })),
    clusterrolebindings: many(clusterBindings, (n) => ({
      metadata: { name: `crb-${n}` },
      roleRef: toCluster(n),
      subjects: [account(n, 'web')],
    })),
    roles: many(namespaces, (n) => ({ metadata: at(n, 'r'), rules: rules(bad) })),
    rolebindings: many(3 * namespaces, (n) => ({
      metadata: at(n, `rb-${n}`),
      roleRef: n < namespaces ? { kind: 'Role', name: 'r' } : toCluster(n),
      subjects: [
        account(n % namespaces, n < namespaces && bad ? 'default' : 'web'),
        { kind: 'User', name: `u-${n % 2000}` },
      ],
    })),
  };
}
