import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { anyOf, byCertificate, byReview } from '../../aggregator/src/ingest/identity.ts';
import { authority } from './stream-certificates.ts';
import { agent, aggregator, scratch, seen, until } from './stream-world.ts';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

const directory = scratch();
const ours = authority(directory, 'ours');
const theirs = authority(directory, 'theirs');
const server = ours.issue('server', 'plumbline-aggregator', 'serverAuth');
const alpha = ours.issue('alpha', 'system:node:alpha', 'clientAuth');
const beta = ours.issue('beta', 'plumbline:node:beta', 'clientAuth');
const forged = theirs.issue('forged', 'system:node:alpha', 'clientAuth');

async function world(requireClientCertificate: boolean) {
  const review = byReview(async (token) => (token === 'bound' ? { node: 'alpha' } : undefined));
  const one = await aggregator({
    identity: anyOf(byCertificate, review),
    tls: { ...server, clientCaFile: ours.caFile, requireClientCertificate },
  });
  cleanup.push(() => one.ingest.close());
  // An IP address is no TLS server name.
  return { ...one, address: `localhost:${one.ingest.port}` };
}

function started(target: Parameters<typeof agent>[0]['target']) {
  const one = agent({ target });
  cleanup.push(() => one.stop());
  one.look([seen('/a')]);
  one.start();
  return one;
}

test('mutual TLS: the node is the one of the certificate', async () => {
  const { address, log } = await world(true);
  started({ address, caFile: ours.caFile, ...alpha });
  await until(() => log.history.length === 1);
  expect([...log.states.keys()]).toEqual(['alpha']);
});

test('the certificate of node beta cannot speak for alpha', async () => {
  const { address, log, metrics } = await world(true);
  const node = started({ address, caFile: ours.caFile, ...beta });
  await until(() => node.endings.length > 0);
  expect(node.endings[0]).toMatchObject({ code: 'PLB_STREAM_IDENTITY', retryAfterSeconds: 0 });
  expect(metrics.refusals.get('PLB_STREAM_IDENTITY')).toBe(1);
  expect(log.positions.size).toBe(0);
});

test.each([
  ['required', true, 'UNAVAILABLE'],
  ['optional', false, 'PLB_UNAUTHORIZED'],
])('a certificate of another authority is none (%s)', async (_name, required, code) => {
  const { address, log } = await world(required);
  const node = started({ address, caFile: ours.caFile, ...forged });
  await until(() => node.endings.length > 0);
  expect(node.endings[0]?.code).toBe(code);
  expect(log.positions.size).toBe(0);
});

test('TLS and a bound token, without a client certificate', async () => {
  const { address, log } = await world(false);
  const tokenFile = join(scratch(), 'token');
  writeFileSync(tokenFile, 'bound\n');
  started({ address, caFile: ours.caFile, tokenFile });
  await until(() => log.history.length === 1);
});

test('a certificate file that is missing is said at the start', async () => {
  const tls = { ...server, clientCaFile: join(directory, 'nothing.crt') };
  await expect(aggregator({ tls })).rejects.toMatchObject({ code: 'PLB_CONFIG_INVALID' });
});

test('an aggregator of another authority is not spoken to, and plaintext does not reach a TLS port', async () => {
  const { address, log } = await world(false);
  const wrong = started({ address, caFile: theirs.caFile, ...alpha });
  const plain = started({ address: address.replace('localhost', '127.0.0.1') });
  await until(() => wrong.endings.length > 0 && plain.endings.length > 0);
  expect([wrong.endings[0]?.code, plain.endings[0]?.code]).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
  expect(log.positions.size).toBe(0);
});
