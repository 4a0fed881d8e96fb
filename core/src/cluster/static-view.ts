import type { ClusterNode, ClusterView, ResourceState } from './cluster-view.ts';
import type { ClusterObject, Workload } from './objects.ts';
import { byOwner, byPlace } from './order.ts';
import type { ProjectedPod } from './project/workload.ts';
import { workloadKey } from './project/workload.ts';

/** A cluster that does not change: a dump, manifests, a case of a test. Resources without a state are `absent` when empty. */
export interface StaticCluster {
  readonly objects: ReadonlyMap<string, readonly ClusterObject[]>;
  readonly workloads: readonly Workload[];
  readonly states: ReadonlyMap<string, ResourceState>;
  readonly nodes: readonly ClusterNode[];
}

/** The view of a cluster that does not change. */
export function staticView({ objects, workloads, states, nodes }: StaticCluster): ClusterView {
  const byNamespace = Map.groupBy(workloads, (one) => one.namespace);
  const ordered = new Map<string, readonly ClusterObject[]>();
  const all = (resource: string) => {
    const known = ordered.get(resource) ?? [...(objects.get(resource) ?? [])].sort(byPlace);
    ordered.set(resource, known);
    return known;
  };
  const indexes = new Map<string, ReadonlyMap<string, ClusterObject>>();
  const index = (resource: string) => {
    const known = indexes.get(resource) ?? new Map(all(resource).map((one) => [`${one.namespace}/${one.name}`, one]));
    indexes.set(resource, known);
    return known;
  };
  const groups = new Map<string, ReadonlyMap<string, readonly ClusterObject[]>>();
  const inNamespace = (resource: string) => {
    const known = groups.get(resource) ?? Map.groupBy(all(resource), (one) => one.namespace);
    groups.set(resource, known);
    return known;
  };
  return {
    state: (resource) => states.get(resource) ?? { state: 'absent' },
    all,
    within: (resource, namespace) => inNamespace(resource).get(namespace) ?? [],
    get: (resource, namespace, name) => index(resource).get(`${namespace}/${name}`),
    workloads: (namespace) => [...(byNamespace.get(namespace) ?? [])].sort(byOwner),
    nodes: () => nodes,
    generation: () => 0,
  };
}

/** Pods that are alike become one workload; those that ended are left out. */
export function groupPods(pods: Iterable<ProjectedPod>): readonly Workload[] {
  const groups = new Map<string, Workload>();
  for (const { namespace, counts, workload } of pods) {
    const key = `${namespace} ${workloadKey(workload)}`;
    if (counts && !groups.has(key)) groups.set(key, workload);
  }
  return [...groups.values()];
}

/** The view of a cluster that nobody can ask: every resource is `unconnected`. Facts of its nodes may still be known. */
export function blindView(nodes: readonly ClusterNode[] = []): ClusterView {
  const view = staticView({ objects: new Map(), workloads: [], states: new Map(), nodes });
  return { ...view, state: () => ({ state: 'unconnected', detail: 'no API server is asked' }) };
}
