import { describe, expect, test } from 'vitest';
import { anyOf, byCertificate, byReview, byTokens, type Peer } from '../../aggregator/src/ingest/identity.ts';
import { Bucket } from '../../aggregator/src/ingest/limits.ts';
import { startIngest } from '../../aggregator/src/ingest/server.ts';

function peer(proven: Partial<Peer>): Peer {
  return { commonName: undefined, token: undefined, loopback: false, ...proven };
}

describe('identity', () => {
  test.each([
    ['system:node:worker-1', { node: 'worker-1' }],
    ['plumbline:node:worker-1.example.org', { node: 'worker-1.example.org' }],
    ['system:node:', undefined],
    ['system:node:../etc', undefined],
    ['system:node:a\nb', undefined],
    ['system:kube-scheduler', undefined],
    ['xsystem:node:a', undefined],
    [undefined, undefined],
  ])('certificate of %j', (commonName, identity) => {
    expect(byCertificate(peer({ commonName }))).toEqual(identity);
  });

  const tokens = byTokens('# token node\n\n secret-a alpha\nsecret-any *\nincomplete\n');
  test.each([
    [{ token: 'secret-a' }, { node: 'alpha' }],
    [{ token: 'secret' }, undefined],
    [{ token: '' }, undefined],
    [{ token: 'incomplete' }, undefined],
    [{ token: '#' }, undefined],
    [{}, undefined],
    [{ token: 'secret-any' }, undefined],
    [{ token: 'secret-any', loopback: true }, { any: true }],
  ])('token %o', (proven, identity) => {
    expect(tokens(peer(proven))).toEqual(identity);
  });

  test('a review is asked only when there is a token, after those who know at once', async () => {
    const asked: string[] = [];
    const review = byReview(async (token) => {
      asked.push(token);
      return token === 'bound' ? { node: 'alpha' } : undefined;
    });
    const identify = anyOf(byCertificate, tokens, review);
    expect(await identify(peer({ commonName: 'system:node:beta', token: 'bound' }))).toEqual({ node: 'beta' });
    expect(await identify(peer({ token: 'secret-a' }))).toEqual({ node: 'alpha' });
    expect(await identify(peer({ token: 'bound' }))).toEqual({ node: 'alpha' });
    expect(await identify(peer({ token: 'other' }))).toBeUndefined();
    expect(await identify(peer({}))).toBeUndefined();
    expect(asked).toEqual(['bound', 'other']);
  });
});

test('a bucket goes into debt and says how long until it is paid', () => {
  const bucket = new Bucket({ burst: 2, perSecond: 10 }, 0);
  expect([bucket.take(1, 0), bucket.take(1, 0), bucket.take(1, 0)]).toEqual([0, 0, 100]);
  expect(bucket.take(1, 200)).toBe(0);
  expect(bucket.take(2, 1_000_000)).toBe(0);
  expect(bucket.take(1, 999_000)).toBe(100);
});

test.each(['0.0.0.0:0', 'localhost:0', '[::]:0'])('plaintext on %s is refused', async (address) => {
  const nothing = {} as never;
  const options = { log: nothing, identity: () => undefined, onCommitted: nothing, onError: nothing, metrics: nothing };
  await expect(startIngest({ ...options, address })).rejects.toMatchObject({ code: 'PLB_CONFIG_INVALID' });
});
