import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KubeClient, kubeClient } from '../../../aggregator/src/cluster/kube-client.ts';
import { freshFile } from '../world.ts';

let server: Server;
let client: KubeClient;
let file: string;
let seen: (string | undefined)[];

/** A kubeconfig with this token. */
function write(token: string): void {
  const { port } = server.address() as AddressInfo;
  const named = (kind: string, value: object) => ({ [kind]: value, name: 'mine' });
  writeFileSync(
    file,
    JSON.stringify({
      'current-context': 'mine',
      clusters: [named('cluster', { server: `http://127.0.0.1:${port}/`, 'insecure-skip-tls-verify': true })],
      users: [named('user', { token })],
      contexts: [named('context', { cluster: 'mine', user: 'mine' })],
    }),
  );
}

const ask = (path = '/api', resource = 'pods') =>
  client.ask({ verb: 'list', resource, path, signal: AbortSignal.timeout(5000) });

beforeEach(async () => {
  seen = [];
  server = createServer((request, reply) => {
    seen.push(request.headers.authorization);
    reply.writeHead(200, { 'retry-after': '4000' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  file = freshFile('kubeconfig');
  write('old');
  client = await kubeClient({ kind: 'kubeconfig', file });
});

afterEach(async () => {
  await client.close();
  await new Promise((resolve) => server.close(resolve));
});

test('credentials are read anew when they are not good any more', async () => {
  (await ask()).drop();
  write('new');
  (await ask()).drop();
  await client.renew();
  (await ask()).drop();
  expect(seen).toEqual(['Bearer old', 'Bearer old', 'Bearer new']);
});

test('a kubeconfig that broke keeps nobody from going on with what was known', async () => {
  writeFileSync(file, '{');
  await expect(client.renew()).rejects.toMatchObject({ code: 'PLB_CONFIG_INVALID' });
  (await ask()).drop();
  expect(seen).toEqual(['Bearer old']);
});

test('requests are counted by verb and resource', async () => {
  for (const resource of ['pods', 'pods', 'nodes']) (await ask('/api', resource)).drop();
  expect(client.requests()).toEqual([
    { verb: 'list', resource: 'pods', count: 2 },
    { verb: 'list', resource: 'nodes', count: 1 },
  ]);
});

test('no server can have us wait longer than five minutes', async () => {
  const answer = await ask();
  answer.drop();
  expect(answer.retryAfter).toBe(300_000);
});
