import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { metricsOf } from '../aggregator/metrics/sources.ts';
import { shippedDashboard } from '../integration/prometheus/dashboard.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

const groups = parse(read('deploy/alerts/plumbline.yaml')).groups as readonly { rules: readonly Rule[] }[];
const rules = groups.flatMap((one) => one.rules);
const dashboard = shippedDashboard();
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map((one) => one.expr));

/** Names of series of ours in a query, parts of histograms as the histogram. */
function namesIn(query: string): readonly string[] {
  return (query.match(/\bplumbline_\w+/g) ?? []).map((name) => name.replace(/_(bucket|count|sum)$/, ''));
}

test('every alert has a severity, its words and its section of the runbook, and every section its alert', () => {
  const sections = [...read('docs/runbook.md').matchAll(/^## (\w+)$/gm)].map((found) => found[1]);
  expect(sections).toEqual(rules.map((one) => one.alert));
  expect(new Set(sections).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(labels.severity).toMatch(/^(critical|warning)$/);
    expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook']);
    expect(annotations['runbook']).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
  }
});

test('every alert is seen to fire in a test', () => {
  const { tests } = parse(read('deploy/alerts/tests.yaml')) as {
    tests: readonly { alert_rule_test: readonly { alertname: string; exp_alerts: readonly object[] }[] }[];
  };
  const fired = tests.flatMap((one) => one.alert_rule_test.filter((check) => check.exp_alerts.length > 0));
  expect(new Set(fired.map((one) => one.alertname))).toEqual(new Set(rules.map((one) => one.alert)));
});

test('rules, dashboard and runbook name metrics that are there', () => {
  const known = new Set(metricsOf().described.map((one) => one.name));
  const named = [...rules.map((one) => one.expr), ...queries, ...read('docs/runbook.md').split('\n')].flatMap(namesIn);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('the dashboard has a fixed uid and no id of anybody; every panel takes the chosen data source', () => {
  expect(dashboard).toMatchObject({ uid: 'plumbline', id: null });
  expect(dashboard.templating.list.map((one) => one.name)).toEqual(['datasource', 'job', 'node']);
  const shown = dashboard.panels.filter((one) => one.type !== 'row');
  expect(shown.length).toBeGreaterThan(20);
  for (const { datasource, targets = [] } of shown) {
    expect(targets.length).toBeGreaterThan(0);
    for (const one of [{ datasource }, ...targets]) expect(one.datasource?.uid).toMatch(/^\$\{datasource\}$/);
  }
  expect(new Set(dashboard.panels.map((one) => one.id)).size).toBe(dashboard.panels.length);
  expect(queries.filter((query) => !query.includes('job=~"$job"'))).toEqual([]);
});

test('the ServiceMonitor finds the Service, and its port', () => {
  const [monitor] = parseAllDocuments(read('deploy/prometheus/servicemonitor.yaml')).map((one) => one.toJS());
  const service = parse(read('deploy/manifests/service.yaml'));
  expect(service.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels);
  expect(service.metadata.namespace).toBe(monitor.metadata.namespace);
  const ports = service.spec.ports.map((one: { name: string }) => one.name);
  for (const { port } of monitor.spec.endpoints) expect(ports).toContain(port);
});
