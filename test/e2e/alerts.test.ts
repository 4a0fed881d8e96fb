import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AlertMessage } from '../../aggregator/src/alert/message.ts';
import { alertmanagerProgram } from '../integration/prometheus/alertmanager.ts';
import type { Places, Received } from './lib/alert-receivers.ts';
import { flags, k8s, kubeletFlags, manifest } from './lib/change.ts';
import { cluster, kubectl, nodeName, settledCluster, until } from './lib/cluster.ts';
import { end, inCluster } from './lib/in-cluster.ts';
import { type Served, startServed } from './lib/served.ts';
import { chmod, type Undo, write } from './lib/undo.ts';
import { apiServerRuns } from './lib/watched.ts';

/**
 * Drift of a real node and cluster reaches a webhook and a real Alertmanager: each change once when it fires and once when it is mended,
 * with before and after, over a restart of the aggregator.
 */

const port = 8480;
const home = mkdtempSync(join(tmpdir(), 'plumbline-alerts-'));
const rules = `
rules:
  - {name: regressions, on: regress, receivers: [hook, am]}
  - {name: kubelet-configuration, on: drift, facts: ["kubelet.*"], receivers: [hook, am]}
`;
const received: Received[] = [];
const undos: Undo[] = [];

/** Is undone at the end, if it was not before. */
function undone(undo: Undo): Undo {
  let done = false;
  const once = () => {
    if (!done) undo();
    done = true;
  };
  undos.push(once);
  return once;
}

let receivers: ReturnType<typeof inCluster>;
let served: Served;

/** A message as the webhook got it. */
type Told = AlertMessage & { readonly at: number };

const told = (): readonly Told[] =>
  received
    .filter((one) => one.path === '/hook')
    .map((one) => ({ ...(JSON.parse(one.body) as { data: AlertMessage }).data, at: one.at }));

/** What Alertmanager told about the alert with these labels: `firing` or `resolved`, in order. */
function notified(labels: Readonly<Record<string, string>>): readonly string[] {
  return received
    .filter((one) => one.path === '/alertmanager')
    .flatMap((one) => (JSON.parse(one.body) as { alerts: { status: string; labels: Record<string, string> }[] }).alerts)
    .filter((one) => Object.entries(labels).every(([name, value]) => one.labels[name] === value))
    .map((one) => one.status);
}

async function firing(since: number, what: string, is: (one: Told) => boolean): Promise<Told> {
  return until(120, what, () => told().find((one) => one.at >= since && one.status === 'firing' && is(one)));
}

function start(): Promise<Served> {
  return startServed(port, '--data-dir', join(home, 'data'), '--alerts-file', join(home, 'alerts.yaml'));
}

beforeAll(async () => {
  const program = alertmanagerProgram();
  if ('missing' in program) throw new Error(program.missing);
  await settledCluster();
  // The directory of drop-ins is watched from the start, so that one that comes later is no restart's business.
  undos.push(
    write(`${k8s}/kubelet.conf.d/10-empty.conf`, dropIn('{}')),
    kubeletFlags(`--config-dir=${k8s}/kubelet.conf.d`),
  );
  cluster('restart-kubelet');
  await settledCluster();
  receivers = inCluster('test/e2e/lib/alert-receivers.ts', program.found['prometheus-alertmanager'], join(home, 'am'));
  if (!receivers.stdout) throw new Error('the receivers have no output');
  let places: Places | undefined;
  createInterface({ input: receivers.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Places | Received;
    if ('hook' in said) places = said;
    else received.push(said);
  });
  const { hook, alertmanager } = await until(60, 'Alertmanager runs', () => places);
  writeFileSync(
    join(home, 'alerts.yaml'),
    `receivers:
  - {name: hook, kind: webhook, url: "${hook}", allowPrivate: true, allowHttp: true}
  - {name: am, kind: alertmanager, url: "${alertmanager}", allowHttp: true}
${rules}`,
  );
  served = await start();
}, 400_000);

afterAll(async () => {
  served?.stop();
  if (receivers) end(receivers);
  for (const undo of undos.splice(0).reverse()) undo();
  cluster('restart-kubelet');
  await settledCluster();
  kubectl('delete', 'clusterrolebinding', 'plumbline-alerts', '--ignore-not-found');
  rmSync(home, { recursive: true, force: true });
}, 300_000);

function dropIn(authentication: string): string {
  return `apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication: ${authentication}\n`;
}

const delays: Record<string, number> = {};

test('each change fires once within its time, is mended once, and a restart tells nothing', {
  timeout: 900_000,
}, async () => {
  await sleep(5000);
  expect(told()).toEqual([]);
  const node = nodeName();

  // A manifest that others may read.
  let since = Date.now();
  const readable = undone(chmod(manifest('kube-scheduler'), 0o604));
  const mode = await firing(since, 'the manifest', (one) => one.control?.control === 'scheduler-manifest-permissions');
  delays['chmod of a manifest'] = mode.at - since;
  expect(mode).toMatchObject({ nodes: [node], statusBefore: 'pass', statusAfter: 'fail' });
  expect(mode.values).toMatchObject([{ subject: manifest('kube-scheduler'), from: '0600', to: '0604' }]);

  // A binding to cluster-admin.
  since = Date.now();
  kubectl('create', 'clusterrolebinding', 'plumbline-alerts', '--clusterrole=cluster-admin', '--user=mallory');
  const wrote = Date.now();
  const bound = await firing(since, 'the binding', (one) => one.control?.control === 'rbac-cluster-admin-use');
  delays['binding to cluster-admin'] = bound.at - wrote;
  expect(bound).toMatchObject({ nodes: [], statusAfter: 'fail' });
  expect(bound.subjects).toContain('clusterrolebinding/plumbline-alerts');

  // A drop-in: drift at once and pending, in force with the restart of the kubelet.
  since = Date.now();
  const opened = undone(write(`${k8s}/kubelet.conf.d/50-open.conf`, dropIn('{anonymous: {enabled: true}}')));
  const drifted = await firing(since, 'the drop-in', (one) => one.rule === 'kubelet-configuration');
  delays['edit of a drop-in'] = drifted.at - since;
  const pending = await served.get<{ findings: readonly object[] }>(
    '/api/v1/findings?control=kubelet-anonymous-auth&evidence=true',
  );
  expect(pending.findings).toMatchObject([{ status: 'pass' }]);
  expect(JSON.stringify(pending.findings)).toContain('pending');
  expect(told().filter((one) => one.control?.control === 'kubelet-anonymous-auth')).toEqual([]);
  cluster('restart-kubelet');
  since = Date.now();
  const open = await firing(since - 10_000, 'the kubelet', (one) => one.control?.control === 'kubelet-anonymous-auth');
  delays['restart of the kubelet'] = open.at - since;
  expect(open).toMatchObject({ nodes: [node], statusBefore: 'pass', statusAfter: 'fail' });

  // Another flag of the API server, by its manifest.
  const word = '--authorization-mode=Node,RBAC,AlwaysAllow';
  const flagged = undone(flags('kube-apiserver', word));
  await apiServerRuns(word, true);
  since = Date.now();
  const allows = 'apiserver-authorization-not-always-allow';
  const allowed = await firing(since - 60_000, 'the API server', (one) => one.control?.control === allows);
  delays['restart of the API server'] = allowed.at - since;

  // The aggregator goes and comes: nobody hears of it.
  const before = told().length;
  served.stop();
  await sleep(2000);
  served = await start();
  await sleep(5000);
  expect(
    told()
      .slice(before)
      .map((one) => `${one.status} ${one.revision} ${one.title}`),
  ).toEqual([]);

  // All is mended.
  readable();
  opened();
  kubectl('delete', 'clusterrolebinding', 'plumbline-alerts');
  flagged();
  cluster('restart-kubelet');
  await apiServerRuns(word, false);
  await settledCluster();
  const ours = [mode, bound, drifted, open, allowed];
  const statuses = () =>
    ours.map(({ alert }) =>
      told()
        .filter((one) => one.alert === alert)
        .map((one) => one.status),
    );
  await until(180, 'all are resolved', () => statuses().every((list) => list.includes('resolved')) || undefined);
  await sleep(30_000);
  expect(statuses()).toEqual(ours.map(() => ['firing', 'resolved']));
  for (const one of ours) expect(notified(one.labels)).toEqual(['firing', 'resolved']);
  const others = told().filter((one) => !ours.some(({ alert }) => one.alert === alert));
  // With AlwaysAllow nobody is anonymous, so that a control of that passes meanwhile. Nothing else is told of what restarts.
  expect(others.map((one) => `${one.status} ${one.control?.control}`)).toEqual(['firing apiserver-anonymous-auth']);
  console.log(`write to webhook, milliseconds: ${JSON.stringify(delays)}`);
  for (const what of ['chmod of a manifest', 'binding to cluster-admin', 'edit of a drop-in'])
    expect(delays[what]).toBeLessThan(1000);
  for (const what of ['restart of the kubelet', 'restart of the API server']) expect(delays[what]).toBeLessThan(5000);
});
