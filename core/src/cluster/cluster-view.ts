import type { NodeView } from '../node-view.ts';
import type { ClusterObject, Workload } from './objects.ts';

/**
 * How well a resource is known. `absent`: the cluster does not serve it, so there are none. `unasked`: nobody opted in. `unconnected`: there
 * is no API server to ask.
 * Everything but `synced` and `absent` carries a sentence in `detail`.
 */
export interface ResourceState {
  readonly state: 'synced' | 'absent' | 'denied' | 'stale' | 'unsynced' | 'unasked' | 'unconnected';
  readonly detail?: string;
}

/** A node of the cluster as its Node object and its agent show it. `view` is empty where no agent reports. */
export interface ClusterNode {
  readonly name: string;
  /** `linux` or `windows`; '' when the Node object does not say. */
  readonly os: string;
  readonly roles: readonly string[];
  readonly reporting: boolean;
  /** Asked for only by what reads facts of nodes. */
  readonly view: () => NodeView;
}

/** Everything that is known of a cluster at one moment. Lists of a resource that is not `synced` are empty or old: ask its state. */
export interface ClusterView {
  state(resource: string): ResourceState;
  /** Objects of a resource, of every namespace; not for `pods`. */
  all(resource: string): readonly ClusterObject[];
  /** Objects of one namespace; not for `pods`. */
  within(resource: string, namespace: string): readonly ClusterObject[];
  get(resource: string, namespace: string, name: string): ClusterObject | undefined;
  workloads(namespace: string): readonly Workload[];
  nodes(): readonly ClusterNode[];
  /** Grows with each change of a resource (`pods` for workloads, `nodes` for nodes and their facts). */
  generation(resource: string): number;
}
