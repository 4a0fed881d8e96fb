import { readFileSync } from 'node:fs';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkedLookup, post, type Target } from '../../../aggregator/src/alert/delivery/post.ts';
import { authority } from '../../integration/stream-certificates.ts';
import { freshFile } from '../world.ts';
import { httpSink, status } from './http-sink.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const letter = { body: '{}', headers: {} };
const never = new AbortController().signal;
const at = (url: string, more: Partial<Target> = {}): Target => ({ url, allowPrivate: true, allowHttp: true, ...more });
const send = (target: Target, signal = never) => post(target, letter, [], signal);

async function sink() {
  const one = await httpSink();
  closing.push(one.close);
  return one;
}

/** A server that does with a connection what a test wants. */
async function tcp(serve: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test.each([
  [200, { delivered: true }],
  [202, { delivered: true }],
  [302, { permanent: false, reached: false }],
  [400, { permanent: true, reached: false }],
  [404, { permanent: true, reached: false }],
  [408, { permanent: false, reached: false }],
  [425, { permanent: false, reached: false }],
  [429, { permanent: false, reached: false }],
  [500, { permanent: false, reached: true }],
  [503, { permanent: false, reached: false }],
])('an answer of %i', async (code, expected) => {
  const one = await sink();
  one.answer = status(code, code === 302 ? { location: `${one.url}/elsewhere` } : {});
  expect(await send(at(`${one.url}/`))).toMatchObject(expected);
  expect(one.got.map((got) => got.path)).toEqual(['/']);
});

test('a redirect to where clouds keep credentials is not followed', async () => {
  const one = await sink();
  one.answer = status(307, { location: 'http://169.254.169.254/latest/meta-data/' });
  expect(await send(at(`${one.url}/`))).toMatchObject({ delivered: false, error: 'answered 307' });
});

test.each([
  ['5', 5000],
  ['999999999', 3_600_000],
  [new Date(Date.now() + 100_000).toUTCString(), expect.closeTo(100_000, -4)],
  ['soon', undefined],
  ['-3', undefined],
])('Retry-After: %s', async (header, ms) => {
  const one = await sink();
  one.answer = status(429, { 'retry-after': header });
  const outcome = await send(at(`${one.url}/`));
  expect(outcome).toMatchObject({ delivered: false });
  expect('retryAfterMs' in outcome ? outcome.retryAfterMs : undefined).toEqual(ms);
});

test('of a long answer little is read, without control characters and secrets', async () => {
  const one = await sink();
  one.answer = (response) => {
    response.writeHead(400);
    response.write(`no\u001b[31m \u202e${one.url}/hook/s3cret and token-1234 `);
    const more = setInterval(() => response.write('x'.repeat(10_000)), 1);
    response.on('close', () => clearInterval(more));
  };
  const outcome = await post(at(`${one.url}/hook/s3cret`), letter, ['token-1234'], never);
  expect(outcome).toMatchObject({ permanent: true, error: expect.stringMatching(/^answered 400: no\[31m … and … x+/) });
  expect(JSON.stringify(outcome).length).toBeLessThan(500);
});

test('a connection that is reset after the request may have brought it; one that is refused has not', async () => {
  const url = await tcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
  expect(await send(at(url))).toMatchObject({ delivered: false, permanent: false, reached: true });
  const gone = await sink();
  await gone.close();
  expect(await send(at(gone.url))).toMatchObject({
    permanent: false,
    reached: false,
    error: expect.stringContaining('ECONNREFUSED'),
  });
});

test('one that never answers, or never ends to answer, is cut off after ten seconds', { timeout: 30_000 }, async () => {
  const hangs = await tcp(() => undefined);
  const drips = await tcp((socket) => {
    const drip = setInterval(() => socket.write('HTTP/1.1 200 OK\r\nx-slow: y\r\n'.slice(0, 1)), 200);
    socket.on('close', () => clearInterval(drip));
  });
  const began = performance.now();
  const outcomes = await Promise.all([send(at(hangs)), send(at(drips))]);
  expect(performance.now() - began).toBeLessThan(12_000);
  expect(outcomes[0]).toMatchObject({ delivered: false, reached: true, error: 'no answer within 10 s' });
  expect(outcomes[1]).toMatchObject({ delivered: false, reached: true });
});

test('it ends at once when the program does', async () => {
  const hangs = await tcp(() => undefined);
  const end = new AbortController();
  const sending = send(at(hangs), end.signal);
  end.abort();
  expect(await sending).toMatchObject({ delivered: false });
});

test.each([
  ['http without leave', at('http://93.184.216.34/', { allowHttp: false }), 'not https'],
  ['another protocol', at('ftp://93.184.216.34/'), 'neither https nor http'],
  ['no URL', at('nonsense'), 'cannot be read'],
  ['a password in it', at('https://user:secret@example.com/'), 'a user or a password'],
  ['a private address without leave', at('https://10.0.0.1/', { allowPrivate: false }), 'private'],
  ['metadata with leave', at('http://169.254.169.254/'), 'metadata'],
  ['metadata in other words', at('http://0xa9fea9fe/'), 'metadata'],
  ['metadata in IPv6', at('http://[::ffff:a9fe:a9fe]/'), 'metadata'],
])('refused before anything is sent: %s', async (_, target, error) => {
  const outcome = await send(target);
  expect(outcome).toMatchObject({
    delivered: false,
    permanent: true,
    reached: false,
    error: expect.stringContaining(error),
  });
  expect(JSON.stringify(outcome)).not.toContain('secret');
});

test('a name that leads inside is refused after it was resolved', async () => {
  const one = await sink();
  const url = one.url.replace('127.0.0.1', 'localhost');
  expect(await send(at(url, { allowPrivate: false }))).toMatchObject({
    delivered: false,
    reached: false,
    error: expect.stringContaining('is private'),
  });
  expect(one.got).toEqual([]);
  expect(await send(at(url))).toEqual({ delivered: true });
});

test('what was resolved and checked is what is connected to', async () => {
  const found = await new Promise((resolve, reject) =>
    checkedLookup(true)('localhost', { all: false }, (error, address, family) =>
      error ? reject(error) : resolve({ address, family }),
    ),
  );
  expect([
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]).toContainEqual(found);
});

test('TLS: the authority that is named vouches, another does not, and one of the system does not know ours', async () => {
  const directory = dirname(freshFile());
  const ours = authority(directory, 'ours');
  const other = authority(directory, 'other');
  const { certFile, keyFile } = ours.issue('server', 'localhost', 'serverAuth');
  const server: SecureServer = createSecureServer(
    { cert: readFileSync(certFile), key: readFileSync(keyFile) },
    (_, response) => response.writeHead(200).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  const ca = (file: string) => readFileSync(file, 'utf8');
  expect(await send(at(url, { ca: ca(ours.caFile), allowHttp: false }))).toEqual({ delivered: true });
  const refused = { delivered: false, permanent: false, reached: false };
  expect(await send(at(url, { ca: ca(other.caFile) }))).toMatchObject(refused);
  expect(await send(at(url))).toMatchObject(refused);
});
