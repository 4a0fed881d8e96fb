import { afterEach, expect, test, vi } from 'vitest';
import { knowServer, type Server } from '../../../aggregator/src/cluster/server.ts';
import { type Answer, type ApiServer, apiServer, json } from './api-server.ts';

let api: ApiServer;
let server: Server;
let told: string[];
let failures: number;

async function know(
  answers: readonly Answer[],
  timing = { soon: 20, between: 0, late: 60_000, retry: 30 },
): Promise<void> {
  told = [];
  failures = 0;
  api = await apiServer(answers);
  server = knowServer({
    client: api.client,
    clock: Date.now,
    versionChanged: (version) => told.push(version),
    failed: () => failures++,
    timing,
  });
}

afterEach(async () => {
  await server.stop();
  await api.close();
});

const says = (gitVersion: unknown) => json(200, { gitVersion });
const soon = (check: () => void) => vi.waitFor(check, { timeout: 3000, interval: 5 });
const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('is asked once, however long it is quiet', async () => {
  await know([says('v1.34.4')]);
  await server.first;
  await pass(300);
  expect(told).toEqual(['v1.34.4']);
  expect(api.client.requests()).toEqual([{ verb: 'get', resource: 'version', count: 1 }]);
});

test('is asked again after watches broke, once for all of them', async () => {
  await know([says('v1.34.4'), says('v1.35.0')]);
  await server.first;
  let answered = 0;
  server.onAnswer(() => answered++);
  for (let broken = 0; broken < 15; broken++) server.broke();
  await soon(() => expect(told).toEqual(['v1.34.4', 'v1.35.0']));
  expect(api.asked.length).toBe(2);
  expect(answered).toBe(1);
});

test('breaks in a row are not asked about more often than it is worth', async () => {
  await know([says('v1.34.4')], { soon: 10, between: 400, late: 60_000, retry: 30 });
  await server.first;
  for (let broken = 0; broken < 10; broken++) {
    server.broke();
    await pass(25);
  }
  expect(api.asked.length).toBe(1);
  await soon(() => expect(api.asked.length).toBe(2));
});

test('of several servers that are upgraded in turn, the last one is seen by a late look', async () => {
  await know([says('v1.34.4'), says('v1.34.4'), says('v1.35.0')], { soon: 10, between: 0, late: 200, retry: 30 });
  await server.first;
  server.broke();
  await soon(() => expect(told).toEqual(['v1.34.4', 'v1.35.0']));
  expect(api.asked.length).toBe(3);
});

test.each([
  ['refuses', json(503, {})],
  ['says no version', json(200, {})],
  ['says it as a number', says(1.34)],
  ['talks something else', ((_, reply) => void reply.end('<html>')) as Answer],
])('a server that %s is asked until it answers', async (_, wrong) => {
  await know([wrong, wrong, says('v1.34.4')]);
  await server.first;
  expect([told, failures]).toEqual([['v1.34.4'], 2]);
});

test('initial states by watch are tried again when the server may be another', async () => {
  await know([says('v1.33.1')]);
  await server.first;
  server.refusedStream();
  expect(server.streams()).toBe(false);
  server.broke();
  expect(server.streams()).toBe(true);
});
