import { expect, test } from 'vitest';
import { nodeOf, reviewToken } from '../../../aggregator/src/nodes/token-review.ts';
import { apiServer, json } from '../cluster/api-server.ts';

const review = (status: object) => ({ status }) as never;
const account = 'system:serviceaccount:plumbline-agents:plumbline-agent';
const username = account;
const extra = { 'authentication.kubernetes.io/node-name': ['one'] };

test.each([
  ['bound to a node', { authenticated: true, audiences: ['plumbline'], user: { username, extra } }, 'one'],
  ['not authenticated', { authenticated: false, audiences: ['plumbline'], user: { username, extra } }, undefined],
  ['for another audience', { authenticated: true, audiences: ['other'], user: { username, extra } }, undefined],
  ['from a server that ignores audiences', { authenticated: true, user: { username, extra } }, undefined],
  ['bound to no node', { authenticated: true, audiences: ['plumbline'], user: { username, extra: {} } }, undefined],
  [
    'of another account',
    {
      authenticated: true,
      audiences: ['plumbline'],
      user: { username: 'system:serviceaccount:default:default', extra },
    },
    undefined,
  ],
  ['without a user', { authenticated: true, audiences: ['plumbline'] }, undefined],
])('a token %s', (_, status, node) => expect(nodeOf(review(status), account)).toBe(node));

test('asks for our audience', async () => {
  let asked = '';
  const server = await apiServer([
    ({ body }, reply) => {
      asked = body;
      json(201, review({ authenticated: true, audiences: ['plumbline'], user: { username, extra } }))(
        {} as never,
        reply,
      );
    },
  ]);
  expect(await reviewToken(server.client, account, 'secret', AbortSignal.timeout(5000))).toBe('one');
  expect(JSON.parse(asked).spec).toEqual({ token: 'secret', audiences: ['plumbline'] });
  await server.close();
});

test('a server that refuses is an error, not a no', async () => {
  const server = await apiServer([json(403, {})]);
  await expect(reviewToken(server.client, account, 'secret', AbortSignal.timeout(5000))).rejects.toThrow('403');
  await server.close();
});
