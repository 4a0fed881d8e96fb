import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { realHost } from '../../../agent/src/index.ts';
import { parseStat } from '../../../agent/src/locate/index.ts';
import { Generations } from '../../../agent/src/watch/generations.ts';

/** Longer than the kernel keeps of a name. */
const name = 'plumbline-test-component';
const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const one of cleanup.splice(0)) one();
});

function lookout() {
  const made = realHost('/').watch?.({ changed: () => undefined });
  if (!made) throw new Error('a real host watches');
  cleanup.push(() => made.close());
  return made;
}

/** A shell that becomes the component when a line comes in. */
function starter(): ChildProcess & { readonly pid: number } {
  const directory = mkdtempSync(join(tmpdir(), 'plumbline-generations-'));
  const program = join(directory, name);
  copyFileSync('/bin/sleep', program);
  const child = spawn('sh', ['-c', `read -r line; exec ${program} 60`], { stdio: ['pipe', 'ignore', 'ignore'] });
  cleanup.push(() => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  });
  if (child.pid === undefined) throw new Error('no shell');
  return child as ChildProcess & { readonly pid: number };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries === 500) throw new Error('it does not happen');
    await sleep(10);
  }
}

test('a process that becomes a component within half a minute is noticed, until it is known, and its end once', async () => {
  const eyes = lookout();
  const generations = new Generations(eyes, [name]);
  expect(generations.came(0)).toBe(false);
  const child = starter();
  expect(generations.came(5_000)).toBe(false);
  child.stdin?.write('now\n');
  const stat = () => parseStat(eyes.stat(child.pid) ?? '');
  await until(() => stat().name === name.slice(0, 15));
  expect(generations.came(10_000)).toBe(true);
  expect(generations.came(15_000)).toBe(true);
  generations.expect([{ pid: child.pid, startTime: stat().start }]);
  expect(generations.came(20_000)).toBe(false);
  expect(generations.gone()).toBe(false);
  child.kill('SIGKILL');
  await until(() => generations.gone());
  expect(generations.gone()).toBe(false);
});

const line = (text: string) => `7 (${text}) S 1 ${'0 '.repeat(17)}42 0\n`;
const shown = (stats: Readonly<Record<number, string>>) => ({
  pids: () => Object.keys(stats).map(Number),
  stat: (pid: number) => stats[pid],
});

test.each([
  ['the same process', line('kubelet'), false],
  ['another start', line('kubelet').replace('42', '43'), true],
  ['one that ended and was not waited for', line('kubelet').replace(') S', ') Z'), true],
  ['nobody', undefined, true],
])('a known pid that is %s', (_what, stat, gone) => {
  const generations = new Generations(shown(stat === undefined ? {} : { 7: stat }), ['kubelet']);
  generations.expect([{ pid: 7, startTime: '42' }]);
  expect(generations.gone()).toBe(gone);
});

test('what was there before is read for a while, what stays longer is not read again', () => {
  const stats: Record<number, string> = { 1: line('init'), 7: line('kubelet') };
  const generations = new Generations(shown(stats), ['kubelet']);
  expect([0, 14_000, 16_000].map((now) => generations.came(now))).toEqual([true, true, false]);
  stats[8] = line('etcd) S (');
  expect([20_000, 49_000].map((now) => generations.came(now))).toEqual([false, false]);
  stats[9] = line('kubelet');
  expect([50_000, 79_000, 81_000].map((now) => generations.came(now))).toEqual([true, true, false]);
});

test('where processes cannot be seen nothing is said', () => {
  const generations = new Generations({ pids: () => undefined, stat: () => undefined }, ['kubelet']);
  expect(generations.came(0)).toBeUndefined();
});
