import { once } from 'node:events';
import { copyFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import pino from 'pino';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { startAggregator } from '../../aggregator/src/aggregator.ts';
import { followCertificates } from '../../aggregator/src/certificate-files.ts';
import { authority } from '../integration/stream-certificates.ts';

let first: { certFile: string; keyFile: string };
let second: { certFile: string; keyFile: string };
let caFile: string;
beforeAll(() => {
  const ca = authority(scratch());
  caFile = ca.caFile;
  first = ca.issue('first', 'first', 'serverAuth');
  second = ca.issue('second', 'second', 'serverAuth');
});

const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'plumbline-certificates-'));
}

/** Files as Kubernetes mounts a Secret: links into a directory that is swapped at once. */
function mounted(from: typeof first) {
  const directory = scratch();
  let version = 0;
  const install = (cert: string, key: string) => {
    const data = join(directory, `..${++version}`);
    rmSync(data, { recursive: true, force: true });
    const files = mkdtempSync(join(directory, '..files-'));
    copyFileSync(cert, join(files, 'tls.crt'));
    copyFileSync(key, join(files, 'tls.key'));
    symlinkSync(files, data);
    renameSync(data, join(directory, '..data'));
  };
  install(from.certFile, from.keyFile);
  const paths = { certFile: join(directory, 'tls.crt'), keyFile: join(directory, 'tls.key') };
  symlinkSync('..data/tls.crt', paths.certFile);
  symlinkSync('..data/tls.key', paths.keyFile);
  return { paths, install };
}

function followed(paths: Parameters<typeof followCertificates>[0]) {
  const said: string[] = [];
  const certificates = followCertificates(paths, {
    renewed: () => said.push('renewed'),
    kept: (why) => said.push(why),
  });
  cleanup.push(certificates.stop);
  return { certificates, said };
}

test('a swapped link is seen by its content, once', () => {
  const { paths, install } = mounted(first);
  const { certificates, said } = followed(paths);
  const heard: string[] = [];
  const leave = certificates.onChange(({ cert }) => heard.push(cert.toString()));
  certificates.check();
  install(second.certFile, second.keyFile);
  certificates.check();
  certificates.check();
  expect([said, heard.length, certificates.state().reloads]).toEqual([['renewed'], 1, 1]);
  leave();
  install(first.certFile, first.keyFile);
  certificates.check();
  expect([heard.length, certificates.state().reloads]).toEqual([1, 2]);
});

test.each([
  [
    'the key of another certificate',
    (): [string, string] => [second.certFile, first.keyFile],
    /cannot be used together/,
  ],
  ['an empty certificate', (): [string, string] => [empty(), second.keyFile], /holds no certificate/],
  ['an empty key', (): [string, string] => [second.certFile, empty()], /cannot be used together/],
] as const)('%s is not used: the old one stays, it is said once, and mending it helps', (_, files, why) => {
  const { paths, install } = mounted(first);
  const { certificates, said } = followed(paths);
  const before = certificates.current();
  const [cert, key] = files();
  install(cert, key);
  certificates.check();
  certificates.check();
  expect(said).toEqual([expect.stringMatching(why)]);
  expect(certificates.current()).toBe(before);
  expect(certificates.state().error).toMatch(why);
  expect(() => followCertificates(paths, { renewed: () => undefined, kept: () => undefined })).toThrow(
    expect.objectContaining({ code: 'PLB_CONFIG_INVALID' }),
  );
  install(second.certFile, second.keyFile);
  certificates.check();
  expect(certificates.state()).toMatchObject({ error: null, reloads: 1 });
});

test('a file that goes away is said and changes nothing; a client CA that is none too', () => {
  const { paths } = mounted(first);
  const clientCaFile = join(scratch(), 'ca.crt');
  copyFileSync(caFile, clientCaFile);
  const { certificates, said } = followed({ ...paths, clientCaFile });
  rmSync(paths.keyFile);
  certificates.check();
  expect(said).toEqual([expect.stringContaining('cannot be read')]);
  copyFileSync(first.keyFile, paths.keyFile);
  writeFileSync(clientCaFile, 'none');
  certificates.check();
  expect(said).toHaveLength(2);
  expect(said[1]).toContain('holds no certificate');
  expect(certificates.current().clientCa?.toString()).toContain('BEGIN CERTIFICATE');
});

function empty(): string {
  const file = join(scratch(), 'empty');
  writeFileSync(file, '');
  return file;
}

/** The common name that a port shows on a new connection. */
async function shown(address: string): Promise<string> {
  const [, host = '', port] = /^(?:https:\/\/)?([^:]+):(\d+)/.exec(address) ?? [];
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
  });
}

test('REST and gRPC serve the renewed certificate without a restart, and the old one while the new one is broken', async () => {
  const { paths, install } = mounted(first);
  const lines: string[] = [];
  const log = pino(
    new Writable({
      write(line, _, done) {
        lines.push(String(line));
        done();
      },
    }),
  );
  const aggregator = await startAggregator(
    {
      listen: 'localhost:0',
      grpcListen: '127.0.0.1:0',
      database: ':memory:',
      tlsCertFile: paths.certFile,
      tlsKeyFile: paths.keyFile,
    },
    log,
  );
  cleanup.push(aggregator.close);
  const both = async () => [await shown(aggregator.restAddress), await shown(aggregator.grpcAddress)];
  expect(await both()).toEqual(['first', 'first']);
  install(second.certFile, second.keyFile);
  aggregator.checkCertificates();
  expect(await both()).toEqual(['second', 'second']);
  install(first.certFile, second.keyFile);
  aggregator.checkCertificates();
  expect(await both()).toEqual(['second', 'second']);
  expect(lines.filter((line) => line.includes('the old one stays'))).toHaveLength(1);
  const { port } = new URL(aggregator.restAddress);
  const [answer] = await once(
    get({ host: '127.0.0.1', port, path: '/metrics', rejectUnauthorized: false }),
    'response',
  );
  const metrics = await text(answer);
  expect(metrics).toContain('plumbline_tls_certificate_broken 1\n');
  expect(metrics).toContain('plumbline_tls_certificate_reloads_total 1\n');
  expect(metrics).toMatch(/plumbline_tls_certificate_not_after_timestamp_seconds 1\d{9}\n/);
});
