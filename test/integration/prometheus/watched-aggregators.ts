import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Aggregator, startAggregator } from '@plumbline/aggregator';
import { loadPack } from '@plumbline/proto';
import type { Terminal } from '../../../cli/src/terminal.ts';
import { plain } from '../../../cli/src/text/paint.ts';
import { runAgents, sharedToken } from '../../../cli/src/up/agents.ts';
import { recordedSources } from '../../../cli/src/up/sources.ts';
import { stubCluster } from '../../aggregator/cluster/stub-cluster.ts';
import { authority } from '../stream-certificates.ts';

const quiet = { listen: '127.0.0.1:0', grpcListen: '127.0.0.1:0', logLevel: 'silent' } as const;

/** An aggregator that shows the recorded cluster, and what begins its agents; one of them has a token that nobody knows. */
export async function recordedAggregator(directory: string) {
  const ending = new AbortController();
  const terminal: Terminal = {
    out: () => undefined,
    err: () => undefined,
    sheet: { width: 80, paint: plain },
    environment: {},
    now: () => new Date(),
    stop: ending.signal,
  };
  const { nodes, objects, kubernetesVersion } = recordedSources(terminal);
  const token = sharedToken();
  const stranger = sharedToken();
  const aggregator = await startAggregator({
    ...quiet,
    database: join(directory, 'recorded.db'),
    ingestTokens: token.entries,
    clusterName: 'recorded cluster',
    ...(objects === undefined ? {} : { recordedObjects: objects }),
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
  });
  const running: Promise<void>[] = [];
  const parts = { pack: loadPack(), grpcAddress: aggregator.grpcAddress, terminal, signal: ending.signal };
  return {
    aggregator,
    nodes: nodes.map((one) => one.name),
    beginAgents() {
      running.push(
        runAgents({ ...parts, nodes, token }),
        runAgents({ ...parts, nodes: nodes.slice(0, 1), token: stranger }),
      );
    },
    async close() {
      ending.abort();
      await Promise.all(running);
      await aggregator.close();
      token.remove();
      stranger.remove();
    },
  };
}

/** An aggregator as it is deployed: TLS, tokens, and an API server, which refuses one resource. */
export async function deployedAggregator(directory: string) {
  const server = await stubCluster();
  server.serve('/api/v1/nodes', [{ metadata: { name: 'kubeadm-worker' } }]);
  server.serve('/api/v1/pods');
  server.serve('/api/v1/namespaces');
  server.refuse('/api/v1/namespaces', 403);
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigOf(server.client.server));
  const ca = authority(directory);
  const { certFile, keyFile } = ca.issue('server', 'plumbline', 'serverAuth');
  const tokenFile = join(directory, 'token');
  const tokensFile = join(directory, 'tokens');
  writeFileSync(tokenFile, 'prometheus-token');
  writeFileSync(tokensFile, `prometheus:${createHash('sha256').update('prometheus-token').digest('hex')}:viewer\n`);
  const aggregator: Aggregator = await startAggregator({
    ...{ ...quiet, database: join(directory, 'deployed.db'), cluster: { kind: 'kubeconfig', file: kubeconfig } },
    ...{ tlsCertFile: certFile, tlsKeyFile: keyFile, tokensFile },
  });
  return {
    aggregator,
    tokenFile,
    caFile: ca.caFile,
    async close() {
      await aggregator.close();
      await server.close();
    },
  };
}

function kubeconfigOf(server: string): string {
  const named = (kind: string, value: object) => ({ [kind]: value, name: 'stub' });
  return JSON.stringify({
    'current-context': 'stub',
    clusters: [named('cluster', { server, 'insecure-skip-tls-verify': true })],
    users: [named('user', { token: 'secret' })],
    contexts: [named('context', { cluster: 'stub', user: 'stub' })],
  });
}
