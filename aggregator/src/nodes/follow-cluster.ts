import type { KubeClient } from '../cluster/kube-client.ts';
import { type LiveCluster, type ResourceReport, startLiveCluster } from '../cluster/live-cluster.ts';
import type { Recorder } from '../cluster/recorder.ts';
import { knowServer } from '../cluster/server.ts';
import { resourceState } from '../cluster/watch-state.ts';
import { usualTiming } from '../cluster/watch-timing.ts';
import type { AggregatorOptions } from '../config.ts';
import type { ClusterNodes } from '../judging/cluster-nodes.ts';
import type { Store } from '../store/store.ts';
import { type NodeWatch, watchNodes } from './node-watch.ts';

/** What following a cluster needs. */
export interface FollowParts {
  readonly client: KubeClient;
  readonly store: Store;
  readonly clock: () => number;
  readonly options: Pick<AggregatorOptions, 'watchRenewal' | 'watchSecrets' | 'excludeNamespaces'>;
  /** The nodes as controls of the cluster see them. */
  readonly clusterNodes: Pick<ClusterNodes, 'nodes' | 'generation'>;
  readonly nodeChanged: (node: string) => void;
  /** The API server's version was learnt or changed: `v1.34.4`. */
  readonly versionChanged: (version: string) => void;
  readonly restarted: (resource: string, reason: string) => void;
  readonly failed: (error: unknown) => void;
  /** Remembers what the cluster shows; absent, nobody does. */
  readonly recorder?: Recorder;
}

/** How one resource is doing, the nodes among them. */
export interface NamedReport extends ResourceReport {
  readonly resource: string;
}

/** Everything that is watched of one cluster. */
export interface Following {
  readonly nodes: NodeWatch;
  readonly cluster: LiveCluster;
  reports(): readonly NamedReport[];
  /** Resolves when nodes and version were learnt and every other resource was answered or refused for the first time. */
  readonly first: Promise<void>;
  /** Resolves when all that the cluster shows now is stored. */
  readonly stored: () => Promise<void>;
  stop(): Promise<void>;
}

/** Begins to watch the nodes and every resource that controls read, and learns the version of the API server. */
export function followCluster(parts: FollowParts): Following {
  const { client, store, clock, options } = parts;
  const timing = { ...usualTiming, renewal: options.watchRenewal * 1000 };
  const server = knowServer(parts);
  const nodes = watchNodes({
    client,
    server,
    timing,
    clock,
    nodes: store.nodes,
    changed: parts.nodeChanged,
    restarted: (reason) => parts.restarted('nodes', reason),
  });
  const nodeState = () => resourceState(nodes.state(), clock());
  const cluster = startLiveCluster({
    client,
    server,
    timing,
    clock,
    nodes: parts.clusterNodes.nodes,
    nodeGeneration: parts.clusterNodes.generation,
    nodeState,
    exclude: options.excludeNamespaces,
    watchSecrets: options.watchSecrets,
    restarted: parts.restarted,
    ...(parts.recorder ? { recorder: parts.recorder } : {}),
  });
  const nodeReport = (): NamedReport => ({
    resource: 'nodes',
    state: nodeState(),
    lastEventAt: nodes.state().lastEventAt,
    objects: store.nodes.all().filter((one) => one.listed).length,
    requests: client.requests().reduce((sum, one) => sum + (one.resource === 'nodes' ? one.count : 0), 0),
  });
  return {
    nodes,
    cluster,
    reports: () => [nodeReport(), ...[...cluster.states()].map(([resource, one]) => ({ resource, ...one }))],
    first: Promise.all([nodes.first, server.first, cluster.synced]).then(() => undefined),
    async stored() {
      cluster.look();
      await parts.recorder?.stored();
    },
    async stop() {
      await Promise.all([server.stop(), nodes.stop(), cluster.stop()]);
    },
  };
}

/** One sentence for a reader of /readyz: which resources are not known, and why; null when all are. */
export function watchNotice(reports: readonly NamedReport[]): string | null {
  const lacking = reports.filter(({ state }) => !['synced', 'absent', 'unasked'].includes(state.state));
  if (lacking.length === 0) return null;
  return lacking
    .map(({ resource, state }) => `${resource} ${state.state}${state.detail ? ` (${state.detail})` : ''}`)
    .join(', ');
}
