import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..', '..', '..');

/** Runs a script of this repository in the cluster's network namespace, where the tests themselves are not. */
export function inCluster(...words: readonly string[]): ChildProcess {
  return spawn('bash', [join(root, 'test', 'cluster', 'cluster.sh'), 'in', process.execPath, ...words], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
}

/** Asks a script that answers each line of JSON by one, in order. */
export function asking(child: ChildProcess): <T>(request: object) => Promise<T> {
  const answers: ((text: string) => void)[] = [];
  if (!child.stdout) throw new Error('the script has no output');
  createInterface({ input: child.stdout }).on('line', (line) => answers.shift()?.(line));
  return <T>(request: object): Promise<T> =>
    new Promise((resolve) => {
      answers.push((line) => resolve(JSON.parse(line) as T));
      child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
}

/** The shell that entered the namespace has the program as its child: both are one process group. */
export function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
