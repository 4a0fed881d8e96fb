import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { clientOf } from '../../../aggregator/src/cluster/kube-client.ts';
import { type Reflector, reflect } from '../../../aggregator/src/cluster/reflector.ts';
import { knowServer, type Server } from '../../../aggregator/src/cluster/server.ts';
import type { Draft, Sink } from '../../../aggregator/src/cluster/sink.ts';
import {
  type Answer,
  type ApiServer,
  added,
  apiServer,
  bookmark,
  deleted,
  end,
  events,
  json,
  list,
  noStream,
} from './api-server.ts';

let api: ApiServer;
let known: Server;
let ending: AbortController;
let reflectors: Reflector[] = [];
let log: string[];
let renewed: number;

interface How {
  readonly paths?: readonly string[];
  readonly renewal?: number;
  readonly silence?: number;
  readonly doubt?: number;
  readonly metadata?: boolean;
  /** Credentials cannot be read anew. */
  readonly broken?: boolean;
}

async function serve(answers: readonly Answer[], broken = false): Promise<void> {
  renewed = 0;
  log = [];
  ending = new AbortController();
  api = await apiServer(answers, { version: 'v1.34.4', renew });
  function renew(): void {
    renewed += 1;
    if (broken) throw new Error('no credentials');
  }
  const { client } = api;
  known = knowServer({
    client,
    clock: Date.now,
    versionChanged: () => undefined,
    failed: (error) => log.push(String(error)),
  });
  await known.first;
}

function start({
  paths = ['/api/v1/nodes'],
  renewal = 300_000,
  silence = 150_000,
  doubt = 400,
  metadata = false,
}: How = {}): Reflector {
  const reflector = reflect({
    client: api.client,
    server: known,
    resource: 'nodes',
    paths,
    metadata,
    sink: sink(),
    timing: { renewal, silence, initialSilence: Math.min(silence, 200), doubt },
    restarted: (reason) => log.push(`restarted ${reason}`),
    phaseChanged: () => log.push(reflector.state().phase),
    clock: Date.now,
    random: () => 0,
    signal: ending.signal,
  });
  reflectors.push(reflector);
  return reflector;
}

async function begin(answers: readonly Answer[], how?: How): Promise<Reflector> {
  await serve(answers, how?.broken);
  return start(how);
}

/** Says what reaches it. */
function sink(): Sink {
  const nameOf = (one: Parameters<Sink['put']>[0]) => String((one['metadata'] as { name?: string } | undefined)?.name);
  const draft = (): Draft => {
    const names = new Set<string>();
    return {
      put: (one) => names.add(nameOf(one)),
      drop: (one) => names.delete(nameOf(one)),
      commit: () => log.push(`all ${[...names].join(' ')}`),
    };
  };
  return {
    put: (one) => log.push(`put ${nameOf(one)}`),
    drop: (one) => log.push(`drop ${nameOf(one)}`),
    begin: draft,
    clear: () => log.push('clear'),
  };
}

afterEach(async () => {
  ending.abort();
  await Promise.all(reflectors.map((one) => one.done));
  reflectors = [];
  await known.stop();
  await api.close();
});

const until = (entry: string) => vi.waitFor(() => expect(log).toContain(entry), { timeout: 10_000, interval: 10 });
const query = (index: number, name: string) => api.asked[index]?.searchParams.get(name);

test('one watch gives the initial state and everything after', async () => {
  const reflector = await begin([events([added('a'), added('b'), end('10'), added('c', '11'), deleted('a', '12')])]);
  await until('drop a');
  expect(log).toEqual(['all a b', 'synced', 'put c', 'drop a']);
  expect(Object.fromEntries(api.asked[0]?.searchParams ?? [])).toEqual({
    watch: '1',
    allowWatchBookmarks: 'true',
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    timeoutSeconds: '240',
  });
  expect(api.asked.length).toBe(1);
  expect(reflector.state()).toMatchObject({ phase: 'synced', error: null });
  expect(api.client.requests()).toContainEqual({ verb: 'watch', resource: 'nodes', count: 1 });
});

test('what goes while the initial state streams is not in it', async () => {
  await begin([events([added('a'), added('b'), deleted('a', '9'), end('10')])]);
  await until('synced');
  expect(log).toEqual(['all b', 'synced']);
});

test('a server without it is asked page by page, and once for all watches', async () => {
  await begin([noStream, list(['a', 'b'], '10', 'more'), list(['c'], '10'), events([added('d', '11')])]);
  await until('put d');
  expect(log).toEqual(['restarted no-stream', 'all a b c', 'synced', 'put d']);
  expect([query(1, 'limit'), query(2, 'continue'), query(3, 'resourceVersion')]).toEqual(['500', 'more', '10']);
  expect(query(1, 'watch')).toBeNull();
  start();
  await vi.waitFor(() => expect(query(4, 'limit')).toBe('500'));
});

test('a server that ignores the wish is noticed by a bookmark that ends nothing', async () => {
  await begin([events([added('a'), bookmark('9')]), list(['a'], '10'), events([added('b', '11')])]);
  await until('put b');
  expect(log).toEqual(['restarted no-stream', 'all a', 'synced', 'put b']);
  expect(known.streams()).toBe(true);
});

test('a server that ignores the wish and sends no bookmark is noticed by its silence', async () => {
  await begin([events([added('a')]), list(['a'], '10'), events([added('b', '11')])], { silence: 200 });
  await until('put b');
  expect(log).toEqual(['restarted silent', 'all a', 'synced', 'put b']);
});

test('metadata alone is asked for by the content type', async () => {
  const accepted: (string | undefined)[] = [];
  await begin(
    [
      (request, reply) => {
        accepted.push(request.accept);
        noStream(request, reply);
      },
      (request, reply) => {
        accepted.push(request.accept);
        list(['a'], '10')(request, reply);
      },
      events([]),
    ],
    { metadata: true },
  );
  await until('synced');
  expect(accepted).toEqual([
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  ]);
});

test('a renewed watch goes on from its bookmark without a list', async () => {
  const renewedAfterASecond: Answer = (_, reply) => {
    reply
      .writeHead(200)
      .write([added('a'), end('10'), bookmark('20')].map((one) => `${JSON.stringify(one)}\n`).join(''));
    setTimeout(() => reply.end(), 900);
  };
  await begin([renewedAfterASecond, events([added('b', '21')])], { renewal: 1000 });
  await until('put b');
  expect([query(1, 'resourceVersion'), query(1, 'sendInitialEvents')]).toEqual(['20', null]);
  expect(log).toEqual(['all a', 'synced', 'put b']);
});

test.each([
  ['as an answer', json(410, { code: 410 })],
  ['as an event', events([{ type: 'ERROR', object: { code: 410, message: 'too old' } }])],
  ['as a position that never comes', json(504, { message: 'Timeout: Too large resource version: 9, current: 3' })],
])('410 %s: one new initial state, the old one stays until it is complete', async (_, gone) => {
  let finish: (() => void) | undefined;
  const slow: Answer = (_request, reply) => {
    reply.writeHead(200).write(`${JSON.stringify(added('b'))}\n`);
    finish = () => reply.write(`${JSON.stringify(end('30'))}\n`);
  };
  const ends = events([added('a'), end('10')], true);
  await begin([ends, gone, slow]);
  await vi.waitFor(() => expect(finish).toBeDefined(), { timeout: 5000 });
  expect(log).toEqual(['all a', 'synced', 'restarted ended', 'restarted gone']);
  finish?.();
  await until('all b');
  expect(api.asked.length).toBe(3);
});

test('a list whose continue token expired begins from the first page', async () => {
  await begin([noStream, list(['a'], '10', 'more'), json(410, {}), list(['a', 'b'], '11'), events([])]);
  await until('all a b');
  expect(query(3, 'continue')).toBeNull();
});

test('401 has the credentials read anew', async () => {
  await begin([json(401, {}), events([added('a'), end('10')])]);
  await until('synced');
  expect(renewed).toBe(1);
  expect(log).toEqual(['restarted unauthorized', 'all a', 'synced']);
});

test('credentials that cannot be read anew are tried again', async () => {
  const reflector = await begin([json(401, {}), json(401, {}), events([added('a'), end('10')])], { broken: true });
  await vi.waitFor(() => expect(reflector.state().error).toBe('no credentials'));
  await until('synced');
  expect(reflector.state().error).toBeNull();
});

test('403 is denied until it is granted', async () => {
  const reflector = await begin([json(403, {}), json(403, {}), events([added('a'), end('10')])]);
  await until('denied');
  expect(reflector.state()).toMatchObject({ phase: 'denied', error: '/api/v1/nodes answered 403' });
  await until('synced');
  expect(log).toEqual(['restarted forbidden', 'denied', 'restarted forbidden', 'all a', 'synced']);
});

test('a right that is taken away is believed after a while: a server that starts refuses everything', async () => {
  const ends = events([added('a'), end('10')], true);
  await begin([ends, json(403, {}), json(403, {}), json(403, {}), events([added('b', '11')])]);
  await until('put b');
  const refused = 'restarted forbidden';
  expect(log).toEqual(['all a', 'synced', 'restarted ended', refused, refused, 'denied', refused, 'synced', 'put b']);
});

test('404 has the next version asked', async () => {
  const paths = ['/apis/x/v1/ys', '/apis/x/v1beta1/ys'];
  await begin([json(404, {}), events([added('a'), end('10')])], { paths });
  await until('synced');
  expect(api.asked.map((url) => url.pathname)).toEqual(paths);
});

test('404 of every version is absent, and asked again when the server may be another', async () => {
  const reflector = await begin([json(404, {}), events([added('a'), end('10')])]);
  await until('absent');
  expect(reflector.state().phase).toBe('absent');
  reflector.nudge();
  await until('synced');
  expect(log).toEqual(['restarted not-found', 'clear', 'absent', 'all a', 'synced']);
});

test('a peer that went silent is left for another connection', async () => {
  await begin([events([added('a'), end('10')]), events([added('b', '11')])], { silence: 300 });
  await until('put b');
  expect(log).toEqual(['all a', 'synced', 'restarted silent', 'put b']);
  expect(query(1, 'resourceVersion')).toBe('10');
});

test('a peer that takes the connection and never answers is left as well', async () => {
  await serve([]);
  const mute = createServer(() => undefined);
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const client = clientOf(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`, null, async () => ({
    tls: {},
    headers: {},
  }));
  api = { ...api, client };
  const reflector = start({ silence: 200 });
  await until('restarted silent');
  expect(reflector.state()).toMatchObject({ phase: 'unsynced', error: 'nothing came for 0.2 s' });
  ending.abort();
  await reflector.done;
  await client.close();
  mute.close();
});

test('a watch that gave its initial state may be silent longer than one that gives it', async () => {
  const slow: Answer = (_, reply) => {
    reply.writeHead(200).write(`${JSON.stringify(added('a'))}\n`);
    setTimeout(() => reply.write(`${JSON.stringify(end('10'))}\n`), 100);
  };
  await begin([slow], { silence: 2000 });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(log).toEqual(['all a', 'synced']);
});

test('bookmarks alone keep a watch alive', async () => {
  await begin(
    [
      (_, reply) => {
        reply.writeHead(200).write(`${JSON.stringify(end('10'))}\n`);
        const timer = setInterval(() => reply.write(`${JSON.stringify(bookmark('11'))}\n`), 100);
        reply.on('close', () => clearInterval(timer));
      },
    ],
    { silence: 400 },
  );
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(log).toEqual(['all ', 'synced']);
  expect(api.asked.length).toBe(1);
});

test.each([
  ['an ERROR event', events([{ type: 'ERROR', object: { code: 500, message: 'etcd is away' } }]), 'server'],
  ['half a line', ((_, reply) => void reply.writeHead(200).end('{"type":"ADDED","obj\n')) as Answer, 'malformed'],
  [
    'a line without an end',
    ((_, reply) => {
      reply.writeHead(200);
      for (let part = 0; part < 34; part++) reply.write(Buffer.alloc(1024 * 1024, 'x'));
    }) as Answer,
    'malformed',
  ],
])('%s breaks one watch and loses nothing', async (_, broken, reason) => {
  await begin([events([added('a'), end('10')], true), broken, events([added('b', '11')])]);
  await until('put b');
  expect(query(2, 'resourceVersion')).toBe('10');
  expect(log).toContain(`restarted ${reason}`);
});

test('429 waits as long as the server asks', async () => {
  await begin([json(429, {}, { 'retry-after': '2' }), events([added('a'), end('10')])]);
  const began = performance.now();
  await until('synced');
  expect(performance.now() - began).toBeGreaterThan(1900);
  expect(log[0]).toBe('restarted throttled');
});

test('a server that ends every watch at once is asked with growing pauses', async () => {
  const ends = events([], true);
  await begin([events([end('10')], true), ends, ends, ends]);
  await new Promise((resolve) => setTimeout(resolve, 1800));
  // 0.5 s, then 1 s, then 2 s.
  expect(api.asked.length).toBe(3);
});

test('events without an object or a name are taken for what they are', async () => {
  const odd = [7, { type: 'ADDED' }, { type: 'ADDED', object: 'text' }];
  await begin([events([...odd, added('a'), end('10'), ...odd, added('b', '11')])]);
  await until('put b');
  expect(log).toEqual(['all undefined a', 'synced', 'put undefined', 'put undefined', 'put undefined', 'put b']);
});
