import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { httpSink } from '../../aggregator/alert/http-sink.ts';
import { freshFile } from '../../aggregator/world.ts';

const teller = join(import.meta.dirname, 'teller.ts');
const kills = 8;

function start(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [teller, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout?.on('data', (part: Buffer) => {
    const parts = `${rest}${part}`.split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return { child, lines, ended: once(child, 'exit') };
}

test('killed again and again while it tells, nothing that was decided is lost and the last message is true', {
  timeout: 120_000,
}, async () => {
  const sink = await httpSink();
  // Answers take a while, so that a kill often comes between the arrival of a message and its note in the database.
  sink.answer = (response) => void setTimeout(() => response.writeHead(204).end(), 4);
  const file = freshFile();
  const committed: string[] = [];
  for (let round = 0; round < kills; round++) {
    const { child, lines, ended } = start(file, `${sink.url}/`, String(round * 1000), '1000');
    const already = sink.got.length;
    await sink.until(already + 5 + round);
    child.kill('SIGKILL');
    await ended;
    committed.push(...lines);
  }
  const { lines, ended } = start(file, `${sink.url}/`, String(kills * 1000), '1');
  await ended;
  await sink.close();
  expect(lines.at(-1)).toBe('done');
  committed.push(...lines.slice(0, -1));

  const got = sink.got.map((one) => String(one.headers['webhook-id']));
  const last = new Map(got.map((id) => id.split('.')).map(([alert, revision]) => [alert, Number(revision)]));
  expect(committed.length).toBeGreaterThan(kills * 5);
  const decided = new Map(committed.map((id) => id.split('.')).map(([alert, revision]) => [alert, Number(revision)]));
  for (const [alert, revision] of decided) {
    // Its end was told, or nobody was told that it began.
    if (revision === 2 && !last.has(alert)) continue;
    expect(last.get(alert), String(alert)).toBeGreaterThanOrEqual(revision);
  }
  // One message is under way at a time: a kill doubles at most that one.
  expect(got.length - new Set(got).size).toBeLessThanOrEqual(kills);
});
