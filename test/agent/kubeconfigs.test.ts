import type { KubeconfigValue } from '@plumbline/core';
import { expect, test } from 'vitest';
import { find, nodeText, observe, type Place, valueFor } from './node.ts';

/** O=system:masters, CN=kubernetes-super-admin; its key was thrown away. */
const pem = `-----BEGIN CERTIFICATE-----
MIIByjCCAXGgAwIBAgIUVSp/W3Kf93gH8T7+P82ioi8BkCUwCgYIKoZIzj0EAwIw
OjEXMBUGA1UECgwOc3lzdGVtOm1hc3RlcnMxHzAdBgNVBAMMFmt1YmVybmV0ZXMt
c3VwZXItYWRtaW4wIBcNMjYxMTI0MTg1OTM5WhgPMjA4MTA4MjcxODU5MzlaMDox
FzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMR8wHQYDVQQDDBZrdWJlcm5ldGVzLXN1
cGVyLWFkbWluMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETb1HrNKrBgApQzQF
lO9SZYOAyuR0Y+d+A9EmVexNKfIVNRZQjXmHRbkf/PsXGJE37R3W2UVyytB7Ej1u
VpNPQ6NTMFEwHQYDVR0OBBYEFFy/eLHDxSKe8w69v51vIqaN24u9MB8GA1UdIwQY
MBaAFFy/eLHDxSKe8w69v51vIqaN24u9MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDRwAwRAIgWoZIrzuloGPEUkkiDwMv1rPhwThgPFqeB5xicF2Nqt4CIDia
jzMqKdqJ90PPIeI+flPGBHz6mzc4Cd6N2n2T1KKN
-----END CERTIFICATE-----
`;
const data = Buffer.from(pem).toString('base64');
const masters = {
  subject: 'O=system:masters, CN=kubernetes-super-admin',
  issuer: 'O=system:masters, CN=kubernetes-super-admin',
};
const at = '/etc/kubernetes/admin.conf';

const seen = (files: Record<string, Place>) => observe(nodeText({}, files));
const usersIn = async (content: string, more: Record<string, Place> = {}) =>
  valueFor<KubeconfigValue>(await seen({ [at]: { content }, ...more }), 'kubeconfig', at).users;

test('the certificate in the file, whatever else there is', async () => {
  const key = Buffer.from(`${pem}-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n`).toString(
    'base64',
  );
  const users = await usersIn(
    `users: [{name: a, user: {client-certificate-data: ${key}, client-key-data: QUFB, client-certificate: /gone.pem, token: abc}}]`,
  );
  expect(users).toEqual([
    {
      name: 'a',
      by: ['client-certificate-data', 'client-certificate', 'token'],
      certificate: expect.objectContaining(masters),
    },
  ]);
  expect(Object.keys(users[0]?.certificate ?? {})).toEqual(['subject', 'issuer', 'notBefore', 'notAfter']);
});

test.each([
  ['beside it', 'x.pem', { '/etc/kubernetes/x.pem': { content: pem } }],
  ['anywhere', '/var/x.pem', { '/var/x.pem': { content: pem } }],
  [
    'behind a link',
    'x.pem',
    { '/etc/kubernetes/x.pem': { type: 'link', to: '/var/y.pem' }, '/var/y.pem': { content: pem } },
  ],
] as const)('a certificate %s', async (_, path, files) => {
  const [user] = await usersIn(`users: [{name: a, user: {client-certificate: ${path}}}]`, files);
  expect(user).toMatchObject({ certificate: masters });
});

test.each([
  ['is gone', 'x.pem', {}],
  ['is a FIFO', 'x.pem', { '/etc/kubernetes/x.pem': { type: 'fifo' } }],
  ['may not be read', 'x.pem', { '/etc/kubernetes/x.pem': { state: 'denied' } }],
  ['is none', 'x.pem', { '/etc/kubernetes/x.pem': { content: 'no' } }],
  [
    'is broken',
    'x.pem',
    { '/etc/kubernetes/x.pem': { content: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' } },
  ],
  ['lies in a loop of links', 'x.pem', { '/etc/kubernetes/x.pem': { type: 'link', to: 'x.pem' } }],
] as const)('a certificate that %s is said to be', async (_, path, files) => {
  const [user] = await usersIn(`users: [{name: a, user: {client-certificate: ${path}}}]`, files);
  expect(user).toEqual({ name: 'a', by: ['client-certificate'], certificate: null, problem: expect.any(String) });
});

test('other ways to sign in are named, never shown', async () => {
  const users = await usersIn(
    'users: [{name: a, user: {exec: {command: x}}}, {name: b, user: {tokenFile: /t}}, {name: c}, 7, {name: [1], user: text}]',
  );
  expect(users.map(({ name, by }) => [name, by])).toEqual([
    ['a', ['exec']],
    ['b', ['tokenFile']],
    ['c', []],
    ['', []],
    ['', []],
  ]);
});

test('of many users a hundred are kept, and it is said', async () => {
  const content = `users: [${Array.from({ length: 101 }, (_, n) => `{name: u${n}}`).join(', ')}]`;
  const value = valueFor<KubeconfigValue>(await seen({ [at]: { content } }), 'kubeconfig', at);
  expect([value.users.length, value.truncated]).toEqual([100, true]);
});

test('every kubeconfig of the platform and of people, in one place once', async () => {
  const content = `users: [{name: a, user: {client-certificate-data: ${data}}}]`;
  const observations = await seen({
    '/etc/kubernetes/super-admin.conf': { content },
    '/etc/kubernetes/old.conf': { content: 'a: [' },
    '/etc/kubernetes/old.txt': { content },
    '/root/.kube/config': { content },
    '/home/jane/.kube/config': { content },
    '/home/bob': { type: 'directory' },
    '/home/link': { type: 'link', to: '/etc' },
    '/home/eve/.kube/config': { state: 'denied' },
  });
  const found = observations
    .filter(({ fact }) => fact === 'kubeconfig')
    .map(({ subject, state }) => `${subject} ${state}`);
  expect(found).toEqual([
    '/etc/kubernetes/kubelet.conf observed',
    '/etc/kubernetes/old.conf malformed',
    '/etc/kubernetes/super-admin.conf observed',
    '/root/.kube/config observed',
    '/home/eve/.kube/config denied',
    '/home/jane/.kube/config observed',
  ]);
  expect(find(observations, 'kubeconfig', '/root/.kube/config').value).toMatchObject({
    users: [{ certificate: masters }],
  });
});
