import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './cluster.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** What a poll of findings gave: after how many milliseconds it was met, or the last page where it never was. */
export interface Polled {
  readonly ms: number;
  readonly met: boolean;
  readonly body?: unknown;
}

/** `plumbline up` inside the cluster's network namespace: this node's agent, the watches of the cluster, and REST. */
export interface Served {
  get<T>(path: string): Promise<T>;
  /** Waits until some finding of the page has these fields; `absent` until none has. */
  poll(
    path: string,
    fields: Readonly<Record<string, string>>,
    options?: { readonly absent?: true; readonly within?: number },
  ): Promise<Polled>;
  stop(): void;
}

/** Starts it with these extra words and waits until it answers. */
export async function startServed(port: number, ...words: readonly string[]): Promise<Served> {
  const data = mkdtempSync(join(tmpdir(), 'plumbline-up-'));
  const up = inCluster('cli/src/main.ts', 'up', '--port', String(port), '--data-dir', data, ...words);
  const poller = inCluster('test/e2e/lib/rest-poller.ts', `http://127.0.0.1:${port}`);
  const answers: ((text: string) => void)[] = [];
  if (!poller.stdout) throw new Error('the poller has no output');
  createInterface({ input: poller.stdout }).on('line', (line) => answers.shift()?.(line));
  const ask = <T>(request: object): Promise<T> =>
    new Promise((resolve) => {
      answers.push((line) => resolve(JSON.parse(line) as T));
      poller.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  const served: Served = {
    get: async <T>(path: string) => (await ask<{ body: T }>({ path })).body,
    poll: (path, fields, options = {}) => ask<Polled>({ path, until: fields, ...options }),
    stop() {
      for (const one of [poller, up]) end(one);
      rmSync(data, { recursive: true, force: true });
    },
  };
  await until(60, 'the aggregator answers', async () => {
    const body = await served.get<{ summary?: { total: number } }>('/api/v1/summary');
    return (body.summary?.total ?? 0) > 90 ? true : undefined;
  });
  return served;
}

function inCluster(...words: readonly string[]): ChildProcess {
  return spawn('bash', [join(root, 'test', 'cluster', 'cluster.sh'), 'in', process.execPath, ...words], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
}

/** The shell that entered the namespace has the program as its child: both are one process group. */
function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
