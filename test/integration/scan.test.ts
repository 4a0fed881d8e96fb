import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { readConfig } from '../../agent/src/config.ts';
import { runAgent } from '../../agent/src/run.ts';
import { startAggregator } from '../../aggregator/src/aggregator.ts';
import { observations } from '../aggregator/world.ts';
import { plumbline } from '../cli/terminal.ts';
import { freePort } from '../free-port.ts';
import { scratch } from './stream-world.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };

test('needs 31: a scan has the agents look, and holds what was mended just before it was asked for', async () => {
  const directory = scratch();
  const tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, 'token\n');
  const aggregator = await startAggregator({
    ...{ listen: '127.0.0.1:0', grpcListen: '127.0.0.1:0', logLevel: 'silent', ingestTokens: 'token *\n' },
    ...{ database: join(directory, 'plumbline.db'), kubernetesVersion: '1.34', scanWithin: 40 },
  });
  const stop = new AbortController();
  let mode = '0644';
  let looks = 0;
  const argv = ['--aggregator', aggregator.grpcAddress, '--node-name', 'alpha', '--token-file', tokenFile];
  const config = readConfig([...argv, '--interval', '1h', '--health-address', `127.0.0.1:${await freePort()}`], {});
  const observe = async () => {
    looks += 1;
    return observations({ mode });
  };
  const running = runAgent({ config, version: '0.1.0', observe, log: quiet, signal: stop.signal });
  const ask = (path: string) => fetch(`${aggregator.restAddress}/api/v1/${path}`).then((answer) => answer.json());
  const failing = async (query = '') => {
    const { findings } = (await ask(`findings?control=kubelet-config-file-permissions&status=fail${query}`)) as {
      findings: object[];
    };
    return findings.length;
  };
  await vi.waitFor(async () => expect(await failing()).toBeGreaterThan(0), 15_000);
  expect(looks).toBe(1);
  // Nobody would look for an hour, and nobody watches.
  mode = '0600';
  const scan = await plumbline([
    'scan',
    '--url',
    aggregator.restAddress,
    '--wait',
    '--name',
    'mended',
    '--format',
    'json',
  ]);
  expect(JSON.parse(scan.out)).toMatchObject({
    scan: { state: 'complete', name: 'mended', nodes: { total: 1, reporting: 1 }, gaps: [] },
  });
  expect([scan.code, looks]).toEqual([0, 2]);
  expect(await failing()).toBe(0);
  expect(await failing(`&at=${JSON.parse(scan.out).scan.at}`)).toBe(0);
  stop.abort();
  await running;
  await aggregator.close();
});
