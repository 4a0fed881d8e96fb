import { createHash } from 'node:crypto';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { openAccess, readAccess } from '../../../aggregator/src/api/access.ts';
import { admit, callerOf } from '../../../aggregator/src/api/admit.ts';
import { sendProblem } from '../../../aggregator/src/api/problem.ts';

const line = (name: string, token: string, role: string) =>
  `${name}:${createHash('sha256').update(token).digest('hex')}:${role}`;
const withTokens = readAccess(
  [line('eve', 'reads', 'viewer'), line('olga', 'writes', 'operator')].join('\n'),
  'tokens',
);

function server(access = withTokens) {
  const app = fastify();
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.addHook('onRequest', async (request) => admit(access, request));
  app.all('/thing', async (request) => ({ owner: callerOf(access, request).name }));
  return app;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('a viewer reads and does not write; an operator writes and owns what was written', async () => {
  const app = server();
  expect((await app.inject({ url: '/thing', headers: bearer('reads') })).json()).toEqual({ owner: 'eve' });
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    const refused = await app.inject({ method, url: '/thing', headers: bearer('reads') });
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'PLB_FORBIDDEN']);
    expect((await app.inject({ method, url: '/thing', headers: bearer('writes') })).json()).toEqual({ owner: 'olga' });
    expect((await app.inject({ method, url: '/thing' })).statusCode).toBe(401);
  }
});

test.each([
  [{ origin: 'https://evil.example' }, 403],
  [{ origin: 'null' }, 403],
  [{ 'sec-fetch-site': 'cross-site' }, 403],
  [{ 'sec-fetch-site': 'same-site' }, 403],
  [{ origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }, 200],
  [{}, 200],
])(
  'without tokens a page elsewhere does not write through the browser of this machine: %j',
  async (headers, status) => {
    const app = server(openAccess);
    const answer = await app.inject({ method: 'POST', url: '/thing', headers: { host: 'localhost:8080', ...headers } });
    expect(answer.statusCode).toBe(status);
  },
);
