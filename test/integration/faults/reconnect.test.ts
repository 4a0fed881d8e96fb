import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { reconnectBounds } from '../../../agent/src/uplink/back-off.ts';
import { freePort } from '../../free-port.ts';
import { agent, emptyOutbox, scratch, seen } from '../stream-world.ts';

const program = join(import.meta.dirname, '../../../aggregator/src/main.ts');
const cleanup: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
}, 60_000);

async function within(milliseconds: number, what: string, holds: () => boolean | Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > milliseconds) throw new Error(`${what}: not within ${milliseconds} ms`);
    await sleep(50);
  }
  return performance.now() - began;
}

/** More with FLEET=5000: this process is all the agents at once, and becomes the slower side of the two. */
const fleet = Number(process.env['FLEET'] ?? 1000);

test('needs 35: 1,000 agents that lose the aggregator at once are all back within two minutes', {
  timeout: 600_000,
}, async () => {
  const home = scratch();
  const [rest, grpc] = [await freePort(), await freePort()];
  const names = Array.from({ length: fleet }, (_, n) => `node-${n}`);
  writeFileSync(join(home, 'tokens'), names.map((name) => `token-of-${name} ${name}\n`).join(''));
  let child: ChildProcess | undefined;
  const healthy = () =>
    fetch(`http://127.0.0.1:${rest}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    );
  const start = async () => {
    const listen = ['--listen', `127.0.0.1:${rest}`, '--grpc-listen', `127.0.0.1:${grpc}`];
    const words = [
      '--database',
      join(home, 'db'),
      '--ingest-tokens-file',
      join(home, 'tokens'),
      '--log-level',
      'fatal',
    ];
    child = spawn(process.execPath, [program, ...listen, ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
    await within(60_000, 'the aggregator listens', healthy);
  };
  const kill = async () => {
    const gone = child && once(child, 'exit');
    child?.kill('SIGKILL');
    child = undefined;
    await gone;
  };
  cleanup.push(kill);

  let connected = 0;
  let failed = 0;
  const nodes = names.map((name) => {
    const tokenFile = join(home, name);
    writeFileSync(tokenFile, `token-of-${name}\n`);
    const events = { onConnected: () => void connected++, onEnded: () => void failed++ };
    const target = { address: `127.0.0.1:${grpc}`, tokenFile };
    return agent({ target, random: Math.random, bounds: reconnectBounds, ...events }, emptyOutbox(), name);
  });
  cleanup.push(() => Promise.all(nodes.map((one) => one.stop())));
  await start();
  for (const [n, one] of nodes.entries()) {
    one.look([seen('/state', { mode: '0600', node: String(n) })]);
    one.start();
  }
  const heard = () => nodes.every((one) => one.outbox.length === 0 && !one.session.waiting && one.session.streaming);
  await within(240_000, 'all are there first', heard);

  await kill();
  await within(60_000, 'all notice', () => nodes.every((one) => !one.session.streaming));
  for (const [n, one] of nodes.entries()) one.look([seen('/state', { mode: '0644', node: String(n) })]);
  connected = 0;
  await start();
  failed = 0;
  let slowest = 0;
  let asking = true;
  const reading = (async () => {
    while (asking) {
      const began = performance.now();
      await fetch(`http://127.0.0.1:${rest}/api/v1/nodes?limit=10`, { signal: AbortSignal.timeout(30_000) });
      slowest = Math.max(slowest, performance.now() - began);
      await sleep(200);
    }
  })();
  const took = await within(120_000, 'all are back', heard);
  asking = false;
  await reading;
  console.log(
    `${fleet} agents were back ${(took / 1000).toFixed(1)} s after the aggregator listened; slowest answer ${slowest.toFixed(0)} ms; ${connected} connections, ${failed} failures`,
  );
  // Nobody was let in only to be thrown out again: a stampede would feed itself.
  expect(connected).toBe(fleet);
  expect(failed).toBeLessThan(fleet);
});
