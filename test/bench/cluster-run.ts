/**
 * One aggregator on a simulated API server, in a process of its own: `node --expose-gc cluster-run.ts PODS NAMESPACES OWNERS` prints one
 * line of JSON. The CPU is that of this process alone: watching, judging, storing and serving.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Aggregator, startAggregator } from '@plumbline/aggregator';

/** What one size cost. CPU in seconds, memory in bytes, times in milliseconds. */
export interface ClusterRun {
  readonly pods: number;
  readonly firstVerdictCpu: number;
  readonly firstVerdictWallMs: number;
  readonly findings: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  readonly databaseBytes: number;
  readonly eventCpuMicros: number;
  readonly changeMs: readonly number[];
  readonly steadyRequests: Readonly<Record<string, number>>;
  readonly startRequests: number;
}

const events = 5000;
const steadyMs = 20_000;

if (import.meta.main) {
  const [pods = 1000, namespaces = 100, owners = 120] = process.argv.slice(2).map(Number);
  console.log(JSON.stringify(await run(pods, namespaces, owners)));
  process.exit(0);
}

async function run(pods: number, namespaces: number, owners: number): Promise<ClusterRun> {
  const server = spawn(
    process.execPath,
    [join(import.meta.dirname, 'api', 'server.ts'), `${pods}`, `${namespaces}`, `${owners}`],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const directory = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  try {
    return await measured(await portOf(server), directory, { pods, namespaces, owners });
  } finally {
    server.stdin?.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measured(
  port: number,
  directory: string,
  size: { pods: number; namespaces: number; owners: number },
): Promise<ClusterRun> {
  const api = `http://127.0.0.1:${port}`;
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigOf(api));
  const database = join(directory, 'plumbline.db');
  const cpu = process.cpuUsage();
  const began = performance.now();
  const aggregator = await startAggregator({
    listen: '127.0.0.1:0',
    grpcListen: '127.0.0.1:0',
    database,
    logLevel: 'error',
    cluster: { kind: 'kubeconfig', file: kubeconfig },
  });
  await untilJudged(aggregator, size.namespaces);
  const first = seconds(process.cpuUsage(cpu));
  const firstVerdictWallMs = performance.now() - began;
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const startRequests = total(await asked(api));
  const changeMs = await changes(aggregator, api, size);
  const eventCpuMicros = await floods(api, size.pods);
  const before = await asked(api);
  await new Promise((resolve) => setTimeout(resolve, steadyMs));
  const after = await asked(api);
  const summary = await get<{ documents: readonly { total: number }[] }>(`${aggregator.restAddress}/api/v1/summary`);
  const steady = Object.entries(after).map(([key, count]) => [key, count - (before[key] ?? 0)] as const);
  const result: ClusterRun = {
    pods: size.pods,
    firstVerdictCpu: first,
    firstVerdictWallMs,
    findings: summary.documents.length,
    heapBytes: heapUsed + external,
    rssBytes: rss,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    databaseBytes: statSync(database).size,
    eventCpuMicros,
    changeMs,
    steadyRequests: Object.fromEntries(steady.filter(([, count]) => count > 0)),
    startRequests,
  };
  await aggregator.close();
  return result;
}

/** Every namespace has its verdict of a control that each namespace gets. */
async function untilJudged(aggregator: Aggregator, namespaces: number): Promise<void> {
  for (;;) {
    await aggregator.settle();
    const control = await get<{ counts: Record<string, number> }>(
      `${aggregator.restAddress}/api/v1/controls/psa-privileged-containers`,
    );
    if (Object.values(control.counts).reduce((sum, count) => sum + count, 0) >= namespaces) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Milliseconds from a changed pod to the changed verdict in REST, there and back, ten times. */
async function changes(
  aggregator: Aggregator,
  api: string,
  { pods, namespaces, owners }: { pods: number; namespaces: number; owners: number },
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < 10; round++) {
    const index = (round * 2 + 1) % Math.min(pods, owners, namespaces);
    const subject = `namespace/team-${String(index % namespaces).padStart(5, '0')}`;
    for (const privileged of [true, false]) {
      const before = await messageOf(aggregator, subject);
      const began = performance.now();
      await fetch(`${api}/bench/pods/${index}?privileged=${privileged}`, { method: 'POST' });
      while ((await messageOf(aggregator, subject)) === before) await new Promise((resolve) => setTimeout(resolve, 5));
      times.push(performance.now() - began);
    }
  }
  return times;
}

async function messageOf(aggregator: Aggregator, subject: string): Promise<string> {
  const query = `control=psa-privileged-containers&namespace=${subject.slice('namespace/'.length)}`;
  const page = await get<{ findings: readonly { message: string; status: string }[] }>(
    `${aggregator.restAddress}/api/v1/findings?${query}`,
  );
  return page.findings.map((one) => `${one.status} ${one.message}`).join();
}

/** CPU of one event that changes nothing that controls read, which is what nearly all events are. */
async function floods(api: string, pods: number): Promise<number> {
  const cpu = process.cpuUsage();
  for (let done = 0; done < events; done += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        fetch(`${api}/bench/pods/${(done + index) % pods}`, { method: 'POST' }).then((answer) => answer.text()),
      ),
    );
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const asking = process.cpuUsage();
  for (let done = 0; done < events; done += 50) {
    await Promise.all(Array.from({ length: 50 }, () => fetch(`${api}/bench/requests`).then((answer) => answer.text())));
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const end = process.cpuUsage();
  const used = asking.user + asking.system - cpu.user - cpu.system;
  const overhead = end.user + end.system - asking.user - asking.system;
  return (used - overhead) / events;
}

async function asked(api: string): Promise<Record<string, number>> {
  return get(`${api}/bench/requests`);
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

async function get<T>(url: string): Promise<T> {
  return (await fetch(url).then((answer) => answer.json())) as T;
}

function seconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}

function portOf(server: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    server.stdout?.once('data', (text: Buffer) => resolve(Number(text.toString())));
    server.once('exit', (code) => reject(new Error(`the simulated API server ended with ${code}`)));
  });
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    clusters: [{ name: 'bench', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'bench', user: {} }],
  });
}
