import { blindView, type ClusterNode, type ClusterView } from '@plumbline/core';

/** A cluster as judging looks at it. Its view may change by itself; it is one moment until the next await. */
export interface JudgedCluster {
  readonly view: ClusterView;
  /** `namespace` null: of the whole cluster, or the state of the resource. A Namespace object counts as its own namespace. */
  onChange(listener: (change: { readonly resource: string; readonly namespace: string | null }) => void): void;
  /** Resolves when everything was answered or refused for the first time. Until then nothing is judged. */
  readonly synced: Promise<void>;
  /** Resolves when all that the view shows is stored, so that whoever judges it once more judges the same. */
  readonly stored?: () => Promise<void>;
}

/** Nobody asks an API server; facts of nodes may be known all the same. */
export function blindCluster(nodes: () => readonly ClusterNode[], generation: () => number): JudgedCluster {
  return steadyCluster(blindView(), nodes, generation);
}

/** A cluster whose objects do not change; its nodes may. */
export function steadyCluster(
  view: ClusterView,
  nodes: () => readonly ClusterNode[],
  generation: () => number,
): JudgedCluster {
  const steady = { ...view, nodes, generation: (name: string) => (name === 'nodes' ? generation() : 0) };
  return { view: steady, onChange: () => undefined, synced: Promise.resolve() };
}
