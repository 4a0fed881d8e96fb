import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AgentConfig, readConfig } from '../../agent/src/config.ts';
import { realHost, watching } from '../../agent/src/index.ts';
import { runAgent } from '../../agent/src/run.ts';
import { byTokens } from '../../aggregator/src/ingest/identity.ts';
import { openStore } from '../../aggregator/src/store/store.ts';
import { freePort } from '../free-port.ts';
import { shippedPack } from '../pack.ts';
import { aggregator, scratch, seen, until } from './stream-world.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };

async function configured(address: string): Promise<AgentConfig & { readonly url: string }> {
  const port = await freePort();
  const argv = ['--aggregator', address, '--node-name', 'alpha', '--health-address', `127.0.0.1:${port}`];
  return { ...readConfig([...argv, '--spool-dir', join(scratch(), 'spool')], {}), url: `http://127.0.0.1:${port}` };
}

test('an agent on the real store: what it sees is what is remembered, and stays so over a restart', async () => {
  const file = join(scratch(), 'plumbline.db');
  const store = await openStore(file);
  const identity = byTokens('t alpha');
  const { ingest, address, metrics } = await aggregator({
    log: store.log as never,
    identity: (peer) => identity({ ...peer, token: 't' }),
  });
  const config = await configured(address);
  const observe = async () => [seen('/a'), { ...seen('/b'), state: 'denied' as const, detail: 'mode 0000' }];
  for (const commits of [1, 2]) {
    const stop = new AbortController();
    const running = runAgent({ config, version: '1.2.3', observe, log: quiet, signal: stop.signal });
    await until(() => metrics.commits.get('heartbeat') === commits);
    await until(() => ingest.nodes().includes('alpha'));
    expect((await fetch(`${config.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${config.url}/readyz`)).status).toBe(200);
    const text = await (await fetch(`${config.url}/metrics`)).text();
    expect(text).toContain('plumbline_agent_observations{state="denied"} 1');
    expect(text).toContain('plumbline_agent_stream_connected 1');
    expect((await fetch(`${config.url}/run`)).status).toBe(404);
    expect((await fetch(`${config.url}/healthz`, { method: 'POST', body: 'x' })).status).toBe(405);
    stop.abort();
    await running;
  }
  expect(metrics.commits.get('snapshot')).toBe(1);
  expect(store.observations('alpha').map((one) => [one.subject, one.state])).toEqual([
    ['/a', 'observed'],
    ['/b', 'denied'],
  ]);
  await ingest.close();
  store.close();
});

test('an agent that watches sends a heartbeat an interval and looks when something changed', async () => {
  const identity = byTokens('t alpha');
  const { ingest, address, metrics } = await aggregator({ identity: (peer) => identity({ ...peer, token: 't' }) });
  const config = { ...(await configured(address)), intervalSeconds: 0.05, rescanSeconds: 3_600 };
  const file = join(scratch(), 'file');
  writeFileSync(file, '', { mode: 0o600 });
  const host = realHost('/');
  let looks = 0;
  const observe = async () => {
    looks += 1;
    const stat = await host.stat(file);
    await host.refresh();
    return [seen('/file', { mode: stat.state === 'observed' ? stat.value.mode.toString(8) : '' })];
  };
  const stop = new AbortController();
  const watch = watching(host, shippedPack());
  const running = runAgent({ config, version: '1', observe, watch, log: quiet, signal: stop.signal });
  await until(() => (metrics.commits.get('heartbeat') ?? 0) >= 10);
  expect(looks).toBeLessThanOrEqual(3);
  expect(metrics.commits.get('delta')).toBeUndefined();
  const text = await (await fetch(`${config.url}/metrics`)).text();
  expect(text).toContain('plumbline_agent_unwatched 0');
  expect(text).toMatch(/plumbline_agent_watched_directories [1-9]/);
  chmodSync(file, 0o644);
  await until(() => metrics.commits.get('delta') === 1);
  stop.abort();
  await running;
  await ingest.close();
});

test('an agent that cannot look is alive, not ready, and tells nothing', async () => {
  const { ingest, address, log } = await aggregator();
  const config = await configured(address);
  const stop = new AbortController();
  const observe = async () => {
    throw new Error('the host is gone');
  };
  const running = runAgent({ config, version: '0', observe, log: quiet, signal: stop.signal });
  await until(() => true);
  const ready = await fetch(`${config.url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, 'the node has not been looked at yet\n']);
  expect((await fetch(`${config.url}/healthz`)).status).toBe(200);
  stop.abort();
  await running;
  expect(log.positions.size).toBe(0);
  await ingest.close();
});

test('a health address that is taken is a configuration error', async () => {
  const { ingest, address } = await aggregator();
  const argv = ['--aggregator', address, '--health-address', `127.0.0.1:${ingest.port}`];
  const options = { version: '0', observe: async () => [], log: quiet, signal: new AbortController().signal };
  const running = runAgent({ ...options, config: readConfig(argv, {}) });
  await expect(running).rejects.toMatchObject({ code: 'PLB_CONFIG_INVALID' });
  await ingest.close();
});
