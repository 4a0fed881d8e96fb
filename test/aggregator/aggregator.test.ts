import { writeFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { startAggregator } from '../../aggregator/src/aggregator.ts';
import { stubCluster } from './cluster/stub-cluster.ts';
import { freshFile } from './world.ts';

const quiet = { listen: '127.0.0.1:0', grpcListen: '127.0.0.1:0', logLevel: 'silent', ingestTokens: 'token *\n' };
const answer = async (url: string) => {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
};

test('starts, is ready once everything is judged, counts, and ends in order', async () => {
  const database = freshFile('deep/plumbline.db');
  const aggregator = await startAggregator({ ...quiet, database, kubernetesVersion: '1.34' });
  await aggregator.settle();
  expect(aggregator.grpcAddress).toMatch(/^127\.0\.0\.1:\d+$/);
  const ready = await vi.waitFor(async () => {
    const found = await answer(`${aggregator.restAddress}/readyz?verbose`);
    expect(found.status).toBe(200);
    return found.text;
  });
  expect(ready).toBe(
    '[+] store ok\n[+] verdicts ok\n[+] serving ok\n[i] history: ok\n[i] node-list: ok\n[i] alerts: ok\nready\n',
  );
  const { text } = await answer(`${aggregator.restAddress}/metrics`);
  expect(text).toMatch(/^plumbline_nodes\{presence="reporting"\} 0$/m);
  expect(text).toMatch(
    /^plumbline_controls\{benchmark="cis\/kubernetes-[^"]+",section="[1-5]",status="error"\} [1-9]/m,
  );
  expect(text).toMatch(/^plumbline_http_requests_total\{route="\/readyz",code="2xx"\} 1$/m);
  expect(text).toMatch(/^plumbline_http_request_duration_seconds_count\{route="\/readyz"\} 1$/m);
  await aggregator.close();
  const again = await startAggregator({ ...quiet, database, kubernetesVersion: '1.34' });
  await again.close();
});

test('takes nodes and versions from the cluster of a kubeconfig', async () => {
  const server = await stubCluster();
  server.serve('/api/v1/nodes', [{ metadata: { name: 'one' } }, { metadata: { name: 'two' } }]);
  server.serve('/api/v1/pods');
  server.serve('/api/v1/namespaces');
  server.refuse('/api/v1/namespaces', 403);
  const kubeconfig = freshFile('kubeconfig');
  const named = (kind: string, value: object) => ({ [kind]: value, name: 'mine' });
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'mine',
      clusters: [named('cluster', { server: server.client.server, 'insecure-skip-tls-verify': true })],
      users: [named('user', { token: 'secret' })],
      contexts: [named('context', { cluster: 'mine', user: 'mine' })],
    }),
  );
  const cluster = { kind: 'kubeconfig', file: kubeconfig } as const;
  const aggregator = await startAggregator({ ...quiet, database: ':memory:', cluster });
  const summary = await vi.waitFor(async () => {
    const { text } = await answer(`${aggregator.restAddress}/api/v1/summary`);
    const found = JSON.parse(text);
    expect(found).toMatchObject({ nodes: { total: 2, noAgent: 2 }, versions: { controlPlane: 'v1.34.4' } });
    return found;
  });
  expect(summary).toMatchObject({ cluster: 'mine', nodeList: { source: 'cluster', synced: true } });
  await vi.waitFor(async () => {
    const { text } = await answer(`${aggregator.restAddress}/api/v1/findings?node=two&section=4&limit=1`);
    expect(JSON.parse(text).findings[0]).toMatchObject({ status: 'error', reason: 'no-agent' });
  });
  const { text: ready } = await answer(`${aggregator.restAddress}/readyz?verbose`);
  expect(ready).toMatch(/^\[i\] watches: namespaces denied \(\/api\/v1\/namespaces answered 403\)/m);
  const { text } = await answer(`${aggregator.restAddress}/metrics`);
  expect(text).toMatch(/^plumbline_api_requests_total\{verb="watch",resource="nodes"\} 1$/m);
  expect(text).toMatch(/^plumbline_api_requests_total\{verb="get",resource="version"\} 1$/m);
  expect(text).toMatch(/^plumbline_api_resource_state\{resource="namespaces",state="denied"\} 1$/m);
  expect(text).toMatch(/^plumbline_api_objects\{resource="nodes"\} 2$/m);
  expect(text).toMatch(/^plumbline_api_watch_last_event_timestamp_seconds\{resource="pods"\} \d+/m);
  expect(text).toMatch(/^plumbline_api_watch_restarts_total\{resource="namespaces",reason="forbidden"\} \d+$/m);
  await aggregator.close();
  await server.close();
});

test.each([
  [{ listen: '0.0.0.0:0' }, 'PLB_CONFIG_INVALID'],
  [{ tokensFile: '/no/such/file' }, 'PLB_CONFIG_INVALID'],
  [{ benchmark: 'cis/none' }, 'PLB_BENCHMARK_UNKNOWN'],
  [{ cluster: { kind: 'kubeconfig', file: '/no/such/file' } as const }, 'PLB_CONFIG_INVALID'],
  [{ database: '/dev/null/x.db' }, 'PLB_STORE_WRITE'],
])('%j is refused with %s', async (options, code) => {
  await expect(startAggregator({ ...quiet, database: ':memory:', ...options })).rejects.toMatchObject({ code });
});
