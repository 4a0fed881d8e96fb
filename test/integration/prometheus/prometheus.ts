import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../free-port.ts';

/** What Prometheus answers to one query at one moment. */
export interface Answer {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** An alerting rule as Prometheus sees it. */
export interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
  readonly state: 'inactive' | 'pending' | 'firing';
}

/** A running Prometheus. */
export interface Prometheus {
  query(expr: string): Promise<readonly Answer[]>;
  /** Values of a label, as a variable of a dashboard asks for them. */
  labelValues(label: string, matching: string): Promise<readonly string[]>;
  /** Alerting rules, how their last evaluation went and what they say. */
  rules(): Promise<readonly Rule[]>;
  stop(): Promise<void>;
}

/** Starts one with this configuration (YAML or JSON) in a directory, on a free port of loopback. */
export async function startPrometheus(program: string, directory: string, config: string): Promise<Prometheus> {
  const file = join(directory, 'prometheus.yml');
  writeFileSync(file, config);
  const port = await freePort();
  const child = spawn(
    program,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(directory, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  // Whatever becomes of the test, this process does not outlive it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').then(() => process.off('exit', kill));
  const api = `http://127.0.0.1:${port}`;
  const ask = async (path: string, parameters: Readonly<Record<string, string>>) => {
    const reply = await fetch(`${api}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const body = (await reply.json()) as { status: string; error?: string; data: unknown };
    if (body.status !== 'success') throw new Error(`${JSON.stringify(parameters)}: ${body.error}`);
    return body.data;
  };
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`${api}/-/ready`).catch(() => undefined);
    if (ready?.ok) break;
    if (tries > 150 || child.exitCode !== null) {
      if (child.exitCode === null) await stop();
      throw new Error(`Prometheus does not get ready: ${said}`);
    }
    await sleep(100);
  }
  return {
    query: async (query) => ((await ask('query', { query })) as { result: readonly Answer[] }).result,
    labelValues: async (label, matching) =>
      (await ask(`label/${label}/values`, { 'match[]': matching })) as readonly string[],
    async rules() {
      const { groups } = (await ask('rules', {})) as { groups: readonly { rules: readonly Rule[] }[] };
      return groups.flatMap((one) => one.rules);
    },
    stop,
  };
}
