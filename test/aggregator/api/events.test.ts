import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readAccess } from '../../../aggregator/src/api/access.ts';
import type { ChangeAnswer } from '../../../aggregator/src/api/drift/schema.ts';
import { after, observations, type Shown, send } from '../world.ts';
import { type Served, type Serving, serve } from './served.ts';

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: ChangeAnswer;
}

let served: Served;
let url: string;
let sequence = 0n;
const streams: AbortController[] = [];
const limits = { heartbeat: 15_000, patience: 30_000, clients: 100 };

async function listen(serving: Serving = {}): Promise<void> {
  served = await serve(serving);
  url = await served.server.listen({ host: '127.0.0.1', port: 0 });
}
afterEach(async () => {
  for (const one of streams.splice(0)) one.abort();
  await served.close();
});

/** Follows over TCP; `next` gives the next event, and fails after five seconds. */
async function follow(query = '', headers: Record<string, string> = {}) {
  const abort = new AbortController();
  streams.push(abort);
  const answer = await fetch(`${url}/api/v1/events${query}`, { headers, signal: abort.signal });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const block = async (): Promise<string | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const found = text.slice(0, end);
        text = text.slice(end + 2);
        return found;
      }
      const late = AbortSignal.timeout(5000);
      const chunk = await Promise.race([
        reader?.read(),
        new Promise<never>((_, fail) => {
          late.onabort = () => fail(new Error(`nothing more after ${text}`));
        }),
      ]);
      if (!chunk || chunk.done) return undefined;
      text += chunk.value;
    }
  };
  const next = async (): Promise<Event> => {
    for (;;) {
      const found = await block();
      if (found === undefined) throw new Error('the stream ended');
      const fields = Object.fromEntries(
        found.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      ) as Record<string, string>;
      if (fields['data'] !== undefined)
        return { id: fields['id'] ?? '', event: fields['event'] ?? '', data: JSON.parse(fields['data']) };
    }
  };
  return { answer, block, next, leave: () => abort.abort() };
}

async function shows(node: string, shown: Shown, seconds: number): Promise<void> {
  send(served.store, node, observations(shown), seconds, ++sequence);
  await served.settle(seconds);
}

/** Nodes whose mode changes: one drift and one verdict each time. */
async function turns(count: number, from = 100, node = 'a'): Promise<void> {
  for (let n = 0; n < count; n++) await shows(node, { mode: n % 2 === 0 ? '0644' : '0600' }, from + n);
}

test('needs 3, 30: a change arrives as it is committed, in the shape of GET drift, and its verdict behind it', async () => {
  await listen();
  await shows('a', {}, 0);
  const stream = await follow();
  expect(stream.answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(stream.answer.headers.get('cache-control')).toBe('no-store');
  expect(await stream.block()).toBe(': welcome\nid: 0');
  await shows('a', { mode: '0644' }, 100);
  const [drift, verdict] = [await stream.next(), await stream.next()];
  expect([drift.event, verdict.event]).toEqual(['drift', 'verdict']);
  const { body } = await served.get('/api/v1/drift');
  const [listed] = (body as { changes: ChangeAnswer[] }).changes;
  expect(drift.data).toEqual({ ...listed, id: `journal-${drift.id}`, verdicts: [] });
  expect(verdict.data).toMatchObject({
    control: 'kubelet-mode',
    before: 'pass',
    after: 'fail',
    nodes: ['a'],
    at: after(100),
  });
});

test('who comes back with the last id misses nothing and gets nothing twice', async () => {
  await listen();
  await shows('a', {}, 0);
  const first = await follow();
  await turns(3);
  const seen = [await first.next(), await first.next(), await first.next()];
  first.leave();
  await turns(300, 200);
  const second = await follow('', { 'last-event-id': seen.at(-1)?.id ?? '' });
  const all = served.store.journal.after(0, 10_000).map((one) => String(one.id));
  expect(all.length).toBeGreaterThan(600);
  const ids = seen.map((one) => one.id);
  while (ids.length < all.length) ids.push((await second.next()).id);
  expect(ids).toEqual(all);
});

test('where the journal does not reach back the stream begins with a reset', async () => {
  await listen();
  await shows('a', {}, 0);
  await turns(4);
  served.store.journal.prune(Date.parse(after(102)));
  const first = served.store.journal.first();
  const stream = await follow('', { 'last-event-id': '1' });
  expect(await stream.next()).toMatchObject({ event: 'reset', id: String(first - 1), data: { after: first - 1 } });
  expect((await stream.next()).id).toBe(String(first));
  const future = await follow('', { 'last-event-id': '99999' });
  expect((await future.next()).event).toBe('reset');
  const known = await follow('', { 'last-event-id': String(served.store.journal.last()) });
  expect(await known.block()).toBe(`: welcome\nid: ${served.store.journal.last()}`);
});

test('filters by kind, node and control; a heartbeat says where the stream is', async () => {
  await listen({ hub: { ...limits, heartbeat: 50 } });
  await shows('a', { profiling: 'false' }, 0);
  await shows('b', {}, 0);
  const last = String(served.store.journal.last());
  await shows('a', { profiling: 'true' }, 100);
  await shows('b', { mode: '0644' }, 200);
  const all = async (query: string, count: number) => {
    const stream = await follow(query, { 'last-event-id': last });
    const found: string[] = [];
    for (let n = 0; n < count; n++) {
      const { event, data } = await stream.next();
      found.push(`${event} ${data.nodes.join()} ${data.subject}`);
    }
    // Whatever comes behind is no event.
    let beat = await stream.block();
    while (beat !== `: heartbeat\nid: ${served.store.journal.last()}`) {
      expect(beat).not.toContain('data');
      beat = await stream.block();
    }
    return found;
  };
  const file = '/var/lib/kubelet/config.yaml';
  expect(await all('?kinds=drift', 2)).toEqual(['drift a kube-apiserver@here', `drift b ${file}`]);
  expect(await all('?node=b&kinds=drift,verdict', 2)).toEqual([`drift b ${file}`, 'verdict b kubelet@here']);
  expect(await all('?control=1.2.9', 1)).toEqual(['verdict a kube-apiserver@here']);
  expect(await all('?node=cluster&kinds=drift', 0)).toEqual([]);
});

test('a client that reads nothing is cut off, costs nothing, and goes on where it was', async () => {
  await listen({ hub: { ...limits, patience: 300 } });
  await shows('a', {}, 0);
  const { port } = new URL(url);
  const slow: Socket = connect({ host: '127.0.0.1', port: Number(port) });
  const closed = new Promise<void>((done) => slow.on('close', () => done()));
  slow.on('error', () => undefined);
  slow.pause();
  slow.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const fast = await follow();
  // More than the buffers of two sockets hold.
  const wide = (n: number) => [
    ...observations(),
    {
      fact: 'cni',
      subject: 'node',
      state: 'observed' as const,
      value: Object.fromEntries(Array.from({ length: 50 }, (_, k) => [`k${k}`, `${n}`.repeat(400)])),
      observedAt: after(0),
    },
  ];
  for (let n = 0; n < 300; n++) send(served.store, 'a', wide(n), 100 + n, ++sequence);
  const last = String(served.store.journal.last());
  let id = '';
  while (id !== last) id = (await fast.next()).id;
  await new Promise((done) => setTimeout(done, 600));
  slow.resume();
  let text = '';
  slow.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  await closed;
  const known = [...text.matchAll(/^id: (\d+)\nevent: drift\ndata: .*\n\n/gm)].at(-1)?.[1] ?? '0';
  expect(Number(known)).toBeLessThan(Number(last));
  const again = await follow('', { 'last-event-id': known });
  expect((await again.next()).id).toBe(String(Number(known) + 1));
});

test('as many as are served; who leaves makes room', async () => {
  await listen({ hub: { ...limits, clients: 2 } });
  const [one] = [await follow(), await follow()];
  const answer = await fetch(`${url}/api/v1/events`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: 'PLB_EVENTS_FULL' });
  one?.leave();
  for (let n = 0; n < 100; n++) {
    const next = await follow();
    if (next.answer.status === 200) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error('nobody got the place that was free');
});

test('closing the server ends every stream at once', async () => {
  await listen();
  const stream = await follow();
  await stream.block();
  const began = performance.now();
  await served.server.close();
  expect(await stream.block()).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(2000);
});

test('asks for a token as every route, and refuses what cannot be meant', async () => {
  const digest = createHash('sha256').update('secret').digest('hex');
  await listen({ access: readAccess(`ann:${digest}:viewer\n`, 'tokens') });
  const status = async (query: string, headers: Record<string, string>) => (await follow(query, headers)).answer.status;
  const token = { authorization: 'Bearer secret' };
  expect(await status('', {})).toBe(401);
  expect(await status('', token)).toBe(200);
  expect(await status('?kinds=waiver', token)).toBe(400);
  expect(await status('?node=nobody', token)).toBe(400);
  expect(await status('?control=nothing', token)).toBe(400);
  expect(await status('', { ...token, 'last-event-id': 'x' })).toBe(400);
  expect((await fetch(`${url}/api/v1/events`, { method: 'HEAD', headers: token })).status).toBe(404);
});
