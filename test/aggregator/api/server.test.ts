import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { readAccess } from '../../../aggregator/src/api/access.ts';
import { observations, send } from '../world.ts';
import { type Served, serve } from './served.ts';

let served: Served;
afterEach(() => served.close());

const digest = (token: string) => createHash('sha256').update(token).digest('hex');
const tokens = () => readAccess(`# people\nann:${digest('secret')}:viewer\n`, 'tokens');
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test.each([
  ['Bearer secret', 200],
  [basic('ann:secret'), 200],
  ['Bearer wrong', 401],
  [basic('ann:wrong'), 401],
  ['Bearer', 401],
  [undefined, 401],
])('with tokens %s gets %i', async (authorization, status) => {
  served = await serve({ access: tokens() });
  for (const url of ['/api/v1/summary', '/', '/metrics', '/openapi.json', '/docs/']) {
    const answer = await served.server.inject({ url, headers: authorization ? { authorization } : {} });
    expect([url, answer.statusCode]).toEqual([url, url === '/docs/' && status === 200 ? 200 : status]);
    if (status === 401) expect(answer.json()).toMatchObject({ code: 'PLB_UNAUTHORIZED' });
  }
  expect((await served.server.inject({ url: '/healthz' })).statusCode).toBe(200);
});

test('no route but health and the style sheet answers without a token', async () => {
  const open = ['/healthz', '/page.css', '/readyz'];
  const routes: { readonly method: string; readonly url: string }[] = [];
  served = await serve({
    access: tokens(),
    onRoute: (route) => {
      for (const method of [route.method].flat()) routes.push({ method, url: route.url });
    },
  });
  expect(routes.length).toBeGreaterThan(20);
  const answered = new Set<string>();
  for (const { method, url } of routes) {
    const path = url.replaceAll(/:\w+|\*/g, 'x');
    const answer = await served.server.inject({ method: method as 'GET', url: path });
    if (answer.statusCode !== 401) answered.add(url);
  }
  expect([...answered].sort()).toEqual(open);
  const unknown = await served.server.inject({ url: '/nothing-here' });
  expect(unknown.statusCode).toBe(401);
});

test('without tokens a foreign host name is refused, so that no page of the web reads findings', async () => {
  served = await serve();
  const ask = async (host: string) =>
    (await served.server.inject({ url: '/api/v1/summary', headers: { host } })).statusCode;
  expect(await ask('evil.example:8080')).toBe(401);
  expect(await Promise.all(['localhost:8080', '127.0.0.1:8080', '[::1]:8080'].map(ask))).toEqual([200, 200, 200]);
});

test.each(['ann', 'ann:abc:viewer', `ann:${digest('x')}:admin`, ''])(
  'a token file with %j is refused',
  async (text) => {
    served = await serve();
    expect(() => readAccess(text, 'tokens')).toThrow(expect.objectContaining({ code: 'PLB_CONFIG_INVALID' }));
  },
);

test('every answer has the headers that keep browsers safe', async () => {
  served = await serve();
  for (const url of ['/', '/api/v1/summary', '/nothing']) {
    const { headers } = await served.server.inject({ url });
    expect(headers['content-security-policy']).toMatch(/^default-src 'self';/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('no-store');
  }
});

test('the page escapes what comes from a cluster and has no script or style of its own', async () => {
  served = await serve();
  const name = '"><script>alert(1)</script>';
  send(served.store, name, observations({ mode: '0644' }), 0);
  await served.settle();
  const { body, headers } = await served.server.inject({ url: '/' });
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(body).not.toMatch(/<script|<style|style=|onload|<b>test/);
  expect(body).toContain('&#60;script&#62;alert(1)');
  expect(body).toContain('Mode of the kubelet file');
  expect((await served.server.inject({ url: '/page.css' })).body).toContain('prefers-color-scheme: dark');
});

test('health and readiness', async () => {
  served = await serve();
  expect((await served.server.inject({ url: '/healthz' })).body).toBe('ok\n');
  expect((await served.server.inject({ url: '/readyz' })).body).toBe('ready\n');
  expect((await served.server.inject({ url: '/readyz?verbose' })).body).toBe(
    '[+] store ok\n[i] node-list: not listed yet\nready\n',
  );
});

test('OpenAPI names every route with its answers', async () => {
  served = await serve();
  const { paths, openapi } = (await served.get('/openapi.json')).body as {
    paths: Record<string, object>;
    openapi: string;
  };
  expect(openapi).toBe('3.1.0');
  expect(Object.keys(paths).sort()).toEqual([
    '/api/v1/alert-rules',
    '/api/v1/alerts',
    '/api/v1/alerts/{id}',
    '/api/v1/attestations',
    '/api/v1/attestations/{id}',
    '/api/v1/audit',
    '/api/v1/benchmarks',
    '/api/v1/benchmarks/{*}',
    '/api/v1/compare',
    '/api/v1/controls/{slug}',
    '/api/v1/deliveries',
    '/api/v1/drift',
    '/api/v1/events',
    '/api/v1/findings',
    '/api/v1/findings/{id}',
    '/api/v1/node-groups',
    '/api/v1/nodes',
    '/api/v1/nodes/{name}',
    '/api/v1/receivers',
    '/api/v1/receivers/{name}/test',
    '/api/v1/scans',
    '/api/v1/scans/{id}',
    '/api/v1/schedules',
    '/api/v1/schedules/{name}',
    '/api/v1/summary',
    '/api/v1/trend',
    '/api/v1/waivers',
    '/api/v1/waivers/{id}',
  ]);
});

test('what fails inside is a code and a request id, never the cause', async () => {
  served = await serve();
  served.server.log.level = 'silent';
  const { queries } = served.store;
  // The database goes away under the server.
  served.store.close();
  const answer = await served.server.inject({ url: '/api/v1/findings' });
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ code: 'PLB_INTERNAL', requestId: expect.any(String) });
  expect(answer.body).not.toMatch(/database|sqlite/i);
  expect(queries).toBeDefined();
});
