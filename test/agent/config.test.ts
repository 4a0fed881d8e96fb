import { expect, test } from 'vitest';
import { readConfig, usage } from '../../agent/src/config.ts';

const local = ['--aggregator', '127.0.0.1:8443'];

test('flags win over the environment, which wins over defaults', () => {
  const environment = { PLUMBLINE_INTERVAL: '2m', PLUMBLINE_HOST_ROOT: '/env', NODE_NAME: 'worker-1' };
  const config = readConfig([...local, '--host-root', '/flag'], environment);
  expect(config).toMatchObject({
    hostRoot: '/flag',
    intervalSeconds: 120,
    rescanSeconds: 300,
    nodeName: 'worker-1',
    health: { host: '127.0.0.1', port: 8081 },
    logLevel: 'info',
  });
  expect(readConfig(local, { ...environment, PLUMBLINE_NODE_NAME: 'named' }).nodeName).toBe('named');
});

test.each([
  [[], 'aggregator'],
  [['--aggregator', 'far:8443'], 'plaintext'],
  [[...local, '--interval', '1s'], 'interval'],
  [[...local, '--interval', '60'], 'interval'],
  [[...local, '--interval', '2h'], 'interval'],
  [[...local, '--rescan', '2s'], 'rescan'],
  [[...local, '--health-address', 'nowhere'], 'health-address'],
  [[...local, '--health-address', ':99999'], 'health-address'],
  [[...local, '--log-level', 'loud'], 'log-level'],
  [[...local, '--exec', 'id'], 'exec'],
  [[...local, 'stray'], 'stray'],
])('%o is refused, naming %s', (argv, named) => {
  expect(() => readConfig(argv, {})).toThrow(
    expect.objectContaining({ code: 'PLB_CONFIG_INVALID', message: expect.stringContaining(named) }),
  );
});

test.each([
  ['0.0.0.0:8081', { host: '0.0.0.0', port: 8081 }],
  [':8081', { host: '0.0.0.0', port: 8081 }],
  ['[::1]:0', { host: '::1', port: 0 }],
])('health address %s', (text, address) => {
  expect(readConfig([...local, '--health-address', text], {}).health).toEqual(address);
});

test('every flag is in the usage', () => {
  expect(usage().match(/^ {2}--/gm)).toHaveLength(13);
});
