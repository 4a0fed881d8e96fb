import { type Finding, rollUp } from '@plumbline/core';
import { expect, test } from 'vitest';
import { IngestCounters } from '../../aggregator/src/ingest/metrics.ts';
import { createMetrics } from '../../aggregator/src/metrics.ts';

async function scraped(
  ingest: IngestCounters,
  shares: readonly number[],
  findings: readonly Finding[] = [],
): Promise<readonly string[]> {
  const { text } = await createMetrics({
    version: '0.1.0',
    documents: () => [],
    controls: () => rollUp(findings),
    presences: () => [],
    ingest,
    storeBytes: () => ({ database: 0, wal: 0 }),
    shares: () => shares,
    nodeQuota: 1000,
    certificates: undefined,
    watches: () => [],
    requests: () => [],
  }).text();
  return text.split('\n').filter((line) => line.startsWith('plumbline_'));
}

test('clocks and shares of any number of nodes are one line each: the worst, and how many are too far', async () => {
  const ingest = new IngestCounters();
  for (let n = 0; n < 500; n++) ingest.skew(`node-${n}`, n % 2 === 0 ? -n : n / 2);
  ingest.skew('node-498', 0);
  const lines = await scraped(ingest, [10, 1000, 999, 2000]);
  // node-0 is right, node-498 became right.
  expect(lines).toContain('plumbline_nodes_clock_skewed 498');
  expect(lines).toContain('plumbline_node_clock_skew_max_seconds 496');
  expect(lines).toContain('plumbline_node_store_bytes_max 2000');
  expect(lines).toContain('plumbline_nodes_over_quota 2');
  expect(lines.filter((line) => line.includes('node-'))).toEqual([]);
});

test('nothing is skewed, nothing is stored, no certificate is served', async () => {
  const lines = await scraped(new IngestCounters(), []);
  expect(lines).toContain('plumbline_node_clock_skew_max_seconds 0');
  expect(lines).toContain('plumbline_nodes_over_quota 0');
  expect(lines.filter((line) => line.startsWith('plumbline_tls'))).toEqual([]);
});

test('verdicts are counted by control and status; no series is a namespace or a pod', async () => {
  const of = (subject: string, status: Finding['status']) =>
    ({ benchmark: 'b', number: '5.2.2', control: 'psa-x', subject, status }) as Finding;
  const many = Array.from({ length: 500 }, (_, index) => of(`namespace/team-${index}`, 'pass'));
  const lines = await scraped(new IngestCounters(), [], [...many, of('namespace/bad', 'fail')]);
  expect(lines.filter((line) => line.startsWith('plumbline_verdicts{'))).toEqual([
    'plumbline_verdicts{control="psa-x",status="pass"} 500',
    'plumbline_verdicts{control="psa-x",status="fail"} 1',
  ]);
  expect(lines.some((line) => line.includes('team-'))).toBe(false);
});
