import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const one of cleanup.splice(0)) one();
});

const limit = 'echo 3 > /proc/sys/user/max_inotify_watches';
const may = (...words: readonly string[]) => spawnSync('unshare', words).status === 0;

function tree(): string {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-namespaces-'));
  cleanup.push(() => rmSync(root, { recursive: true, force: true }));
  for (const path of ['etc/one', 'etc/two']) mkdirSync(join(root, path), { recursive: true });
  return root;
}

/** Lines of a looker that `unshare` begins after this script; there `"$@"` is the looker. */
function looker(root: string, flags: readonly string[], script = 'exec "$@"') {
  const program = join(import.meta.dirname, 'elsewhere.ts');
  const words = [...flags, 'sh', '-c', script, root, process.execPath, program, root];
  const child: ChildProcess = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanup.push(() => child.kill('SIGKILL'));
  if (!child.stdout) throw new Error('no output');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => (await lines.next()).value as string | undefined;
}

test.skipIf(!may('-C', 'true'))('in a cgroup namespace of its own a change is noticed', async () => {
  const root = tree();
  const line = looker(root, ['-C']);
  expect(await line()).toBe('{"watched":4,"unwatched":[]}');
  writeFileSync(join(root, 'etc/two/new'), '');
  expect(await line()).toBe('changed');
});

test.skipIf(!may('-Ur', 'sh', '-c', limit))(
  'where the kernel gives no more watches, what is not watched is named',
  async () => {
    const root = tree();
    const line = looker(root, ['-Ur'], `${limit}; exec "$@"`);
    const coverage = JSON.parse((await line()) ?? '') as { watched: number; unwatched: readonly string[] };
    expect(coverage).toEqual({ watched: 3, unwatched: ['/etc/two: ENOSPC'] });
    writeFileSync(join(root, 'etc/one/new'), '');
    expect(await line()).toBe('changed');
  },
);

const asPod =
  'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec setpriv --bounding-set -all --inh-caps -all --no-new-privs "$@"';

test.skipIf(!may('-m', 'setpriv', '--bounding-set', '-all', 'true'))(
  'a read-only mount is watched without a capability',
  async () => {
    const root = tree();
    const line = looker(root, ['-m'], asPod);
    expect(await line()).toBe('{"watched":4,"unwatched":[]}');
    writeFileSync(join(root, 'etc/two/new'), '');
    expect(await line()).toBe('changed');
  },
);

test.skipIf(!may('-m', 'setpriv', '--bounding-set', '-all', 'true')).each([
  [0o700, 3, []],
  [0o711, 3, ['/etc/two: EACCES']],
])('a directory of somebody else with mode %o', async (mode, count, unwatched) => {
  const root = tree();
  chownSync(join(root, 'etc/two'), 1, 1);
  chmodSync(join(root, 'etc/two'), mode);
  const line = looker(root, ['-m'], asPod);
  expect(JSON.parse((await line()) ?? '')).toEqual({ watched: count, unwatched });
  chmodSync(join(root, 'etc/two'), 0o755);
  expect(await line()).toBe('changed');
});
