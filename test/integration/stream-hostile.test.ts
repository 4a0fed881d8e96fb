import { PlumblineError } from '@plumbline/core';
import { contentDigest, keyOf, type NodeMessage, stateDigest, toWire } from '@plumbline/proto';
import { afterEach, expect, test } from 'vitest';
import { byTokens, type Identify } from '../../aggregator/src/ingest/identity.ts';
import type { Commit } from '../../aggregator/src/ingest/log.ts';
import { aggregator, hello, MemoryLog, peer, seen, tokens, until } from './stream-world.ts';

const cleanup: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

async function world(options: Parameters<typeof aggregator>[0] = {}) {
  const server = await aggregator(options);
  cleanup.push(() => server.ingest.close());
  return server;
}

function dial(address: string, token?: string, bytes = false) {
  const one = peer(address, token, bytes);
  cleanup.push(() => one.close());
  return one;
}

const a = seen('/a');

function digest(...observations: readonly (typeof a)[]): string {
  return stateDigest(observations.map((one) => [keyOf(one), contentDigest(one)] as const));
}

function snapshot(epoch: string, sequence: number, ...observations: readonly (typeof a)[]): NodeMessage {
  const body = { chunk: 0, chunks: 1, observations: observations.map(toWire), digest: digest(...observations) };
  return { epoch, sequence: String(sequence), snapshot: body };
}

/** A peer that has been welcomed and whose snapshot of `a` is committed as sequence 1. */
async function settled(address: string, token?: string) {
  const one = dial(address, token);
  one.say(hello());
  const epoch = (await one.hear())?.welcome?.epoch ?? '';
  one.say(snapshot(epoch, 1, a));
  expect(await one.hear()).toMatchObject({ acknowledge: { epoch, sequence: '1' } });
  return { ...one, epoch };
}

async function closedWith(one: { hear: ReturnType<typeof dial>['hear'] }): Promise<string | undefined> {
  const message = await one.hear();
  return message?.close?.code;
}

test.each([
  ['no credential', '', 'alpha', 'PLB_UNAUTHORIZED'],
  ['an unknown token', 'guess', 'alpha', 'PLB_UNAUTHORIZED'],
  ['the token of another node', 'beta-token', 'alpha', 'PLB_STREAM_IDENTITY'],
  ['a name that no node has', 'dev-token', '../alpha', 'PLB_STREAM_IDENTITY'],
])('%s: refused, counted, nothing written', async (_name, token, node, code) => {
  const { address, log, metrics } = await world();
  const one = dial(address, token);
  one.say(hello(node));
  expect(await one.hear()).toMatchObject({ close: { code, retryAfterSeconds: 0 } });
  expect(await one.hear()).toBeUndefined();
  expect(metrics.refusals.get(code as 'PLB_UNAUTHORIZED')).toBe(1);
  expect(log.positions.size).toBe(0);
});

test('a node that names another later has no way to do so: messages carry no node', async () => {
  const { address, log } = await world();
  await settled(address);
  expect([...log.positions.keys()]).toEqual(['alpha']);
});

test('a replayed message is acknowledged again and changes nothing', async () => {
  const { address, log, metrics } = await world();
  const one = await settled(address);
  one.say(snapshot(one.epoch, 1, seen('/forged')));
  expect(await one.hear()).toMatchObject({ acknowledge: { sequence: '1' } });
  one.say(snapshot('1', 2, seen('/forged')));
  one.say({ epoch: one.epoch, sequence: '2', heartbeat: { digest: digest(a), observedAt: a.observedAt } });
  expect(await one.hear()).toMatchObject({ acknowledge: { sequence: '2' } });
  expect(metrics.refusals.get('PLB_STREAM_REPLAY')).toBe(2);
  expect(log.history).toHaveLength(1);
});

test('a gap: resync, what is on its way is dropped, a snapshot mends it', async () => {
  const { address, log, metrics } = await world();
  const one = await settled(address);
  const b = seen('/b');
  const delta = { changed: [toWire(b)], gone: [], digest: digest(a, b) };
  one.say({ epoch: one.epoch, sequence: '3', delta });
  expect(await one.hear()).toMatchObject({ resync: { reason: 'PLB_STREAM_GAP' } });
  one.say({ epoch: one.epoch, sequence: '4', delta });
  one.say(snapshot(one.epoch, 5, a, b));
  expect(await one.hear()).toMatchObject({ acknowledge: { sequence: '5' } });
  expect(metrics.refusals.get('PLB_STREAM_GAP')).toBe(1);
  expect(log.states.get('alpha')?.size).toBe(2);
});

test('a digest that does not fit: resync, and in the end the stream is closed', async () => {
  const { address, log } = await world();
  const one = await settled(address);
  one.say({ epoch: one.epoch, sequence: '2', delta: { changed: [toWire(seen('/b'))], gone: [], digest: 'x' } });
  expect(await one.hear()).toMatchObject({ resync: { reason: 'PLB_STREAM_DIGEST' } });
  expect(log.states.get('alpha')?.size).toBe(1);
  const heard: (string | undefined)[] = [];
  for (let i = 3; i <= 7; i++) {
    const forged = snapshot(one.epoch, i, a);
    one.say({ ...forged, snapshot: { chunk: 0, chunks: 1, observations: [], digest: 'x' } });
    const message = await one.hear();
    heard.push(message?.close?.code ?? message?.resync?.reason);
  }
  expect(heard).toEqual(Array.from({ length: 5 }, () => 'PLB_STREAM_DIGEST'));
  expect(await one.hear()).toBeUndefined();
});

const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

test.each([
  ['a fact nobody knows', { fact: 'shell.output' }, 'PLB_STREAM_UNKNOWN_FACT'],
  ['a value that is no JSON', { value: '{' }, 'PLB_STREAM_MALFORMED'],
  ['a value that is no object', { value: '1' }, 'PLB_STREAM_MALFORMED'],
  ['a value without end', { value: `{"a":${deep}}` }, 'PLB_STREAM_MALFORMED'],
  ['a time that is none', { observedAt: 'yesterday' }, 'PLB_STREAM_MALFORMED'],
  ['a time with a long comment', { observedAt: `2026-01-01 (${'x'.repeat(9_000)})` }, 'PLB_STREAM_MALFORMED'],
  ['a day that is none', { observedAt: '2026-13-01T00:00:00Z' }, 'PLB_STREAM_MALFORMED'],
  ['a state that is none', { state: 'STATE_UNSPECIFIED' }, 'PLB_STREAM_MALFORMED'],
  ['no subject', { subject: '' }, 'PLB_STREAM_MALFORMED'],
  ['a subject without end', { subject: '/'.repeat(10_000) }, 'PLB_STREAM_MALFORMED'],
])('%s: the stream is refused, nothing of the message is written', async (_name, change, code) => {
  const { address, log, metrics } = await world();
  const one = await settled(address);
  const changed = [toWire(seen('/b')), { ...toWire(seen('/c')), ...change }];
  one.say({ epoch: one.epoch, sequence: '2', delta: { changed, gone: [], digest: '' } });
  expect(await closedWith(one)).toBe(code);
  expect(metrics.refusals.get(code as 'PLB_STREAM_MALFORMED')).toBe(1);
  expect([...(log.states.get('alpha')?.keys() ?? [])]).toEqual([keyOf(a)]);
});

test('the same key twice, and changed and gone at once', async () => {
  const { address } = await world();
  const one = await settled(address);
  const twice = { changed: [toWire(a), toWire(a)], gone: [], digest: '' };
  one.say({ epoch: one.epoch, sequence: '2', delta: twice });
  expect(await closedWith(one)).toBe('PLB_STREAM_MALFORMED');
  const two = await settled(address);
  two.say({ epoch: two.epoch, sequence: '2', delta: { changed: [toWire(a)], gone: [a], digest: '' } });
  expect(await closedWith(two)).toBe('PLB_STREAM_MALFORMED');
});

test('a chunk that is not where it belongs', async () => {
  const { address } = await world();
  const one = await settled(address);
  const chunk = { chunks: 3, observations: [], digest: '' };
  one.say({ epoch: one.epoch, sequence: '2', snapshot: { ...chunk, chunk: 0 } });
  one.say({ epoch: one.epoch, sequence: '3', snapshot: { ...chunk, chunk: 2 } });
  expect(await closedWith(one)).toBe('PLB_STREAM_MALFORMED');
});

test('a message above 1 MiB is refused with a code, one above the transport limit without', async () => {
  const { address, metrics } = await world();
  const one = await settled(address);
  const large = (bytes: number) => [toWire(seen('/b', { text: 'x'.repeat(bytes) }))];
  one.say({ epoch: one.epoch, sequence: '2', delta: { changed: large(1024 * 1024), gone: [], digest: '' } });
  expect(await closedWith(one)).toBe('PLB_STREAM_TOO_LARGE');
  expect(metrics.refusals.get('PLB_STREAM_TOO_LARGE')).toBe(1);
  const two = await settled(address);
  two.say({ epoch: two.epoch, sequence: '2', delta: { changed: large(8 * 1024 * 1024), gone: [], digest: '' } });
  expect(await two.hear()).toBeUndefined();
  await settled(address);
});

test('a state that is too large', async () => {
  const { address } = await world({ limits: { stateObservations: 2 } });
  const one = await settled(address);
  one.say(snapshot(one.epoch, 2, a, seen('/b'), seen('/c')));
  expect(await closedWith(one)).toBe('PLB_STREAM_TOO_LARGE');
});

test('two agents for one node: the newer fences the older', async () => {
  const { address, log, ingest } = await world();
  const older = await settled(address);
  const newer = await settled(address);
  expect(await closedWith(older)).toBe('PLB_STREAM_FENCED');
  older.say(snapshot(older.epoch, 2, seen('/forged')));
  newer.say(snapshot(newer.epoch, 2, a, seen('/b')));
  expect(await newer.hear()).toMatchObject({ acknowledge: { sequence: '2' } });
  expect(BigInt(newer.epoch)).toBeGreaterThan(BigInt(older.epoch));
  expect([...(log.states.get('alpha')?.values() ?? [])].map((one) => one.subject)).toEqual(['/a', '/b']);
  expect(ingest.nodes()).toEqual(['alpha']);
});

test.each([86_400, -86_400])('a clock %s seconds off is kept and reported, never obeyed', async (seconds) => {
  const { address, log, metrics } = await world();
  const one = await settled(address);
  const observedAt = new Date(Date.now() + seconds * 1_000).toISOString();
  one.say({ epoch: one.epoch, sequence: '2', heartbeat: { digest: digest(a), observedAt } });
  expect(await one.hear()).toMatchObject({ acknowledge: { sequence: '2' } });
  expect(metrics.skewSeconds.get('alpha')).toBeCloseTo(seconds, -1);
  const right = { digest: digest(a), observedAt: new Date().toISOString() };
  one.say({ epoch: one.epoch, sequence: '3', heartbeat: right });
  expect(await one.hear()).toMatchObject({ acknowledge: { sequence: '3' } });
  expect(metrics.skewSeconds.has('alpha')).toBe(false);
  expect(Number(log.positions.get('alpha')?.epoch)).toBeLessThanOrEqual(Date.now());
});

test('no hello, or another message first', async () => {
  const { address } = await world({ limits: { helloWithin: 50 } });
  expect(await closedWith(dial(address))).toBe('PLB_STREAM_MALFORMED');
  const one = dial(address);
  one.say(snapshot('1', 1, a));
  expect(await closedWith(one)).toBe('PLB_STREAM_MALFORMED');
});

test('a link that went silent is given up', async () => {
  const { address, ingest } = await world({ limits: { idle: 50 } });
  const one = await settled(address);
  expect(await closedWith(one)).toBe('PLB_STREAM_MALFORMED');
  one.close();
  await until(() => ingest.nodes().length === 0);
});

test('a flood is slowed down and then sent away, others are served meanwhile', async () => {
  const limits = { messages: { burst: 10, perSecond: 200 }, throttledFor: 100 };
  const { address, metrics } = await world({ limits });
  const flood = await settled(address);
  for (let i = 2; i < 2_000; i++)
    flood.say({ epoch: flood.epoch, sequence: String(i), heartbeat: { digest: digest(a), observedAt: a.observedAt } });
  const other = dial(address, 'beta-token');
  other.say(hello('beta'));
  expect((await other.hear())?.welcome?.resync).toBe(true);
  let last: string | undefined;
  for (let message = await flood.hear(); message; message = await flood.hear()) last = message.close?.code;
  expect(last).toBe('PLB_STREAM_RATE');
  expect(metrics.commits.get('heartbeat')).toBeLessThan(1_000);
});

test('streams opened too often are refused', async () => {
  const { address } = await world({ limits: { streams: { burst: 1, perSecond: 0.01 } } });
  await settled(address);
  const one = dial(address);
  one.say(hello());
  expect(await closedWith(one)).toBe('PLB_STREAM_RATE');
});

test('whoever guesses gets slow, and nodes at the same address do not', async () => {
  const asked: string[] = [];
  const identity: Identify = (peer) => {
    asked.push(peer.token ?? '');
    return byTokens(tokens)(peer);
  };
  const unproven = { burst: 3, perSecond: 0.001 };
  const { address, metrics } = await world({ identity, limits: { unproven, helloWithin: 50 } });
  for (let i = 0; i < 5; i++) await settled(address);
  expect(await closedWith(dial(address))).toBe('PLB_STREAM_MALFORMED');
  for (const token of ['guess-1', 'guess-2']) {
    const one = dial(address, token);
    one.say(hello());
    expect(await closedWith(one)).toBe('PLB_UNAUTHORIZED');
  }
  const late = dial(address, 'guess-3');
  late.say(hello());
  expect(await closedWith(late)).toBe('PLB_STREAM_RATE');
  expect(metrics.refusals.get('PLB_STREAM_RATE')).toBe(1);
  expect(asked.filter((token) => token.startsWith('guess'))).toEqual(['guess-1', 'guess-2']);
});

test('a node whose messages take long is slowed down alone', async () => {
  const log = new MemoryLog();
  const slow = new Proxy(log, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'touch' || typeof value !== 'function')
        return typeof value === 'function' ? value.bind(target) : value;
      return (commit: Commit) => {
        const end = performance.now() + (commit.node === 'alpha' ? 20 : 0);
        while (performance.now() < end);
        log.touch(commit);
      };
    },
  });
  const { address, metrics } = await world({ log: slow, limits: { work: { burst: 40, perSecond: 1 } } });
  const loud = await settled(address);
  const beat = (epoch: string, sequence: number): NodeMessage => {
    const heartbeat = { digest: digest(a), observedAt: new Date().toISOString() };
    return { epoch, sequence: String(sequence), heartbeat };
  };
  for (let i = 2; i < 200; i++) loud.say(beat(loud.epoch, i));
  await until(() => metrics.refusals.has('PLB_STREAM_RATE'));
  const quiet = dial(address, 'beta-token');
  quiet.say(hello('beta'));
  const epoch = (await quiet.hear())?.welcome?.epoch ?? '';
  quiet.say(snapshot(epoch, 1, a));
  await quiet.hear();
  for (let i = 2; i < 50; i++) {
    quiet.say(beat(epoch, i));
    expect(await quiet.hear()).toMatchObject({ acknowledge: { sequence: String(i) } });
  }
  expect(log.positions.get('alpha')?.sequence).toBeLessThan(10n);
});

test('a node that filled its share of the store is told so', async () => {
  const { address, log, metrics } = await world();
  const one = await settled(address);
  log.failure = new PlumblineError('PLB_STREAM_QUOTA', 'full');
  one.say(snapshot(one.epoch, 2, a, seen('/b')));
  expect(await one.hear()).toMatchObject({ close: { code: 'PLB_STREAM_QUOTA', retryAfterSeconds: 300 } });
  expect(metrics.refusals.get('PLB_STREAM_QUOTA')).toBe(1);
});

test('random bytes, before and after hello, end a stream and nothing else', async () => {
  const { address, metrics, errors } = await world({ limits: { streams: { burst: 1_000, perSecond: 100 } } });
  let state = 42;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state >> 8;
  };
  const noise = () => Buffer.from(Array.from({ length: random() % 200 }, () => random() % 256));
  for (let i = 0; i < 200; i++) {
    const one = peer(address, 'dev-token', true);
    if (i % 2 === 0) one.say(Buffer.from('1a070a05616c706861', 'hex')); // hello of alpha
    one.say(noise());
    one.say(noise());
    for (let message = await one.hear(); message && !message.close; message = await one.hear());
    one.close();
  }
  expect(metrics.refusals.get('PLB_STREAM_MALFORMED')).toBeGreaterThan(150);
  expect(errors).toEqual([]);
  await settled(address);
});
