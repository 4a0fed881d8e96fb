import { type ClusterSource, type Glimpse, glimpse, readOptions } from '@plumbline/aggregator';
import { type NodeView, PlumblineError } from '@plumbline/core';

/** Which cluster the user means. Throws PLB_CONFIG_INVALID where there is none. */
export function clusterToAsk(
  options: { readonly kubeconfig?: string; readonly context?: string },
  environment: NodeJS.ProcessEnv,
): ClusterSource {
  const kept = Object.entries(environment).filter(
    ([name]) => !name.startsWith('PLUMBLINE_') || name === 'PLUMBLINE_KUBECONFIG',
  );
  const argv = options.kubeconfig === undefined ? [] : ['--kubeconfig', options.kubeconfig];
  const { cluster } = readOptions(argv, Object.fromEntries(kept));
  if (!cluster) throw new PlumblineError('PLB_CONFIG_INVALID', 'There is no cluster to ask; give --kubeconfig.');
  if (cluster.kind === 'in-cluster' || options.context === undefined) return cluster;
  return { ...cluster, context: options.context };
}

/** Looks at the cluster once. `seen`: the node that was looked at itself, whose facts controls of the cluster read. */
export function askCluster(
  cluster: ClusterSource,
  options: { readonly excludeNamespaces: readonly string[]; readonly watchSecrets?: true },
  seen: NodeView | undefined,
  signal: AbortSignal,
): Promise<Glimpse> {
  return glimpse({
    cluster,
    excludeNamespaces: options.excludeNamespaces,
    watchSecrets: options.watchSecrets ?? false,
    seen: new Map(seen ? [[seen.node, seen]] : []),
    signal,
  });
}
