import type { AlertQueries } from '../store/alert-queries.ts';
import type { MetricMaker } from './maker.ts';

/** Alerts as metrics see them. */
export interface AlertCountSources {
  readonly alerts: Pick<AlertQueries, 'counts'>;
  /** Alerts that began to fire since the start, by rule. */
  readonly alertsFired: () => ReadonlyMap<string, number>;
  /** Names of the rules in force. */
  readonly alertRules: () => readonly string[];
}

/** Rules are named by the alerts file: as many series as it has entries, times severities. */
export function alertCounts(make: MetricMaker, sources: AlertCountSources): void {
  make.gauge(
    'plumbline_alerts',
    'Alerts that are not resolved: gathering (nobody was told yet) or firing.',
    ['rule', 'severity', 'state'],
    (set) => {
      for (const { rule, severity, state, count } of sources.alerts.counts()) set({ rule, severity, state }, count);
    },
  );
  make.counted('plumbline_alerts_total', 'Alerts that began to fire since the start, by rule.', ['rule'], (add) => {
    for (const rule of sources.alertRules()) add({ rule }, sources.alertsFired().get(rule) ?? 0);
  });
}
