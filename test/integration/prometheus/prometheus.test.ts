import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { filledIn, shippedDashboard } from './dashboard.ts';
import { debianTools } from './debian-tools.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import { deployedAggregator, recordedAggregator } from './watched-aggregators.ts';

const deploy = join(import.meta.dirname, '..', '..', '..', 'deploy');
const tools = debianTools('prometheus', ['prometheus', 'promtool']);
const { prometheus, promtool } = 'found' in tools ? tools.found : { prometheus: '', promtool: '' };
const run = (args: readonly string[], input?: string) => {
  try {
    return execFileSync(promtool, args, { cwd: join(deploy, 'alerts'), encoding: 'utf8', stdio: 'pipe', input });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`promtool ${args.join(' ')}: ${stdout}${stderr}`);
  }
};

describe.skipIf('missing' in tools)('needs.md 47: rules and scrape configuration', () => {
  test('the rules are rules', () => {
    expect(run(['check', 'rules', 'plumbline.yaml'])).toMatch(/SUCCESS: \d\d rules found/);
  });

  test('each fires when it should and only then', () => {
    expect(run(['test', 'rules', 'tests.yaml'])).toContain('SUCCESS');
  });

  test('the scrape configuration is one', () => {
    expect(run(['check', 'config', '--syntax-only', '../prometheus/scrape.yaml'])).toContain('SUCCESS');
  });
});

describe.skipIf('missing' in tools)('needs.md 47: a real Prometheus that scrapes real aggregators', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plumbline-prometheus-'));
  const ending: (() => Promise<void> | void)[] = [() => rmSync(directory, { recursive: true, force: true })];
  const dashboard = shippedDashboard();
  let server: Prometheus;
  let nodes: readonly string[];
  let metricsUrl: string;

  beforeAll(async () => {
    const recorded = await recordedAggregator(directory);
    ending.push(recorded.close);
    const deployed = await deployedAggregator(directory);
    ending.push(deployed.close);
    nodes = recorded.nodes;
    metricsUrl = `${recorded.aggregator.restAddress}/metrics`;
    server = await startPrometheus(prometheus, directory, config(recorded, deployed));
    ending.push(server.stop);
    await vi.waitFor(async () => expect(await server.query('plumbline_build_info')).toHaveLength(2), {
      timeout: 10_000,
    });
    // Only now, so that what they bring about is a change between two scrapes.
    recorded.beginAgents();
    await vi.waitFor(
      async () => {
        await recorded.aggregator.settle();
        expect(await server.query('rate(plumbline_judging_seconds_count{job="recorded"}[1m]) > 0')).toHaveLength(1);
        expect(await server.query('plumbline_refusals_total offset 3s')).not.toEqual([]);
        expect(await server.query('plumbline_node_presence{presence="reporting"} offset 2s')).toHaveLength(
          nodes.length,
        );
        expect(await server.query('plumbline_api_watch_restarts_total offset 3s')).not.toEqual([]);
      },
      { timeout: 40_000, interval: 500 },
    );
  }, 60_000);

  afterAll(async () => {
    for (const end of ending.reverse()) await end();
  });

  test.each(dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)))(
    'the panel "%s" shows something: %s',
    async (_, expr) => {
      const values = (await server.query(filledIn(expr))).map((one) => Number(one.value[1]));
      expect(values.filter((value) => !Number.isNaN(value))).not.toEqual([]);
    },
  );

  test('every rule is evaluated without an error, and what is wrong here is seen', async () => {
    const rules = await server.rules();
    expect(rules).toHaveLength(15);
    expect(rules.filter((one) => one.health !== 'ok').map((one) => `${one.name}: ${one.lastError}`)).toEqual([]);
    // The recorded cluster violates critical controls, the other one has a node without an agent, no right to see
    // namespaces and a certificate for two days. The clock of `for` runs.
    const quiet = rules.filter((one) => one.state === 'inactive').map((one) => one.name);
    const wrong = ['CriticalControlFailed', 'NodeSilent', 'WatchDeniedOrStale', 'CertificateExpiring'];
    const right = ['Down', 'CertificateBroken', 'StoreNearlyFull', 'StoreGrowing', 'NodeOverQuota'];
    expect(wrong.filter((name) => quiet.includes(`Plumbline${name}`))).toEqual([]);
    expect(right.filter((name) => !quiet.includes(`Plumbline${name}`))).toEqual([]);
  });

  test('its variables have values', async () => {
    const queries = dashboard.templating.list.flatMap(({ query }) => (typeof query === 'string' ? [] : [query.query]));
    expect(queries).toHaveLength(2);
    for (const query of queries) {
      const [, series = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
      expect(await server.labelValues(label, filledIn(series))).not.toEqual([]);
    }
    expect(await server.labelValues('node', 'plumbline_node_presence{job="recorded"}')).toEqual([...nodes].sort());
  });

  test('what they show is what REST says', async () => {
    const summary = await (await fetch(metricsUrl.replace('/metrics', '/api/v1/summary'))).json();
    const { summary: whole } = summary as { summary: { pass: number; fail: number; score: number } };
    const one = async (expr: string) => Number((await server.query(expr))[0]?.value[1]);
    expect(await one('sum(plumbline_controls{job="recorded",status="pass"})')).toBe(whole.pass);
    expect(await one('sum(plumbline_controls{job="recorded",status="fail"})')).toBe(whole.fail);
    expect(await one('plumbline_score_ratio{job="recorded"}')).toBeCloseTo(whole.score, 10);
    expect(await one('count(plumbline_control_status{job="recorded",status="fail"})')).toBe(whole.fail);
  });

  test('promtool has nothing to say about names, types and help of the metrics that are ours', async () => {
    const text = await (await fetch(metricsUrl)).text();
    const ours = text.split('\n').filter((line) => /^(# (HELP|TYPE) )?plumbline_/.test(line));
    expect(ours.length).toBeGreaterThan(500);
    expect(run(['check', 'metrics'], `${ours.join('\n')}\n`)).toBe('');
  });
});

/** The configuration that is shipped, with loopback and the files of this test, and the recorded cluster besides. */
function config(
  recorded: Awaited<ReturnType<typeof recordedAggregator>>,
  { aggregator, tokenFile, caFile }: Awaited<ReturnType<typeof deployedAggregator>>,
): string {
  const shipped = parse(readFileSync(join(deploy, 'prometheus', 'scrape.yaml'), 'utf8'));
  const [job] = shipped.scrape_configs;
  const host = (address: string) => new URL(address).host;
  return JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(deploy, 'alerts', 'plumbline.yaml')],
    scrape_configs: [
      { job_name: 'recorded', static_configs: [{ targets: [host(recorded.aggregator.restAddress)] }] },
      {
        ...job,
        authorization: { credentials_file: tokenFile },
        tls_config: { ca_file: caFile },
        static_configs: [{ targets: [host(aggregator.restAddress)] }],
      },
    ],
  });
}
