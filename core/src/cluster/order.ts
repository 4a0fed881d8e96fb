import type { ClusterObject, Workload } from './objects.ts';
import { workloadKey } from './project/workload.ts';

/**
 * The order in which a view gives its objects: by namespace, name and kind, whenever each of them came. What a verdict shows first must not
 * depend on when the aggregator started.
 */
export function byPlace(a: ClusterObject, b: ClusterObject): number {
  return compare(a.namespace, b.namespace) || compare(a.name, b.name) || compare(a.kind, b.kind);
}

/** The order in which a view gives workloads of one namespace: by owner, then by what they are. */
export function byOwner(a: Workload, b: Workload): number {
  const owners = compare(a.owner.kind, b.owner.kind) || compare(a.owner.name, b.owner.name);
  return owners || compare(workloadKey(a), workloadKey(b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
