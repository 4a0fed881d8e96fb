import {
  blindView,
  type ClusterNode,
  type ClusterObject,
  type ClusterView,
  type ResourceState,
  staticView,
  type Workload,
} from '@plumbline/core';
import type { Breathe } from '../judging/turns.ts';
import { type ObjectRow, stateResource } from '../store/objects.ts';
import type { Past } from '../store/past.ts';

/** A cluster as it was known at an instant, with how many objects of each resource there were. */
export interface ClusterAt {
  readonly view: ClusterView;
  readonly resources: readonly { readonly resource: string; readonly state: ResourceState; readonly objects: number }[];
}

/** Reads what was known of the cluster at an instant; where nobody asked an API server then, nothing is. */
export async function clusterAt(
  past: Pick<Past, 'objects'>,
  at: number,
  nodes: readonly ClusterNode[],
  breathe: Breathe,
): Promise<ClusterAt> {
  const objects = new Map<string, ClusterObject[]>();
  const states = new Map<string, ResourceState>();
  const workloads: Workload[] = [];
  for (const rows of past.objects(at)) {
    for (const row of rows) take(row);
    await breathe();
  }
  if (states.size === 0) return { view: blindView(nodes), resources: [] };
  const counts = (resource: string) => (resource === 'pods' ? workloads.length : (objects.get(resource)?.length ?? 0));
  const resources = [...states].map(([resource, state]) => ({ resource, state, objects: counts(resource) }));
  return { view: staticView({ objects, workloads, states, nodes }), resources };

  /** The store holds what a view showed, so each row has the type that its resource says. */
  function take({ resource, place, json }: ObjectRow): void {
    const value: unknown = JSON.parse(json);
    if (resource === stateResource) states.set(place, value as ResourceState);
    else if (resource === 'pods') workloads.push(...(value as readonly Workload[]));
    else {
      const list = objects.get(resource) ?? [];
      objects.set(resource, list);
      list.push(value as ClusterObject);
    }
  }
}
