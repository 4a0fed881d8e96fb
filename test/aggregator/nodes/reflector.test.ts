import { afterEach, expect, test, vi } from 'vitest';
import { type Reflector, reflect } from '../../../aggregator/src/nodes/reflector.ts';
import { type Answer, type ApiServer, apiServer, events, json, list, object } from './api-server.ts';

let server: ApiServer;
let ending: AbortController;
let reflector: Reflector;
let log: string[];

async function begin(answers: readonly Answer[]): Promise<void> {
  server = await apiServer(answers);
  ending = new AbortController();
  log = [];
  reflector = reflect<string>({
    client: server.client,
    path: '/api/v1/nodes',
    project: (found) => (found['metadata'] as { name: string }).name,
    replace: (items) => log.push(`replace ${items.join(' ')}`),
    change: (item) => log.push(`change ${item}`),
    gone: (item) => log.push(`gone ${item}`),
    restarted: (reason) => log.push(`restarted ${reason}`),
    clock: Date.now,
    random: () => 0,
    signal: ending.signal,
  });
}
afterEach(async () => {
  ending.abort();
  await reflector.done;
  await server.close();
});

const until = (entry: string) => vi.waitFor(() => expect(log).toContain(entry), { timeout: 10_000, interval: 10 });
const query = (index: number, name: string) => server.asked[index]?.searchParams.get(name);

test('lists page by page, then watches from there', async () => {
  await begin([
    list(['a', 'b'], '10', 'more'),
    list(['c'], '10'),
    events([
      { type: 'ADDED', object: object('d', '11') },
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: '12' } } },
      { type: 'DELETED', object: object('a', '13') },
    ]),
  ]);
  await until('gone a');
  expect(log).toEqual(['replace a b c', 'change d', 'gone a']);
  expect([query(0, 'limit'), query(1, 'continue'), query(2, 'resourceVersion')]).toEqual(['500', 'more', '10']);
  expect([query(2, 'watch'), query(2, 'allowWatchBookmarks'), query(2, 'timeoutSeconds')]).toEqual([
    '1',
    'true',
    '240',
  ]);
  expect(reflector.state()).toMatchObject({ synced: true, error: null });
});

test('a watch that ends in order goes on from its bookmark without a list', async () => {
  await begin([
    list(['a'], '10'),
    events([{ type: 'BOOKMARK', object: { metadata: { resourceVersion: '20' } } }], true),
    events([{ type: 'MODIFIED', object: object('a', '21') }]),
  ]);
  await until('change a');
  expect(query(2, 'resourceVersion')).toBe('20');
  expect(log).toEqual(['replace a', 'change a']);
});

test.each([
  ['as an answer', json(410, { code: 410 })],
  ['as an event', events([{ type: 'ERROR', object: { code: 410, message: 'too old' } }])],
])('410 %s lists anew', async (_, gone) => {
  await begin([list(['a'], '10'), gone, list(['a', 'b'], '30'), events([])]);
  await until('replace a b');
  expect(log).toEqual(['replace a', 'restarted gone', 'replace a b']);
});

test.each([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [503, 'server'],
])('%i is waited out and said', async (status, reason) => {
  await begin([json(status, {}), list(['a'], '10'), events([])]);
  await vi.waitFor(() => expect(reflector.state().error).toBe(`/api/v1/nodes answered ${status}`));
  expect(reflector.state().synced).toBe(false);
  await until('replace a');
  expect(log).toEqual([`restarted ${reason}`, 'replace a']);
  expect(reflector.state().error).toBeNull();
});

test('429 waits as long as the server asks', async () => {
  await begin([json(429, {}, { 'retry-after': '2' }), list(['a'], '10'), events([])]);
  const began = performance.now();
  await until('replace a');
  expect(performance.now() - began).toBeGreaterThan(1900);
  expect(log[0]).toBe('restarted throttled');
});

test('a list whose continue token expired begins from the first page', async () => {
  await begin([list(['a'], '10', 'more'), json(410, {}), list(['a', 'b'], '11'), events([])]);
  await until('replace a b');
  expect(query(2, 'continue')).toBeNull();
});

test('a line that is no JSON breaks one watch, not the reflection', async () => {
  await begin([
    list(['a'], '10'),
    (_, reply) => reply.writeHead(200).end('{"type":"ADDED","obj\n'),
    events([{ type: 'ADDED', object: object('b', '11') }]),
  ]);
  await until('change b');
  expect(log).toEqual(['replace a', 'restarted network', 'change b']);
});
