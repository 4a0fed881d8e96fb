import { expect, test } from 'vitest';
import { address, isLoopback, readOptions } from '../../aggregator/src/config.ts';

const none = ['--kubeconfig', 'none'];

test('flags win over the environment, which wins over defaults', () => {
  const environment = { PLUMBLINE_DATABASE: '/env.db', PLUMBLINE_INTERVAL: '30', PLUMBLINE_KUBECONFIG: 'none' };
  expect(readOptions(['--database', '/flag.db'], environment)).toEqual({
    listen: '127.0.0.1:8080',
    grpcListen: '127.0.0.1:8443',
    database: '/flag.db',
    tokenReview: false,
    agentServiceAccount: 'system:serviceaccount:plumbline-agents:plumbline-agent',
    interval: 30,
    excludeNamespaces: [],
    systemNamespaces: [],
    watchSecrets: false,
    watchRenewal: 3600,
    nodeQuota: 256,
    nodeSeries: 5000,
    retention: 400,
    scanWithin: 60,
    logLevel: 'info',
  });
});

test.each([
  [['--listen', '0.0.0.0:8080'], 'PLB_CONFIG_INVALID', '--tokens-file'],
  [['--listen', '8080'], 'PLB_CONFIG_INVALID', 'host:port'],
  [['--listen', '127.0.0.1:99999'], 'PLB_CONFIG_INVALID', 'host:port'],
  [['--tls-cert-file', '/c'], 'PLB_CONFIG_INVALID', 'go together'],
  [['--client-ca-file', '/c'], 'PLB_CONFIG_INVALID', '--tls-cert-file'],
  [['--token-review'], 'PLB_CONFIG_INVALID', 'needs a cluster'],
  [['--node-quota', '0'], 'PLB_CONFIG_INVALID', '--node-quota'],
  [['--node-quota', '1.5'], 'PLB_CONFIG_INVALID', '--node-quota'],
  [['--node-quota', 'much'], 'PLB_CONFIG_INVALID', '--node-quota'],
  [['--interval', '0'], 'PLB_CONFIG_INVALID', '--interval'],
  [['--interval', '9'], 'PLB_CONFIG_INVALID', '--interval'],
  [['--interval', '3601'], 'PLB_CONFIG_INVALID', '--interval'],
  [['--interval', 'often'], 'PLB_CONFIG_INVALID', '--interval'],
  [['--watch-renewal', '4'], 'PLB_CONFIG_INVALID', '--watch-renewal'],
  [['--node-series', '-1'], 'PLB_CONFIG_INVALID', '--node-series'],
  [['--node-series', 'off'], 'PLB_CONFIG_INVALID', '--node-series'],
  [['--scan-within', '0'], 'PLB_CONFIG_INVALID', '--scan-within'],
  [['--scan-within', 'long'], 'PLB_CONFIG_INVALID', '--scan-within'],
  [['--exclude-namespaces', 'a,B'], 'PLB_CONFIG_INVALID', '--exclude-namespaces'],
  [['--system-namespaces', 'a b'], 'PLB_CONFIG_INVALID', '--system-namespaces'],
  [['--watch-secrets'], 'PLB_CONFIG_INVALID', 'needs a cluster'],
  [['--log-level', 'loud'], 'PLB_CONFIG_INVALID', '--log-level'],
  [['--kubernetes-version', 'new'], 'PLB_VERSION_INVALID', '1.34'],
  [['--no-such-flag'], 'PLB_CONFIG_INVALID', 'no-such-flag'],
])('%j is refused with %s', (argv, code, says) => {
  expect(() => readOptions([...argv, ...none], {})).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(says) }),
  );
});

test.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['localhost:80', { host: 'localhost', port: 80 }],
])('address %s', (text, expected) => expect(address('listen', text)).toEqual(expected));

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.example.org', false],
])('loopback: %s is %s', (host, expected) => expect(isLoopback(host)).toBe(expected));

test('the cluster: a named kubeconfig, KUBECONFIG, or none when told so', () => {
  expect(readOptions(['--kubeconfig', '/k'], {}).cluster).toEqual({ kind: 'kubeconfig', file: '/k' });
  expect(readOptions([], { KUBECONFIG: '/a:/b' }).cluster).toEqual({ kind: 'kubeconfig', file: '/a' });
  expect(readOptions(['--in-cluster', '--token-review'], {}).cluster).toEqual({ kind: 'in-cluster' });
  expect(readOptions(none, { KUBECONFIG: '/a' }).cluster).toBeUndefined();
});

test('globs of namespaces, and what is watched', () => {
  const argv = ['--exclude-namespaces', 'sandbox-*, ci', '--system-namespaces', 'istio-system', '--kubeconfig', '/k'];
  const environment = { PLUMBLINE_WATCH_SECRETS: 'true', PLUMBLINE_WATCH_RENEWAL: '600' };
  expect(readOptions(argv, environment)).toMatchObject({
    excludeNamespaces: ['sandbox-*', 'ci'],
    systemNamespaces: ['istio-system'],
    watchSecrets: true,
    watchRenewal: 600,
  });
});

test('links in messages begin with the public address', () => {
  const read = (url: string) => readOptions(['--kubeconfig', 'none', '--public-url', url], {}).publicUrl;
  expect(read('https://plumbline.example.com/')).toBe('https://plumbline.example.com');
  expect(read('http://10.0.0.1:8080/audit')).toBe('http://10.0.0.1:8080/audit');
  for (const url of ['plumbline', 'javascript:alert(1)', 'https://', 'https://a b', 'https://a?b'])
    expect(() => read(url)).toThrow('--public-url');
});
