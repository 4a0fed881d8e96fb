import dns from 'node:dns';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, expect, test, vi } from 'vitest';
import { openChannel } from '../../agent/src/uplink/channel.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function listening() {
  const seen: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      seen.push(data.toString('latin1'));
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { seen, port: (server.address() as AddressInfo).port, close: () => server.close() };
}

async function ended(address: string, caFile?: string): Promise<void> {
  const { call, close } = openChannel({ address, caFile });
  await new Promise<void>((resolve) => {
    call.on('error', () => undefined);
    call.on('status', () => resolve());
    call.resume();
  });
  close();
}

test.each(['grpc_proxy', 'https_proxy', 'http_proxy'])(
  '%s: no proxy of the environment is told anything',
  async (name) => {
    const proxy = await listening();
    const aggregator = await listening();
    vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
    await ended(`127.0.0.1:${aggregator.port}`);
    expect(proxy.seen).toEqual([]);
    expect(aggregator.seen).toHaveLength(1);
    proxy.close();
    aggregator.close();
  },
);

test('the resolver is asked for addresses alone', async () => {
  const asked = vi.spyOn(dns.promises, 'resolveTxt');
  const aggregator = await listening();
  const caFile = join(mkdtempSync(join(tmpdir(), 'plumbline-channel-')), 'ca.crt');
  writeFileSync(caFile, rootCertificates[0] ?? '');
  await ended(`localhost:${aggregator.port}`, caFile);
  expect(asked).not.toHaveBeenCalled();
  aggregator.close();
});
