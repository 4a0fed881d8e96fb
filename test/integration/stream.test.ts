import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlumblineError } from '@plumbline/core';
import { afterEach, expect, test } from 'vitest';
import { Outbox } from '../../agent/src/uplink/outbox.ts';
import { Spool } from '../../agent/src/uplink/spool.ts';
import { agent, aggregator, link, type MemoryLog, scratch, seen, until } from './stream-world.ts';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

function tokenFile(text = 'alpha-token\n'): string {
  const path = join(scratch(), 'token');
  writeFileSync(path, text);
  return path;
}

async function world(options: Parameters<typeof aggregator>[0] = {}) {
  const server = await aggregator(options);
  cleanup.push(() => server.ingest.close());
  return server;
}

function started(address: string, outbox?: Outbox) {
  const one = agent({ target: { address, tokenFile: tokenFile() } }, outbox);
  cleanup.push(() => one.stop());
  return one;
}

function modes(log: MemoryLog, subject: string): readonly string[] {
  return log.history.filter((line) => line.includes(` ${subject} `)).map((line) => line.split(' ').slice(3).join(' '));
}

test('a snapshot, then deltas, then heartbeats; each is acknowledged after its commit', async () => {
  const { log, address, metrics } = await world();
  const node = started(address);
  node.look([seen('/a'), seen('/b')]);
  node.start();
  await until(() => metrics.commits.get('heartbeat') === 1);
  node.look([seen('/a', { mode: '0644' })]);
  await until(() => metrics.commits.get('heartbeat') === 2);
  node.look([seen('/a', { mode: '0644' })]);
  await until(() => metrics.commits.get('heartbeat') === 3);
  await until(() => !node.session.waiting);
  expect(Object.fromEntries(metrics.commits)).toEqual({ snapshot: 1, delta: 1, heartbeat: 3 });
  expect(node.outbox.length).toBe(0);
  expect(log.position('alpha')?.digest).toBe(node.outbox.digest);
  expect(log.history).toEqual([
    'alpha file /a {"mode":"0600"}',
    'alpha file /b {"mode":"0600"}',
    'alpha file /b gone',
    'alpha file /a {"mode":"0644"}',
  ]);
});

test('20,000 observations arrive in chunks below 1 MiB', async () => {
  const { log, address, metrics } = await world();
  const node = started(address);
  node.look(
    Array.from({ length: 20_000 }, (_, i) => seen(`/etc/kubernetes/pki/${i}`, { mode: '0600', note: 'x'.repeat(80) })),
  );
  node.start();
  await until(() => metrics.commits.get('heartbeat') === 1, 'the snapshot');
  expect(log.states.get('alpha')?.size).toBe(20_000);
  expect([...metrics.refusals]).toEqual([]);
});

test('the aggregator away and back: no transition lost, none twice', async () => {
  const first = await aggregator();
  const { log } = first;
  const node = started(first.address);
  node.look([seen('/a', { mode: '0' })]);
  node.start();
  await until(() => log.history.length === 1 && !node.session.waiting);
  await first.ingest.close();
  for (let i = 1; i <= 50; i++) node.look([seen('/a', { mode: String(i) })]);
  expect(node.outbox.length).toBe(50);
  await world({ log, address: first.address });
  await until(() => node.outbox.length === 0, 'the outbox drained');
  expect(modes(log, '/a')).toEqual(Array.from({ length: 51 }, (_, i) => `{"mode":"${i}"}`));
});

test('acknowledgements that were lost are given again before welcome', async () => {
  const { log, address } = await world();
  const wire = await link(address);
  cleanup.push(async () => wire.close());
  const node = started(wire.address);
  node.look([seen('/a', { mode: '0' })]);
  node.start();
  await until(() => log.history.length === 1 && !node.session.waiting);
  const commit = log.apply.bind(log);
  log.apply = (...args) => {
    commit(...args);
    wire.cut();
  };
  node.look([seen('/a', { mode: '1' })]);
  node.look([seen('/a', { mode: '2' })]);
  node.look([seen('/a', { mode: '3' })]);
  await until(() => node.outbox.length === 0, 'the outbox drained');
  expect(modes(log, '/a')).toEqual(['{"mode":"0"}', '{"mode":"1"}', '{"mode":"2"}', '{"mode":"3"}']);
  expect(node.endings.length).toBeGreaterThan(0);
});

test('a half-open link is given up by the agent, and nothing is lost', async () => {
  const { log, address } = await world();
  const wire = await link(address);
  cleanup.push(async () => wire.close());
  const target = { address: wire.address, tokenFile: tokenFile() };
  const node = agent({ target, answerWithinMilliseconds: 200 });
  cleanup.push(() => node.stop());
  node.look([seen('/a', { mode: '0' })]);
  node.start();
  await until(() => log.history.length === 1 && !node.session.waiting);
  wire.freeze();
  node.look([seen('/a', { mode: '1' })]);
  await until(() => node.endings.some((one) => one.code === 'DEADLINE'));
  wire.thaw();
  await until(() => node.outbox.length === 0);
  expect(modes(log, '/a')).toEqual(['{"mode":"0"}', '{"mode":"1"}']);
});

test('an aggregator that lost its store gets the base and every transition since', async () => {
  const first = await aggregator();
  const node = started(first.address);
  node.look([seen('/a', { mode: '0' })]);
  node.start();
  await until(() => first.log.history.length === 1 && !node.session.waiting);
  await first.ingest.close();
  node.look([seen('/a', { mode: '1' })]);
  node.look([seen('/a', { mode: '2' })]);
  const { log } = await world({ address: first.address });
  await until(() => node.outbox.length === 0 && log.history.length > 0, 'the outbox drained');
  expect(modes(log, '/a')).toEqual(['{"mode":"0"}', '{"mode":"1"}', '{"mode":"2"}']);
});

test('a restart of the agent loses no transition when it has a spool', async () => {
  const directory = scratch();
  const fromDisk = () => {
    const spool = new Spool(directory, (error) => expect.unreachable(String(error)));
    return new Outbox({ limitBytes: 4 << 20, journal: spool, onGap: () => undefined }, spool.read());
  };
  const { log, address, metrics } = await world();
  const first = agent({ target: { address, tokenFile: tokenFile() } }, fromDisk());
  first.look([seen('/a', { mode: '0' })]);
  first.start();
  await until(() => metrics.commits.get('heartbeat') === 1);
  await first.stop();
  first.look([seen('/a', { mode: '1' })]);
  first.look([seen('/a', { mode: '2' })]);
  const second = started(address, fromDisk());
  second.look([seen('/a', { mode: '3' })]);
  second.start();
  await until(() => second.outbox.length === 0, 'the outbox drained');
  expect(modes(log, '/a')).toEqual(['{"mode":"0"}', '{"mode":"1"}', '{"mode":"2"}', '{"mode":"3"}']);
  expect(metrics.commits.get('snapshot')).toBe(1);
});

test('a full disk: nothing is acknowledged, and all arrives when it has room', async () => {
  const { log, address, metrics } = await world({ limits: { streams: { burst: 1_000, perSecond: 100 } } });
  log.failure = new PlumblineError('PLB_STORE_WRITE', 'the disk is full');
  const node = agent({
    target: { address, tokenFile: tokenFile() },
    onEnded: () => undefined,
    bounds: { first: 5, longest: 5 },
  });
  node.look([seen('/a')]);
  const ended = until(() => (metrics.refusals.get('PLB_STORE_WRITE') ?? 0) > 0);
  node.start();
  await ended;
  expect(log.commits).toBe(0);
  await node.stop();
  log.failure = undefined;
  const again = started(address, node.outbox);
  again.start();
  await until(() => log.history.length === 1);
});

test('an aggregator with an interval tells every agent after its welcome', async () => {
  const { address } = await world({ interval: 30 });
  const node = started(address);
  node.look([seen('/a')]);
  node.start();
  await until(() => node.orders.length === 1);
  expect(node.orders).toEqual(['interval']);
});

test('the aggregator asks to look now and how often; nothing else exists', async () => {
  const { address, ingest } = await world();
  const node = started(address);
  node.look([seen('/a')]);
  node.start();
  await until(() => ingest.nodes().includes('alpha') && node.session.streaming);
  ingest.lookNow('one', ['beta']);
  ingest.lookNow('two', ['alpha']);
  ingest.setInterval(30);
  await until(() => node.orders.length === 2);
  expect(node.orders).toEqual(['look-now', 'interval']);
});

test('a look that was asked for is told from one that was on its way', async () => {
  const answered: string[] = [];
  let wanted: string | undefined;
  const onAnswered = (node: string, token: string) => void answered.push(`${node} ${token}`);
  const { address, ingest } = await world({ onAnswered, wanted: () => wanted });
  const node = started(address);
  node.look([seen('/a')]);
  node.start();
  await until(() => ingest.nodes().includes('alpha') && node.session.streaming);
  ingest.lookNow('one');
  await until(() => node.orders.length === 1);
  // What was found by a look that began before answers nobody, whatever is said about it later.
  node.look([seen('/b')]);
  node.look([seen('/c')], 'one');
  await until(() => answered.length > 0);
  node.look([seen('/d')]);
  await until(() => !node.session.waiting);
  expect(answered).toEqual(['alpha one']);
  await node.stop();
  wanted = 'two';
  const again = started(address);
  again.look([seen('/d')]);
  again.start();
  await until(() => again.orders.includes('look-now'));
});

test('a token is read again at every connect', async () => {
  const { address, ingest, metrics } = await world();
  const path = tokenFile('wrong-token');
  const node = agent({ target: { address, tokenFile: path } });
  cleanup.push(() => node.stop());
  node.look([seen('/a')]);
  node.start();
  await until(() => (metrics.refusals.get('PLB_UNAUTHORIZED') ?? 0) > 0);
  writeFileSync(path, 'alpha-token');
  await until(() => ingest.nodes().includes('alpha'), 'the new token was used');
});
