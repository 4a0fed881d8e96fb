import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { freePort } from '../../free-port.ts';
import { agent, emptyOutbox, scratch, seen } from '../stream-world.ts';

const program = join(import.meta.dirname, '../../../aggregator/src/main.ts');
const cleanup: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = performance.now() + 120_000; !(await holds()); await sleep(20)) {
    if (performance.now() > end) throw new Error(`${what}: not within two minutes`);
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    const answer = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.on('connect', () => answer(true)).on('error', () => answer(false));
  });
}

/** The values that the store and its journal know of one file of each node, oldest first. */
function remembered(file: string) {
  const db = new Database(file, { readonly: true });
  const rows = db
    .prepare<[], { node: string; json: string; from: number; until: number | null }>(
      `SELECT n.name AS node, v.json, "from", until FROM fact f JOIN node n ON n.id = f.node JOIN fact_value v ON v.id = f.value
       JOIN text s ON s.id = f.subject WHERE s.body = '/counter' ORDER BY f.id`,
    )
    .all();
  const told = db
    .prepare<[], { node: string; json: string }>(
      `SELECT n.name AS node, v.json FROM journal j JOIN node n ON n.id = j.node JOIN fact_value v ON v.id = j.after_value
       JOIN text s ON s.id = j.subject WHERE s.body = '/counter' AND j.kind = 0 ORDER BY j.id`,
    )
    .all();
  db.close();
  return { rows, told };
}

const group = <T extends { readonly node: string }>(all: readonly T[]) => Map.groupBy(all, (one) => one.node);
const modeOf = ({ json }: { readonly json: string }) => Number((JSON.parse(json) as { mode: string }).mode);

test('an aggregator that is killed 100 times under 200 agents loses nothing and doubles nothing', {
  timeout: 900_000,
}, async () => {
  const home = scratch();
  const file = join(home, 'plumbline.db');
  const [rest, grpc] = [await freePort(), await freePort()];
  const names = Array.from({ length: 200 }, (_, n) => `node-${n}`);
  writeFileSync(join(home, 'tokens'), names.map((name) => `token-of-${name} ${name}\n`).join(''));
  let child: ChildProcess | undefined;
  const start = async () => {
    const listen = ['--listen', `127.0.0.1:${rest}`, '--grpc-listen', `127.0.0.1:${grpc}`];
    const words = ['--database', file, '--ingest-tokens-file', join(home, 'tokens'), '--log-level', 'fatal'];
    child = spawn(process.execPath, [program, ...listen, ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
    await eventually(() => listens(grpc), 'the aggregator listens');
  };
  const kill = async () => {
    const gone = child && once(child, 'exit');
    child?.kill('SIGKILL');
    child = undefined;
    await gone;
  };
  cleanup.push(kill);

  // The log outside: every value that a node ever had.
  const shown = new Map<string, number[]>(names.map((name) => [name, []]));
  const nodes = names.map((name) => {
    const tokenFile = join(home, name);
    writeFileSync(tokenFile, `token-of-${name}\n`);
    const target = { address: `127.0.0.1:${grpc}`, tokenFile };
    const one = agent({ target, random: Math.random, bounds: { first: 100, longest: 500 } }, emptyOutbox(), name);
    return { name, one };
  });
  cleanup.push(() => Promise.all(nodes.map(({ one }) => one.stop())));
  const change = ({ name, one }: (typeof nodes)[number]) => {
    const values = shown.get(name) ?? [];
    values.push(values.length);
    one.look([seen('/counter', { mode: String(values.length - 1) }), seen('/calm')]);
  };
  await start();
  for (const node of nodes) {
    change(node);
    node.one.start();
  }
  let turn = 0;
  const changing = setInterval(() => {
    for (let n = 0; n < 5; n++) change(nodes[turn++ % nodes.length] as (typeof nodes)[number]);
  }, 20);
  cleanup.push(() => clearInterval(changing));

  for (let killed = 0; killed < 100; killed++) {
    await sleep(Math.random() * 500);
    await kill();
    await start();
  }
  await sleep(500);
  clearInterval(changing);
  await eventually(
    () => nodes.every(({ one }) => one.outbox.length === 0 && !one.session.waiting),
    'all is acknowledged',
  );
  await kill();

  const { rows, told } = remembered(file);
  const [intervals, journal] = [group(rows), group(told)];
  for (const name of names) {
    const values = shown.get(name) ?? [];
    const own = intervals.get(name) ?? [];
    expect(own.map(modeOf)).toEqual(values);
    // Each begins where the one before ended, and the last is open.
    expect(own.map((one) => one.until)).toEqual([...own.slice(1).map((one) => one.from), null]);
    expect((journal.get(name) ?? []).map(modeOf)).toEqual(values.slice(1));
  }
  const store = await openStore(file);
  expect(store.nodes.all().length).toBe(names.length);
  store.close();
});
