/**
 * An aggregator on a volume of 6 MiB, in a mount namespace of its own: `unshare -m node disk-full.ts DIRECTORY`. Prints what happened as
 * one line of JSON.
 */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAggregator } from '../../../aggregator/src/aggregator.ts';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { agent, emptyOutbox, seen } from '../stream-world.ts';

const [home = ''] = process.argv.slice(2);
const run = (...words: string[]) => execFileSync(words[0] ?? '', words.slice(1));
run('mount', '-t', 'tmpfs', '-o', 'size=6m', 'plumbline-test', home);
const aggregator = await startAggregator({
  database: join(home, 'plumbline.db'),
  listen: '127.0.0.1:0',
  grpcListen: '127.0.0.1:0',
  ingestTokens: 'alpha-token alpha\n',
  logLevel: 'silent',
});
const tokenFile = join(home, 'token');
writeFileSync(tokenFile, 'alpha-token\n');
const target = { address: aggregator.grpcAddress, tokenFile };
const one = agent({ target, bounds: { first: 50, longest: 200 } }, emptyOutbox(), 'alpha');
const shown = (n: number) =>
  Array.from({ length: 40 }, (_, file) => seen(`/f${file}`, { mode: '0600', note: `${n} `.repeat(900) }));
const ask = async (path: string) => {
  const answer = await fetch(`${aggregator.restAddress}${path}`);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const settled = async (most: number) => {
  for (const end = Date.now() + most; Date.now() < end && (one.outbox.length > 0 || one.session.waiting); )
    await sleep(20);
  return one.outbox.length === 0;
};

one.look(shown(0));
one.start();
await settled(10_000);
let looks = 0;
while ((await settled(2000)) && looks < 500) one.look(shown(++looks));
const full = {
  looks,
  waiting: one.outbox.length,
  refused: one.endings.some((end) => end.code === 'PLB_STORE_WRITE' || end.message.includes('PLB_STORE_WRITE')),
  endings: one.endings.slice(-2),
  nodes: await ask('/api/v1/nodes'),
  findings: (await ask('/api/v1/findings?limit=1')).status,
  health: (await fetch(`${aggregator.restAddress}/healthz`)).status,
};
one.look(shown(++looks));
run('mount', '-o', 'remount,size=64m', home);
const recovered = await settled(30_000);
await aggregator.settle();
await one.stop();
await aggregator.close();
const store = await openStore(join(home, 'plumbline.db'));
const after = { recovered, stored: store.nodes.get('alpha')?.digest, digest: one.outbox.digest };
store.close();
console.log(JSON.stringify({ full, after }));
run('umount', '-l', home);
rmSync(home, { recursive: true, force: true });
process.exit(0);
