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
  return compare(ownerText(a), ownerText(b)) || compare(workloadKey(a), workloadKey(b));
}

/** What tells owners in one namespace apart. */
export function ownerText({ owner }: Pick<Workload, 'owner'>): string {
  return `${owner.kind} ${owner.name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
