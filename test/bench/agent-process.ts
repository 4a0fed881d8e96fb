import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundle } from '../build/bundle.ts';
import { programs, root } from '../build/programs.ts';
import { freePort } from '../free-port.ts';
import { authority } from '../integration/stream-certificates.ts';

/** The two programs as their images run them, in processes of their own, over mutual TLS on loopback. */
export interface World {
  /** Starts an agent that looks at `hostRoot` with these flags, and waits until the aggregator has its first snapshot. */
  agent(hostRoot: string, ...flags: readonly string[]): Promise<AgentProcess>;
  close(): Promise<void>;
}

/** One agent's process, measured from outside. */
export interface AgentProcess {
  readonly pid: number;
  /** CPU of all its threads since its start, in milliseconds. */
  cpuMs(): number;
  memory(): { readonly residentMiB: number; readonly anonymousMiB: number };
  /** Looks that have ended. */
  looks(): Promise<number>;
  /** What the kubelet asks: is it alive, is it ready? */
  probe(path: '/healthz' | '/readyz'): Promise<void>;
}

/** Bundles both programs and starts the aggregator. */
export async function startWorld(): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const files = { agent: await bundled('agent', home), aggregator: await bundled('aggregator', home) };
  const certificates = authority(home);
  const server = certificates.issue('server', 'plumbline-aggregator', 'serverAuth');
  const children: ChildProcess[] = [];
  const start = (
    name: 'agent' | 'aggregator',
    args: readonly string[],
    { options, environment }: Image = { options: [], environment: {} },
  ) => {
    const child = spawn(process.execPath, [...options, files[name], ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...environment },
    });
    children.push(child);
    return child;
  };
  const ports = { grpc: await freePort(), rest: await freePort() };
  start('aggregator', [
    `--grpc-listen=127.0.0.1:${ports.grpc}`,
    `--listen=127.0.0.1:${ports.rest}`,
    `--database=${join(home, 'bench.db')}`,
    `--tls-cert-file=${server.certFile}`,
    `--tls-key-file=${server.keyFile}`,
    `--client-ca-file=${certificates.caFile}`,
    '--kubernetes-version=1.34',
    '--log-level=error',
  ]);
  return {
    async agent(hostRoot, ...flags) {
      const name = `bench-${children.length}`;
      const own = certificates.issue(name, `plumbline:node:${name}`, 'clientAuth');
      const health = await freePort();
      const child = start(
        'agent',
        [
          `--aggregator=localhost:${ports.grpc}`,
          `--tls-ca-file=${certificates.caFile}`,
          `--tls-cert-file=${own.certFile}`,
          `--tls-key-file=${own.keyFile}`,
          `--host-root=${hostRoot}`,
          `--node-name=${name}`,
          `--spool-dir=${join(home, name)}`,
          `--health-address=127.0.0.1:${health}`,
          '--log-level=warn',
          ...flags,
        ],
        agentImage(),
      );
      return measured(child, `http://127.0.0.1:${health}`);
    },
    async close() {
      for (const child of children.splice(0).reverse()) await ended(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

interface Image {
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What the agent's image gives to the process: options of V8 and its environment. */
function agentImage(): Image {
  const text = readFileSync(join(root, 'Dockerfile.agent'), 'utf8');
  const entry = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(text)?.[1] ?? '[]') as readonly string[];
  const environment = Object.fromEntries(
    [...text.matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
  );
  return { options: entry.filter((word) => word.startsWith('--')), environment };
}

async function bundled(name: 'agent' | 'aggregator', home: string): Promise<string> {
  const program = programs.find((one) => one.name === name);
  if (!program) throw new Error(`no program ${name}`);
  return bundle(program, join(home, 'dist'));
}

async function measured(child: ChildProcess, health: string): Promise<AgentProcess> {
  const { pid } = child;
  if (pid === undefined) throw new Error('the agent did not start');
  // Every probe of the kubelet is a connection of its own.
  const get = async (path: string) => (await fetch(`${health}${path}`, { headers: { connection: 'close' } })).text();
  const metric = async (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(await get('/metrics'))?.[1]);
  const settled = async () =>
    (await metric('plumbline_agent_stream_connected')) === 1 &&
    (await metric('plumbline_agent_outbox_transitions')) === 0;
  for (let tries = 0; !(await settled().catch(() => false)); tries++) {
    if (tries === 120 || child.exitCode !== null) throw new Error('the agent did not reach the aggregator');
    await sleep(250);
  }
  return {
    pid,
    cpuMs: () => cpuOf(pid),
    memory: () => memoryOf(pid),
    looks: () => metric('plumbline_agent_passes_total{result="done"}'.replace(/[{}"]/g, '\\$&')),
    probe: async (path) => void (await get(path)),
  };
}

/** Nanoseconds on a CPU are the first number of schedstat; a thread of the agent lives as long as the agent. */
function cpuOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spent = threads.map((one) => Number(readFileSync(`/proc/${pid}/task/${one}/schedstat`, 'utf8').split(' ')[0]));
  return spent.reduce((sum, one) => sum + one, 0) / 1e6;
}

function memoryOf(pid: number): { readonly residentMiB: number; readonly anonymousMiB: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
  return { residentMiB: mebibytes('Rss'), anonymousMiB: mebibytes('Anonymous') };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await end;
  clearTimeout(late);
}
