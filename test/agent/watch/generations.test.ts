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
  const quiet = { gone: false, came: false };
  expect(generations.read(0)).toEqual(quiet);
  const child = starter();
  expect(generations.read(5_000)).toEqual(quiet);
  child.stdin?.write('now\n');
  await until(() => parseStat(eyes.stat(child.pid) ?? '').name === name.slice(0, 15));
  expect(generations.read(10_000)).toEqual({ gone: false, came: true });
  expect(generations.read(15_000)).toEqual({ gone: false, came: true });
  generations.expect([child.pid]);
  expect(generations.read(20_000)).toEqual(quiet);
  child.kill('SIGKILL');
  await until(() => generations.read(21_000)?.gone === true);
  expect(generations.read(22_000)).toEqual(quiet);
});

const line = (text: string) => `7 (${text}) S 1 ${'0 '.repeat(17)}42 0\n`;
const shown = (stats: Readonly<Record<number, string>>) => ({
  pids: () => Object.keys(stats).map(Number),
  count: () => Object.keys(stats).length,
  lives: (pid: number) => stats[pid] !== undefined,
  stat: (pid: number) => stats[pid],
});

test('what was there before is read for a while, what stays longer is not read again', () => {
  const stats: Record<number, string> = { 1: line('init'), 7: line('kubelet') };
  const generations = new Generations(shown(stats), ['kubelet']);
  const came = (...times: readonly number[]) => times.map((now) => generations.read(now)?.came);
  expect(came(0, 14_000, 16_000)).toEqual([true, true, false]);
  stats[8] = line('etcd) S (');
  expect(came(20_000, 49_000)).toEqual([false, false]);
  stats[9] = line('kubelet');
  expect(came(50_000, 79_000, 81_000)).toEqual([true, true, false]);
});

test('one that goes while another comes is gone', () => {
  const stats: Record<number, string> = { 1: line('init'), 7: line('kubelet') };
  const generations = new Generations(shown(stats), ['kubelet']);
  generations.read(0);
  generations.expect([7]);
  delete stats[7];
  stats[8] = line('kubelet');
  expect(generations.read(1)).toEqual({ gone: true, came: true });
  generations.expect([8]);
  expect(generations.read(2)).toEqual({ gone: false, came: false });
});

test('while the number of processes stays and components live the list is spared, but not for long', () => {
  const stats: Record<number, string> = { 1: line('init'), 7: line('kubelet'), 8: line('sh') };
  let lists = 0;
  const pids = () => {
    lists += 1;
    return Object.keys(stats).map(Number);
  };
  const generations = new Generations({ ...shown(stats), pids }, ['kubelet']);
  generations.expect([7]);
  for (const now of [0, 16_000]) generations.read(now);
  expect(lists).toBe(2);
  delete stats[8];
  stats[9] = line('kubelet');
  const came = [17_000, 20_000].map((now) => generations.read(now)?.came);
  expect(came).toEqual([false, true]);
  expect(lists).toBe(3);
});

test('where processes cannot be seen nothing is said', () => {
  const generations = new Generations({ ...shown({}), pids: () => undefined }, ['kubelet']);
  expect(generations.read(0)).toBeUndefined();
});
