import { expect, test } from 'vitest';
import { decodeGone } from '../../../aggregator/src/ingest/decode.ts';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { after, freshFile, observations, send } from '../world.ts';

test('keys that nobody held leave nothing behind', async () => {
  const file = freshFile();
  const store = await openStore(file);
  send(store, 'one', observations(), 0);
  const digest = store.nodes.get('one')?.digest ?? '';
  const commit = { node: 'one', epoch: '1', sequence: 2n, digest, receivedAt: after(1) };
  const generation = store.generation();
  store.log.apply(commit, [], [{ fact: 'file', subject: '/never/seen' }]);
  expect(store.generation()).toBe(generation);
  store.close();
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(file, { readonly: true });
  expect(db.prepare("SELECT count(*) AS n FROM text WHERE body = '/never/seen'").get()).toEqual({ n: 0 });
  db.close();
});

test.each([
  [{ fact: 'no.such.fact', subject: 'node' }, 'PLB_STREAM_UNKNOWN_FACT'],
  [{ fact: 'file', subject: 'x'.repeat(10_000) }, 'PLB_STREAM_MALFORMED'],
])('a gone key that no agent can hold is refused', (key, code) => {
  expect(() => decodeGone([key], new Map())).toThrow(expect.objectContaining({ code }));
});

test.each([[{}], [{ version: 5 }], [{ version: { a: 1 } }]])(
  'an agent without a version that reads is none: %j',
  async (value) => {
    const store = await openStore(freshFile());
    const shown = observations().filter((one) => one.fact !== 'node.agent');
    send(
      store,
      'one',
      [...shown, { fact: 'node.agent', subject: 'node', state: 'observed', value, observedAt: after(0) }],
      0,
    );
    expect(store.nodes.get('one')).toMatchObject({ agentVersion: null, lastReceived: Date.parse(after(0)) });
    store.close();
  },
);

test('a hello alone is no sign that somebody looks', async () => {
  const store = await openStore(freshFile());
  store.log.begin({ node: 'one', epoch: '1', sequence: 0n, digest: '', receivedAt: after(0) });
  expect(store.nodes.get('one')?.lastReceived).toBeNull();
  send(store, 'one', observations(), 5);
  const { digest = '' } = store.nodes.get('one') ?? {};
  store.log.begin({ node: 'one', epoch: '2', sequence: 0n, digest, receivedAt: after(600) });
  expect(store.nodes.get('one')?.lastReceived).toBe(Date.parse(after(5)));
  store.close();
});
