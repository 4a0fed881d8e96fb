import { summaryOf } from '@plumbline/core';
import { IngestCounters } from '../../../aggregator/src/ingest/metrics.ts';
import { createMetrics, type MetricSources } from '../../../aggregator/src/metrics/metrics.ts';
import { nodeCounts } from '../../../aggregator/src/metrics/node-counts.ts';
import type { NodeRecord } from '../../../aggregator/src/store/node-table.ts';

/** The metrics of an aggregator that knows nothing but what is given. */
export function metricsOf(given: Partial<MetricSources> = {}) {
  return createMetrics({
    version: '0.1.0',
    clock: () => 0,
    documents: () => [],
    controls: () => [],
    decisions: () => ({ active: 0, unused: 0, expired: 0, ineffective: 0 }),
    nodes: () => [],
    presence: () => 'reporting',
    nodesKnown: () => true,
    nodeCounts: nodeCounts(() => summaryOf([])),
    nodeSeries: 5000,
    nodeQuota: 1000,
    expiring: () => 0,
    ingest: new IngestCounters(),
    judging: { lastJudged: () => undefined, waiting: () => ({ nodes: 0, since: null }) },
    caughtUp: () => true,
    store: undefined,
    certificates: undefined,
    watches: () => [],
    requests: () => [],
    receivers: () => [],
    deliveries: () => [],
    alertsFileBroken: () => false,
    alerts: { counts: () => [] },
    alertsFired: () => new Map(),
    alertRules: () => [],
    history: () => ({
      unused: { bytes: 0, shrinks: true },
      oldest: undefined,
      rolledUp: undefined,
      failed: false,
      purged: 0,
    }),
    ...given,
  });
}

/** A scrape: the lines of series that are ours. */
export async function scraped(given: Partial<MetricSources> = {}): Promise<readonly string[]> {
  const { text } = await metricsOf(given).text();
  return seriesOf(text).filter((line) => line.startsWith('plumbline_'));
}

/** The lines of a scrape that are series. */
export function seriesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** A node of which nothing is known but this. */
export function record(given: Partial<NodeRecord> & Pick<NodeRecord, 'id' | 'name'>): NodeRecord {
  return {
    uid: null,
    kubeletVersion: null,
    providerId: null,
    os: null,
    labels: [],
    roles: [],
    platform: null,
    documents: null,
    listed: true,
    firstSeen: 0,
    lastReceived: null,
    epoch: null,
    sequence: 0n,
    digest: '',
    agentVersion: null,
    deletedAt: null,
    storedBytes: 0,
    judgedAgent: null,
    presence: null,
    ...given,
  };
}
