import { type ClusterView, type NodeView, nodeView, PlumblineError, rolesOf } from '@plumbline/core';
import { type ClusterSource, kubeClient } from './cluster/kube-client.ts';
import { defaultOptions } from './config.ts';
import { followCluster, watchNotice } from './nodes/follow-cluster.ts';
import type { NodeRecord } from './store/node-table.ts';
import { openStore } from './store/store.ts';

/** How to look once at a cluster. */
export interface GlimpseOptions {
  readonly cluster: ClusterSource;
  readonly excludeNamespaces: readonly string[];
  readonly watchSecrets: boolean;
  /** What was seen of nodes themselves, by name; of the others only the API speaks. */
  readonly seen: ReadonlyMap<string, NodeView>;
  readonly signal: AbortSignal;
  /** Milliseconds until what was not answered counts as not known. */
  readonly within?: number;
}

/** A cluster as it was at one moment, as far as it may be read. */
export interface Glimpse {
  readonly name: string | null;
  readonly server: string;
  readonly version: string;
  readonly nodes: readonly Pick<NodeRecord, 'name' | 'labels' | 'kubeletVersion'>[];
  readonly view: ClusterView;
  /** Resources that are not known, in one sentence; null when all are. */
  readonly notice: string | null;
  close(): Promise<void>;
}

const usuallyWithin = 30_000;

/**
 * Reads the cluster once, through the same watches as the aggregator. Throws PLB_CLUSTER_UNREACHABLE when it tells neither its version nor
 * its nodes in time, and PLB_CONFIG_INVALID for a kubeconfig that cannot be used.
 */
export async function glimpse(options: GlimpseOptions): Promise<Glimpse> {
  const client = await kubeClient(options.cluster);
  const store = await openStore(':memory:');
  let version: string | undefined;
  let trouble: unknown;
  const refused = Promise.withResolvers<void>();
  const following = followCluster({
    client,
    store,
    clock: Date.now,
    options: { ...defaultOptions, ...options },
    clusterNodes: {
      nodes: () => store.nodes.all().map((node) => nodeOf(node, options.seen)),
      generation: store.generation,
    },
    nodeChanged: () => undefined,
    versionChanged(news) {
      version = news;
    },
    restarted: () => undefined,
    failed(error) {
      // Who waits before a terminal wants to know at once; a second try is theirs.
      trouble = error;
      refused.resolve();
    },
  });
  const close = async () => {
    await following.stop();
    await client.close();
    store.close();
  };
  const limit = AbortSignal.any([options.signal, AbortSignal.timeout(options.within ?? usuallyWithin)]);
  await Promise.race([following.first, refused.promise, aborted(limit)]);
  const list = following.nodes.state();
  if (version === undefined || list.lastEventAt === null) {
    await close();
    const why = list.error ?? (trouble instanceof Error ? trouble.message : 'no answer');
    throw new PlumblineError(
      'PLB_CLUSTER_UNREACHABLE',
      `The API server ${client.server} tells nothing (${why}); check the kubeconfig.`,
    );
  }
  return {
    name: client.name,
    server: client.server,
    version,
    nodes: store.nodes.all(),
    view: following.cluster.view,
    notice: watchNotice(following.reports()),
    close,
  };
}

function nodeOf({ name, os, labels }: NodeRecord, seen: GlimpseOptions['seen']) {
  const view = seen.get(name) ?? nodeView(name, []);
  return { name, os: os ?? '', roles: rolesOf(view, labels).roles, reporting: seen.has(name), view: () => view };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
