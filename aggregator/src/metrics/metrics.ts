import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import type { VerdictChange } from '../store/verdict-table.ts';
import { adjustedGauges } from './adjusted-gauges.ts';
import { type AlertCountSources, alertCounts } from './alert-counts.ts';
import { type AlertSources, alertGauges } from './alert-gauges.ts';
import { changeKind } from './change-kind.ts';
import { type HistorySources, historyGauges } from './history-gauges.ts';
import { type MetricDescription, type MetricMaker, metricMaker } from './maker.ts';
import { firstKnown, type NodeSources, nodeGauges } from './node-gauges.ts';
import { type ProgramSources, programGauges } from './program-gauges.ts';
import { type VerdictSources, verdictGauges } from './verdict-gauges.ts';
import { type WatchSources, watchGauges } from './watch-gauges.ts';

/** What is read when somebody scrapes. */
export interface MetricSources
  extends VerdictSources,
    NodeSources,
    ProgramSources,
    WatchSources,
    AlertSources,
    AlertCountSources,
    HistorySources {}

/**
 * Counts that others report as they happen. Labels carry what we name (controls, sections, statuses, resources, routes, codes) and, up
 * to a limit, nodes; never a subject, a namespace, a pod or a message: the number of series is bounded.
 */
export interface Metrics {
  requested(route: string, status: number, seconds: number): void;
  judged(seconds: number): void;
  changed(changes: readonly VerdictChange[]): void;
  watchRestarted(resource: string, reason: string): void;
  text(): Promise<{ readonly type: string; readonly text: string }>;
  /** Every metric of ours. */
  readonly described: readonly MetricDescription[];
}

/** The metrics of one aggregator, in a registry of their own. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const make = metricMaker(registry);
  verdictGauges(make, sources);
  adjustedGauges(make, sources);
  nodeGauges(make, sources);
  programGauges(make, sources);
  watchGauges(make, sources);
  alertGauges(make, sources);
  alertCounts(make, sources);
  historyGauges(make, sources);
  return {
    ...events(make, sources),
    described: make.described,
    async text() {
      await sources.nodeCounts.refresh(firstKnown(sources.nodes(), sources.nodeSeries));
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}

function events(make: MetricMaker, { nodeCounts }: MetricSources) {
  const requests = make.counter(
    'plumbline_http_requests_total',
    'Requests to the REST API, by route and class of the status.',
    ['route', 'code'],
  );
  const answering = make.histogram(
    'plumbline_http_request_duration_seconds',
    'Time to answer a request to the REST API, by route.',
    ['route'],
    [0.005, 0.05, 0.5, 5],
  );
  const judging = make.histogram(
    'plumbline_judging_seconds',
    'Time to judge one node and store what changed.',
    [],
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5],
  );
  const changes = make.counter(
    'plumbline_verdict_changes_total',
    'Verdicts that changed: for worse, for better, new, gone or other, and the status they got (none where it is gone).',
    ['kind', 'status'],
  );
  // What starts at 1 has no increase: the first regress would go unseen.
  for (const status of ['warn', 'fail']) changes.inc({ kind: 'regress', status }, 0);
  for (const status of ['warn', 'pass']) changes.inc({ kind: 'progress', status }, 0);
  const restarts = make.counter(
    'plumbline_api_watch_restarts_total',
    'Watches of the API server that had to begin again.',
    ['resource', 'reason'],
  );
  return {
    requested(route: string, status: number, seconds: number) {
      requests.inc({ route, code: `${Math.floor(status / 100)}xx` });
      answering.observe({ route }, seconds);
    },
    judged: (seconds: number) => judging.observe(seconds),
    changed(list: readonly VerdictChange[]) {
      nodeCounts.changed(list);
      for (const one of list) changes.inc({ kind: changeKind(one), status: one.after ?? 'none' });
    },
    watchRestarted: (resource: string, reason: string) => restarts.inc({ resource, reason }),
  };
}
