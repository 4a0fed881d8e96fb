import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measure } from './measure.ts';

/** Looks that the traced process has behind it before the one that counts. */
const warmUp = 3;

/**
 * System calls of one warm look, by the difference of two traced processes of which one looks once more: everything else, Node's own
 * start included, is the same. Bytes are what read() brought in the last look (rchar of /proc/self/io). Empty where strace is not installed.
 */
export function benchHostCalls(root: string): readonly Measure[] {
  const less = traced(root, warmUp);
  const more = traced(root, warmUp + 1);
  if (!less || !more) return [];
  const calls = (name: RegExp) => more.count(name) - less.count(name);
  return [
    {
      name: 'system calls of one warm look, all but waiting (futex, epoll)',
      value: calls(/^(?!futex|epoll|total).*/),
      unit: 'calls',
    },
    { name: 'files and directories opened by one warm look', value: calls(/^openat/), unit: 'calls' },
    { name: 'bytes read by one warm look', value: more.bytes / 1024, unit: 'KiB' },
    { name: 'programs started by one look (execve)', value: calls(/^execve/), unit: 'calls', limit: 0 },
  ];
}

function traced(root: string, looks: number): { count(name: RegExp): number; readonly bytes: number } | undefined {
  const home = mkdtempSync(join(tmpdir(), 'plumbline-trace-'));
  const table = join(home, 'calls');
  const looker = join(import.meta.dirname, 'looker.ts');
  const args = ['-f', '-c', '-o', table, process.execPath, looker, root, String(looks)];
  const run = spawnSync('strace', args, { encoding: 'utf8' });
  try {
    if (run.error || run.status !== 0) return undefined;
    const lines = readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/.exec(line));
    const count = (name: RegExp) =>
      lines.reduce((sum, line) => (line?.[2] && name.test(line[2]) ? sum + Number(line[1]) : sum), 0);
    return { count, bytes: Number(run.stdout.trim()) };
  } finally {
    rmSync(home, { recursive: true });
  }
}
