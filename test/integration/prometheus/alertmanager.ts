import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../free-port.ts';
import { debianTools, type Tools } from './debian-tools.ts';

/** Alertmanager's program, or why there is none. */
export function alertmanagerProgram(): Tools<'prometheus-alertmanager'> {
  return debianTools('prometheus-alertmanager', ['prometheus-alertmanager']);
}

/** An alert as Alertmanager shows it. */
export interface ShownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

/** A real Alertmanager on loopback. */
export interface Alertmanager {
  readonly url: string;
  /** What it holds for firing. */
  active(): Promise<readonly ShownAlert[]>;
  stop(): Promise<void>;
}

const readyWithinMs = 20_000;

/**
 * Starts one that tells `notify` of every alert at once, with what it remembers in a directory. Debian's looks for its templates below
 * /usr/share alone, which an unpacked package is not: it then runs where that is the package's (as root, in mounts of its own).
 */
export async function startAlertmanager(program: string, notify: string, directory: string): Promise<Alertmanager> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'alertmanager.yml');
  writeFileSync(config, configuration(notify));
  const args = [
    `--config.file=${config}`,
    `--storage.path=${directory}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ];
  const child = withTemplates(program, args);
  // Whatever becomes of the test, this process does not outlive it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  await ready(child, url);
  return {
    url,
    async active() {
      const answer = await fetch(`${url}/api/v2/alerts?active=true`, { signal: AbortSignal.timeout(5000) });
      return (await answer.json()) as readonly ShownAlert[];
    },
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function configuration(notify: string): string {
  return `route: {receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: '${notify}', send_resolved: true}]}]
`;
}

function withTemplates(program: string, args: readonly string[]): ChildProcess {
  const options = { stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'] };
  if (existsSync('/usr/share/prometheus/alertmanager/default.tmpl')) return spawn(program, args, options);
  const share = join(program, '..', '..', 'share');
  const script = 'mount --bind "$1" /usr/share && shift && exec "$@"';
  return spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', share, program, ...args], options);
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  let said = '';
  child.stderr?.on('data', (part: Buffer) => {
    said = `${said}${part}`.slice(-4000);
  });
  const until = Date.now() + readyWithinMs;
  while (Date.now() < until && child.exitCode === null) {
    const found = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (found?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error(`Alertmanager does not start: ${said}`);
}
