import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { openAccess } from '../../aggregator/src/api/access.ts';
import type { ApiParts } from '../../aggregator/src/api/parts.ts';
import { reports } from '../../aggregator/src/api/reports.ts';
import { buildApi } from '../../aggregator/src/api/server.ts';
import { startScanning } from '../../aggregator/src/scans/scanning.ts';
import { openStore, type Store } from '../../aggregator/src/store/store.ts';
import { decisionPorts } from '../../aggregator/src/waivers/ports.ts';
import { shippedPack } from '../pack.ts';
import { writeHistory } from './history.ts';
import { type Measure, quantile } from './measure.ts';

const day = 86_400_000;
const days = 365;
const start = Date.parse('2026-01-01T00:00:00.000Z');
/** When the history of the benches ends. */
export const end = start + days * day;
const nodes = 2500;
const intervals = 1_000_000;
const rounds = 100;
const warmUp = 5;

/** So many days before the end of history. */
const ago = (back: number) => new Date(end - back * day).toISOString();

/** What is asked, by round, and the goal in milliseconds where there is one. */
const questions: readonly (readonly [name: string, query: (round: number) => string, limit?: number])[] = [
  ['two instants a day apart', (n) => `from=${ago(1 + n / 20)}&to=${ago(n / 20)}`, 100],
  ['the last week (13,000 changes)', (n) => `from=${ago(7 + n / 1000)}`, 100],
  ['a day a month ago', (n) => `from=${ago(31 + n / 20)}&to=${ago(30 + n / 20)}`, 100],
  ['a day half a year ago', (n) => `from=${ago(183 + n)}&to=${ago(182 + n)}`, 100],
  ['one node over the year', (n) => `from=${ago(364)}&node=node-${n}`, 100],
  ['two nodes', (n) => `node=node-${n}&otherNode=node-${n + 1}`, 100],
  ['one control over a month', (n) => `from=${ago(30 + n / 20)}&control=kubelet-anonymous-auth`, 100],
];

/** Comparisons over a year of history with a million verdict intervals, as the API answers them in this process. */
export async function benchCompare(): Promise<readonly Measure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'plumbline-compare-'));
  const file = join(directory, 'plumbline.db');
  try {
    await writeHistory(file, { pack: shippedPack(), nodes, intervals, start, end });
    const store = await openStore(file);
    const measures = await measured(store);
    store.close();
    return measures;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measured(store: Store): Promise<readonly Measure[]> {
  const server = await serverOf(store);
  const size = store.size().database / 1048576;
  const measures: Measure[] = [{ name: `database of ${intervals} verdict intervals`, value: size, unit: 'MiB' }];
  for (const [name, query, limit] of questions) {
    const times: number[] = [];
    // A server that was just started is no measure of one that runs: the first rounds do not count.
    for (let round = -warmUp; round < rounds; round++) {
      const began = performance.now();
      const answer = await server.inject({ url: `/api/v1/compare?${query(Math.abs(round))}` });
      if (round >= 0) times.push(performance.now() - began);
      if (answer.statusCode !== 200) throw new Error(answer.body);
    }
    const said = { unit: 'ms', ...(limit === undefined ? {} : { limit }) };
    measures.push({ name: `${name}, median`, value: quantile(times, 0.5), unit: 'ms' });
    measures.push({ name: `${name}, p99 of ${rounds}`, value: quantile(times, 0.99), ...said });
  }
  await server.close();
  return measures;
}

/** The API over a store, at the end of its history. */
export function serverOf(store: Store) {
  const sight = {
    presence: () => 'reporting' as const,
    nodeList: () => ({ source: 'agents' as const, synced: true, lastEventAt: null, error: null }),
    resources: () => [],
    clock: () => end,
  };
  const parts: ApiParts = {
    ...sight,
    ...startScanning({
      ...{ ...sight, store, within: 60_000, version: 'bench', counting: () => reports(parts) },
      ...{ connected: () => [], lookNow: () => undefined, settle: async () => undefined, caughtUp: () => false },
      failed(error) {
        throw error;
      },
    }),
    pack: shippedPack(),
    queries: store.queries,
    drift: store.drift,
    journal: store.journal,
    verdictsBetween: store.verdictsBetween,
    nodes: store.nodes.all,
    ...decisionPorts(store, 'bench', () => end),
    alerts: { queries: store.alerts.queries, rules: () => [], builtIn: () => true },
    clockSkew: () => null,
    delivery: {
      receivers: () => [],
      test: async () => undefined,
      deliveries: store.outbox.deliveries,
      fileError: () => null,
    },
    clusterName: 'bench',
    rejudged: () => Promise.reject(new Error('nothing is judged once more here')),
    controlPlaneVersion: () => 'v1.34.4',
    controlPlaneFrom: () => 'cluster',
    versionsAt: store.past.versions,
    fallbackVersion: null,
    exclusions: [],
    isSystemNamespace: () => false,
    readiness: {},
    notices: {},
    metrics: async () => ({ type: 'text/plain', text: '' }),
    requested: () => undefined,
    generation: store.generation,
    access: openAccess,
    version: 'bench',
  };
  return buildApi(parts, pino({ level: 'silent' }));
}
