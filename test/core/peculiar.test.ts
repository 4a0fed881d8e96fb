import { commonText, commonValue, isCommonFact, type Json } from '@plumbline/core';
import { expect, test } from 'vitest';

const certificate = (more: Record<string, Json>) => ({
  subject: 'CN=x',
  publicKey: 'k',
  notBefore: 'a',
  notAfter: 'b',
  ...more,
});

test.each<readonly [fact: string, value: Json, common: Json]>([
  ['node.host', { hostname: 'a', os: 'debian' }, { os: 'debian' }],
  ['process', { argv: ['kubelet', '--node-ip=10.0.0.3'], cgroup: '/x' }, { argv: ['kubelet', '--node-ip=<address>'] }],
  [
    'process',
    { argv: ['--bind-address=127.0.0.1', '--a=0.0.0.0', '--b=::1', '--c=fd00::12'] },
    { argv: ['--bind-address=127.0.0.1', '--a=0.0.0.0', '--b=::1', '--c=<address>'] },
  ],
  [
    'process',
    { argv: ['--tls-min-version=1.2.3', '--v=1.2.3.4.5'] },
    { argv: ['--tls-min-version=1.2.3', '--v=1.2.3.4.5'] },
  ],
  [
    'component.ignored',
    { total: 1, processes: [{ pid: 7, name: 'etcd' }] },
    { total: 1, processes: [{ name: 'etcd' }] },
  ],
  [
    'certificates',
    { certificates: [certificate({ isCA: false })] },
    { certificates: [{ subject: 'CN=x', isCA: false }] },
  ],
  ['certificates', { certificates: [certificate({ isCA: true })] }, { certificates: [certificate({ isCA: true })] }],
  ['certificates', null, null],
  [
    'kubeconfig',
    { users: [{ name: 'u', certificate: { subject: 's', notBefore: '1', notAfter: '2' } }] },
    { users: [{ name: 'u', certificate: { subject: 's' } }] },
  ],
  [
    'file',
    { target: '/var/lib/kubelet/pki/kubelet-client-2026-11-24-10-00-00.pem' },
    { target: '/var/lib/kubelet/pki/kubelet-client-<time>.pem' },
  ],
])('needs 30: %s %j is in common as %j', (fact, value, common) => {
  expect(commonValue(fact, value)).toEqual(common);
});

test('subjects lose ids and random names, and nothing else', () => {
  expect(commonText('kube-proxy@kube-system/kube-proxy-x7k2p')).toBe('kube-proxy@kube-system/kube-proxy-<random>');
  expect(commonText('kubelet@kubelet.service')).toBe('kubelet@kubelet.service');
  expect(commonText('/pods/0b0e8c1e-6c5f-4a55-9b0e-2f3f0f0e7a11/x')).toBe('/pods/<uid>/x');
  expect([isCommonFact('node.agent'), isCommonFact('process.instance'), isCommonFact('file')]).toEqual([
    false,
    false,
    true,
  ]);
});
