import { type ResourceState, type StaticCluster, staticView } from '@plumbline/core';
import type { ClusterNodes } from './cluster-nodes.ts';
import { type JudgedCluster, steadyCluster } from './judged-cluster.ts';

/** A recorded cluster with nodes whose agents report now. */
export function recordedCluster(
  objects: StaticCluster,
  { nodes, generation }: Pick<ClusterNodes, 'nodes' | 'generation'>,
): JudgedCluster {
  return steadyCluster(staticView(objects), nodes, generation);
}

/** How its resources are doing: no event ever comes. */
export function recordedReports({ states, objects, workloads }: StaticCluster) {
  return [...states].map(([resource, state]: [string, ResourceState]) => ({
    resource,
    state,
    lastEventAt: null,
    objects: resource === 'pods' ? workloads.length : (objects.get(resource)?.length ?? 0),
  }));
}
