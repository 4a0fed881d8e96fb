/**
 * Watches the cluster of a kubeconfig inside the cluster's network namespace, where the tests themselves are not, and prints a line of
 * JSON five times a second: states and requests. `node watch-reporter.ts KUBECONFIG RENEWAL_MS`.
 */
import type { ResourceState } from '@plumbline/core';
import { kubeClient, type RequestCount } from '../../../aggregator/src/cluster/kube-client.ts';
import { startLiveCluster } from '../../../aggregator/src/cluster/live-cluster.ts';
import { knowServer } from '../../../aggregator/src/cluster/server.ts';
import { usualTiming } from '../../../aggregator/src/cluster/watch-timing.ts';

/** What is printed. `restarts` counts by reason, of all resources; `version` is null until the API server told it. */
export interface Report {
  readonly synced: boolean;
  readonly version: string | null;
  readonly states: Readonly<Record<string, ResourceState>>;
  readonly requests: readonly RequestCount[];
  readonly restarts: Readonly<Record<string, number>>;
}

if (import.meta.main) await report(process.argv[2] ?? '', Number(process.argv[3]));

async function report(file: string, renewal: number): Promise<void> {
  const client = await kubeClient({ kind: 'kubeconfig', file });
  const restarts: Record<string, number> = {};
  let version: string | null = null;
  let synced = false;
  const server = knowServer({
    client,
    clock: Date.now,
    versionChanged(news) {
      version = news;
    },
    failed: (error) => console.error(error),
  });
  const cluster = startLiveCluster({
    client,
    server,
    nodes: () => [],
    nodeGeneration: () => 0,
    nodeState: () => ({ state: 'unasked' }),
    exclude: [],
    watchSecrets: true,
    timing: { ...usualTiming, renewal, doubt: 1000 },
    clock: Date.now,
    restarted(_, reason) {
      restarts[reason] = (restarts[reason] ?? 0) + 1;
    },
  });
  void cluster.synced.then(() => {
    synced = true;
  });
  setInterval(() => {
    const states = Object.fromEntries([...cluster.states()].map(([name, one]) => [name, one.state]));
    const line: Report = { synced, version, states, requests: client.requests(), restarts };
    console.log(JSON.stringify(line));
  }, 200);
}
