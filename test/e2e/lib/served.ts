import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './cluster.ts';
import { asking, end, inCluster } from './in-cluster.ts';

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
  // Of a directory that is given twice the later one holds: it is the caller's.
  const up = inCluster('cli/src/main.ts', 'up', '--port', String(port), '--data-dir', data, ...words);
  const poller = inCluster('test/e2e/lib/rest-poller.ts', `http://127.0.0.1:${port}`);
  const ask = asking(poller);
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
