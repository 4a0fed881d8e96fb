import type { RolledUp, Status, Summary } from '@plumbline/core';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { CertificateState } from './certificate-files.ts';
import type { RequestCount } from './cluster/kube-client.ts';
import type { IngestCounters } from './ingest/metrics.ts';
import type { Presence } from './judging/presence.ts';
import { certificate, type MakeGauge, outliers } from './metric-gauges.ts';
import type { NamedReport } from './nodes/follow-cluster.ts';
import type { VerdictChange } from './store/verdict-table.ts';

/** What is read when somebody scrapes. */
export interface MetricSources {
  readonly version: string;
  readonly documents: () => readonly (Summary & { readonly benchmark: string })[];
  /** Controls with how many verdicts they have in each status. */
  readonly controls: () => readonly RolledUp[];
  readonly presences: () => readonly Presence[];
  readonly ingest: IngestCounters;
  readonly storeBytes: () => { readonly database: number; readonly wal: number };
  /** What each node cost the store, and what it may. */
  readonly shares: () => readonly number[];
  readonly nodeQuota: number;
  /** The server's certificate; undefined without TLS. */
  readonly certificates: (() => CertificateState) | undefined;
  /** How every watched resource is doing; empty without a cluster. */
  readonly watches: () => readonly NamedReport[];
  /** Requests to the API server so far. */
  readonly requests: () => readonly RequestCount[];
}

/** Counts that others report as they happen. No label ever carries a node, a subject or a message: cardinality is bounded. */
export interface Metrics {
  requested(route: string, status: number): void;
  judged(seconds: number): void;
  changed(changes: readonly VerdictChange[]): void;
  watchRestarted(resource: string, reason: string): void;
  text(): Promise<{ readonly type: string; readonly text: string }>;
}

const statuses: readonly (readonly [Status, keyof Summary])[] = [
  ['pass', 'pass'],
  ['fail', 'fail'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['not-applicable', 'notApplicable'],
];

/** The metrics of one aggregator, in a registry of their own. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  scraped(registers, sources);
  const requests = new Counter({
    name: 'plumbline_http_requests_total',
    help: 'Requests to the REST API, by route and class of the status.',
    labelNames: ['route', 'code'],
    registers,
  });
  const judging = new Histogram({
    name: 'plumbline_judging_seconds',
    help: 'Time to judge one node and store what changed.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5],
    registers,
  });
  const changes = new Counter({
    name: 'plumbline_verdict_changes_total',
    help: 'Verdicts that changed, by the status they got; gone where there is none any more.',
    labelNames: ['status'],
    registers,
  });
  const restarts = new Counter({
    name: 'plumbline_api_watch_restarts_total',
    help: 'Watches of the API server that had to begin again.',
    labelNames: ['resource', 'reason'],
    registers,
  });
  return {
    requested: (route, status) => requests.inc({ route, code: `${Math.floor(status / 100)}xx` }),
    judged: (seconds) => judging.observe(seconds),
    changed(list) {
      for (const { after } of list) changes.inc({ status: after ?? 'gone' });
    },
    watchRestarted: (resource, reason) => restarts.inc({ resource, reason }),
    text: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}

/** Values that are looked up at the moment of the scrape. */
function scraped(registers: Registry[], sources: MetricSources): void {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[], collect: (self: Gauge<L>) => void) =>
    new Gauge<L>({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        collect(this);
      },
    });
  gauge('plumbline_build_info', 'Version of this program.', ['version'], (self) =>
    self.set({ version: sources.version }, 1),
  );
  gauge('plumbline_controls', 'Controls rolled up over all nodes.', ['benchmark', 'status'], (self) => {
    for (const one of sources.documents()) {
      for (const [status, key] of statuses) self.set({ benchmark: one.benchmark, status }, one[key] ?? 0);
    }
  });
  gauge(
    'plumbline_verdicts',
    'Current verdicts by control and status, subjects and nodes together.',
    ['control', 'status'],
    (self) => {
      for (const { control, counts } of sources.controls()) {
        for (const [status, count] of Object.entries(counts)) if (count > 0) self.inc({ control, status }, count);
      }
    },
  );
  ratio(gauge, sources, 'score', 'pass / (pass + fail + error); absent when nothing was judged.');
  ratio(gauge, sources, 'coverage', '(pass + fail) / (pass + fail + warn + error); absent when nothing was judged.');
  gauge('plumbline_nodes', 'Nodes by whether an agent reports from them.', ['agent'], (self) => {
    for (const agent of ['reporting', 'stale', 'no-agent'] as const) {
      self.set({ agent }, sources.presences().filter((one) => one === agent).length);
    }
  });
  gauge('plumbline_store_bytes', 'Size of the database files.', ['file'], (self) => {
    const { database, wal } = sources.storeBytes();
    self.set({ file: 'database' }, database);
    self.set({ file: 'wal' }, wal);
  });
  outliers(gauge, sources);
  certificate(gauge, sources);
  gauge('plumbline_streams', 'Open streams of agents.', [], (self) => self.set(sources.ingest.openStreams));
  watchMetrics(gauge, registers, sources);
  counted(
    registers,
    'plumbline_commits_total',
    'Messages of agents that were committed.',
    'kind',
    sources.ingest.commits,
  );
  counted(
    registers,
    'plumbline_refusals_total',
    'Messages of agents that were refused.',
    'code',
    sources.ingest.refusals,
  );
}

/** Resources are ours, never the cluster's: every kind of constraint counts as one. */
function watchMetrics(gauge: MakeGauge, registers: Registry[], sources: MetricSources): void {
  gauge('plumbline_api_watch_last_event_timestamp_seconds', 'Last sign of life of a watch.', ['resource'], (self) => {
    for (const { resource, lastEventAt } of sources.watches()) {
      if (lastEventAt !== null) self.set({ resource }, lastEventAt / 1000);
    }
  });
  gauge(
    'plumbline_api_resource_state',
    'How well a resource is known: 1 for its state.',
    ['resource', 'state'],
    (self) => {
      for (const { resource, state } of sources.watches()) self.set({ resource, state: state.state }, 1);
    },
  );
  gauge('plumbline_api_objects', 'Objects kept of a resource; pods that count, of pods.', ['resource'], (self) => {
    for (const { resource, objects } of sources.watches()) self.set({ resource }, objects);
  });
  new Counter({
    name: 'plumbline_api_requests_total',
    help: 'Requests to the API server.',
    labelNames: ['verb', 'resource'],
    registers,
    collect() {
      this.reset();
      for (const { verb, resource, count } of sources.requests()) this.inc({ verb, resource }, count);
    },
  });
}

function ratio(gauge: MakeGauge, sources: MetricSources, which: 'score' | 'coverage', help: string): void {
  gauge(`plumbline_${which}_ratio`, help, ['benchmark'], (self) => {
    for (const one of sources.documents()) {
      const value = one[which];
      if (value !== null) self.set({ benchmark: one.benchmark }, value);
    }
  });
}

/** A counter whose values somebody else counts. */
function counted(
  registers: Registry[],
  name: string,
  help: string,
  label: string,
  values: ReadonlyMap<string, number>,
): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      this.reset();
      for (const [key, value] of values) this.inc({ [label]: key }, value);
    },
  });
}
