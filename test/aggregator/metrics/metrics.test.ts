import { type Finding, rollUp, summaryOf } from '@plumbline/core';
import { expect, test } from 'vitest';
import { IngestCounters } from '../../../aggregator/src/ingest/metrics.ts';
import { nodeCounts } from '../../../aggregator/src/metrics/node-counts.ts';
import type { VerdictChange } from '../../../aggregator/src/store/verdict-table.ts';
import { metricsOf, record, scraped, seriesOf } from './sources.ts';

const finding = (subject: string, status: Finding['status']) =>
  ({ benchmark: 'b', number: '5.2.2', control: 'psa-x', severity: 'critical', subject, status }) as Finding;
const about = (lines: readonly string[], name: string) => lines.filter((line) => line.startsWith(`${name}{`));

test('clocks and shares of any number of nodes are one line each: the worst, and how many are too far', async () => {
  const ingest = new IngestCounters();
  for (let n = 0; n < 500; n++) ingest.skew(`node-${n}`, n % 2 === 0 ? -n : n / 2);
  ingest.skew('node-498', 0);
  const nodes = [10, 1000, 999, 2000].map((storedBytes, id) => record({ id, name: `quota-${id}`, storedBytes }));
  const lines = await scraped({ ingest, nodes: () => nodes, nodeSeries: 0 });
  // node-0 is right, node-498 became right.
  expect(lines).toContain('plumbline_nodes_clock_skewed 498');
  expect(lines).toContain('plumbline_node_clock_skew_max_seconds 496');
  expect(lines).toContain('plumbline_node_store_max_bytes 2000');
  expect(lines).toContain('plumbline_nodes_over_quota 2');
  expect(lines.filter((line) => /node-\d|quota-\d/.test(line))).toEqual([]);
});

test('what nobody measured is not there', async () => {
  const lines = await scraped({ nodesKnown: () => false });
  const names = lines.map((line) => line.split(/[ {]/)[0]);
  for (const name of [
    'plumbline_nodes',
    'plumbline_score_ratio',
    'plumbline_store_bytes',
    'plumbline_store_free_bytes',
    'plumbline_tls_certificate_not_after_timestamp_seconds',
    'plumbline_tls_certificate_broken',
    'plumbline_cluster_last_judged_timestamp_seconds',
  ]) {
    expect(names).not.toContain(name);
  }
  expect(await scraped()).toContain('plumbline_nodes{presence="no-agent"} 0');
});

test('a resource that cannot be seen has a state and no number of objects', async () => {
  const watch = { lastEventAt: null, objects: 0, requests: 1 };
  const lines = await scraped({
    watches: () => [
      { ...watch, resource: 'pods', state: { state: 'denied', detail: 'no' } },
      { ...watch, resource: 'roles', state: { state: 'synced' }, lastEventAt: 5000 },
    ],
  });
  expect(lines.filter((line) => line.startsWith('plumbline_api_'))).toEqual([
    'plumbline_api_watch_last_event_timestamp_seconds{resource="roles"} 5',
    'plumbline_api_resource_state{resource="pods",state="denied"} 1',
    'plumbline_api_resource_state{resource="roles",state="synced"} 1',
    'plumbline_api_objects{resource="roles"} 0',
  ]);
});

test('verdicts are counted by control and status; no series is a namespace or a pod', async () => {
  const many = Array.from({ length: 500 }, (_, index) => finding(`namespace/team-${index}`, 'pass'));
  const lines = await scraped({ controls: () => rollUp([...many, finding('namespace/bad', 'fail')]) });
  expect(about(lines, 'plumbline_verdicts')).toEqual([
    'plumbline_verdicts{control="psa-x",status="pass"} 500',
    'plumbline_verdicts{control="psa-x",status="fail"} 1',
    'plumbline_verdicts{control="psa-x",status="warn"} 0',
    'plumbline_verdicts{control="psa-x",status="error"} 0',
    'plumbline_verdicts{control="psa-x",status="not-applicable"} 0',
  ]);
  expect(about(lines, 'plumbline_control_status')).toEqual([
    'plumbline_control_status{benchmark="b",section="5",number="5.2.2",control="psa-x",severity="critical",status="fail"} 1',
  ]);
  expect(lines.some((line) => line.includes('team-'))).toBe(false);
});

test('changes are counted by what they mean; the kinds that matter are there before the first', async () => {
  const metrics = metricsOf();
  const change = (before: VerdictChange['before'], after: VerdictChange['after']) =>
    ({ node: 'one', before, after }) as VerdictChange;
  metrics.changed([
    change('pass', 'fail'),
    change('pass', 'warn'),
    change('fail', 'pass'),
    change(null, 'fail'),
    change('fail', null),
    change('pass', 'error'),
    change('not-applicable', 'fail'),
  ]);
  const name = 'plumbline_verdict_changes_total';
  expect(about(seriesOf((await metrics.text()).text), name)).toEqual([
    `${name}{kind="regress",status="warn"} 1`,
    `${name}{kind="regress",status="fail"} 1`,
    `${name}{kind="progress",status="warn"} 0`,
    `${name}{kind="progress",status="pass"} 1`,
    `${name}{kind="new",status="fail"} 1`,
    `${name}{kind="gone",status="none"} 1`,
    `${name}{kind="other",status="error"} 1`,
    `${name}{kind="other",status="fail"} 1`,
  ]);
});

test('a node is counted again when its verdicts changed, and only then', async () => {
  const counted: string[] = [];
  let status: Finding['status'] = 'pass';
  const counts = nodeCounts(({ name }) => {
    counted.push(name);
    return summaryOf([finding('kubelet', status)]);
  });
  const nodes = [record({ id: 1, name: 'one', lastReceived: 7000 }), record({ id: 2, name: 'two' })];
  const metrics = metricsOf({ nodes: () => nodes, nodeCounts: counts });
  const failing = async () =>
    seriesOf((await metrics.text()).text).filter((line) => /^plumbline_node_controls.*"fail"/.test(line));
  expect(await failing()).toEqual([
    'plumbline_node_controls{node="one",status="fail"} 0',
    'plumbline_node_controls{node="two",status="fail"} 0',
  ]);
  status = 'fail';
  metrics.changed([{ node: 'two', before: 'pass', after: 'fail' } as VerdictChange]);
  expect(await failing()).toEqual([
    'plumbline_node_controls{node="one",status="fail"} 0',
    'plumbline_node_controls{node="two",status="fail"} 1',
  ]);
  await failing();
  expect(counted).toEqual(['one', 'two', 'two']);
  nodes.pop();
  expect(await failing()).toHaveLength(1);
});

test.each([
  [5000, 5000, 40_000, 0],
  [5000, 1000, 8000, 4000],
  [5000, 0, 0, 5000],
])('%i nodes with --node-series %i have %i series', async (count, nodeSeries, expected, without) => {
  const nodes = Array.from({ length: count }, (_, index) =>
    record({ id: count - index, name: `n-${index}`, lastReceived: 1 }),
  );
  const judging = { lastJudged: () => 2, waiting: () => ({ nodes: 0, since: null }) };
  const lines = await scraped({ nodes: () => nodes, nodeSeries, judging });
  expect(lines.filter((line) => line.includes('node="'))).toHaveLength(expected);
  expect(lines.length - expected).toBeLessThan(60);
  expect(lines).toContain(`plumbline_nodes_without_series ${without}`);
  // The one that became known last comes last.
  expect(lines.some((line) => line.includes('node="n-0"'))).toBe(nodeSeries === 5000);
});
