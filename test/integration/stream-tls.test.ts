import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type CertificatePaths, followCertificates } from '../../aggregator/src/certificate-files.ts';
import { anyOf, byCertificate, byReview } from '../../aggregator/src/ingest/identity.ts';
import { authority } from './stream-certificates.ts';
import { agent, aggregator, emptyOutbox, scratch, seen, until } from './stream-world.ts';

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

function follow(paths: CertificatePaths) {
  const certificates = followCertificates(paths, { renewed: () => undefined, kept: () => undefined });
  cleanup.push(async () => certificates.stop());
  return certificates;
}

async function world(requireClientCertificate: boolean) {
  const review = byReview(async (token) => (token === 'bound' ? { node: 'alpha' } : undefined));
  const one = await aggregator({
    identity: anyOf(byCertificate, review),
    tls: { certificates: follow({ ...server, clientCaFile: ours.caFile }), requireClientCertificate },
  });
  cleanup.push(() => one.ingest.close());
  // An IP address is no TLS server name.
  return { ...one, address: `localhost:${one.ingest.port}` };
}

function started(target: Parameters<typeof agent>[0]['target'], node = 'alpha') {
  const one = agent({ target }, emptyOutbox(), node);
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

test('connections that come after a renewal get the new certificate, those that are open stay', async () => {
  const paths = { certFile: join(scratch(), 'tls.crt'), keyFile: join(scratch(), 'tls.key') };
  const install = (from: typeof server) => {
    copyFileSync(from.certFile, paths.certFile);
    copyFileSync(from.keyFile, paths.keyFile);
  };
  install(server);
  const certificates = follow(paths);
  const { ingest, log } = await aggregator({ tls: { certificates } });
  cleanup.push(() => ingest.close());
  const address = `localhost:${ingest.port}`;
  const tokenFile = join(scratch(), 'token');
  writeFileSync(tokenFile, 'alpha-token\n');
  const before = started({ address, caFile: ours.caFile, tokenFile });
  await until(() => log.history.length === 1);
  install(theirs.issue('renewed', 'plumbline-aggregator', 'serverAuth'));
  certificates.check();
  writeFileSync(tokenFile, 'beta-token\n');
  const after = started({ address, caFile: theirs.caFile, tokenFile }, 'beta');
  await until(() => log.states.has('beta'));
  before.look([seen('/a'), seen('/b')]);
  await until(() => log.states.get('alpha')?.size === 2);
  writeFileSync(paths.certFile, 'broken');
  certificates.check();
  const late = started({ address, caFile: theirs.caFile, tokenFile }, 'beta');
  await until(() => late.orders.length > 0 || after.endings.length > 0);
  expect(after.endings[0]?.code).toBe('PLB_STREAM_FENCED');
  expect([...before.endings, ...late.endings]).toEqual([]);
});

test('an aggregator of another authority is not spoken to, and plaintext does not reach a TLS port', async () => {
  const { address, log } = await world(false);
  const wrong = started({ address, caFile: theirs.caFile, ...alpha });
  const plain = started({ address: address.replace('localhost', '127.0.0.1') });
  await until(() => wrong.endings.length > 0 && plain.endings.length > 0);
  expect([wrong.endings[0]?.code, plain.endings[0]?.code]).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
  expect(log.positions.size).toBe(0);
});
