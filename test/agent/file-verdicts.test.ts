import { chooseDocuments, judgeNode, nodeView } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { shippedPack } from '../pack.ts';
import { apiserver, find, manifest, nodeText, observe, type Place, podCgroup } from './node.ts';

const config = '/var/lib/kubelet/config.yaml';
const etcdUid = 'e'.repeat(32);
const etcdArgv = ['etcd', '--data-dir=/var/lib/etcd'];
const server = apiserver([]);
const processes = {
  600: server.process,
  300: { argv: ['/usr/bin/kubelet', `--config=${config}`] },
  400: { argv: etcdArgv, parent: 500, cgroup: podCgroup(etcdUid), pids: [400, 1] },
};
const etcd = {
  '/etc/kubernetes/manifests/etcd.yaml': {
    mode: '0600',
    content: manifest('etcd', etcdArgv, {
      mounts: [{ name: 'data', mountPath: '/var/lib/etcd' }],
      volumes: [{ name: 'data', hostPath: { path: '/var/lib/etcd' } }],
    }),
  },
  [`/var/log/pods/kube-system_etcd-n1_${etcdUid}`]: { type: 'directory' },
  '/proc/400/mountinfo': {
    content: '1 0 0:50 / / rw - overlay o rw\n2 1 254:0 /var/lib/etcd /var/lib/etcd rw - ext4 e rw\n',
  },
} satisfies Record<string, Place>;

async function verdicts(files: Record<string, Place>) {
  const pack = shippedPack();
  const versions = { kubelet: 'v1.34.4', controlPlane: 'v1.34.4' };
  const observations = await observe(nodeText(processes, { ...server.files, ...etcd, ...files }));
  const documents = chooseDocuments(pack, versions);
  const now = '2026-01-01T00:00:00.000Z';
  const findings = judgeNode({ pack, view: nodeView('n1', observations), versions, documents, now });
  const of = (number: string) =>
    findings.filter((one) => one.number === number).map((one) => `${one.status} ${one.reason}`);
  return { observations, of };
}

describe('a pipe or a device where a file should be', () => {
  test.each(['fifo', 'socket', 'device'])('%s: mode and owner of it are no verdict on the file', async (type) => {
    const { observations, of } = await verdicts({ [config]: { type, mode: '0600' } });
    expect(find(observations, 'file', config)).toMatchObject({
      state: 'malformed',
      detail: `${config}: not a regular file`,
    });
    for (const number of ['4.1.9', '4.1.10']) expect(of(number)).toEqual(['error parse-error']);
  });
});

describe('a directory where a file should be', () => {
  test('mode and owner of it are no verdict on the file', async () => {
    const { of } = await verdicts({ [config]: { type: 'directory', mode: '0600' } });
    for (const number of ['4.1.9', '4.1.10']) expect(of(number)).toEqual(['error parse-error']);
  });

  test('where a directory should be, it is judged', async () => {
    const { of } = await verdicts({
      '/var/lib/etcd': { type: 'directory', mode: '0700' },
      '/etc/kubernetes/pki': { type: 'directory', mode: '0755' },
    });
    expect([of('1.1.11'), of('1.1.19')]).toEqual([['pass as-expected'], ['pass as-expected']]);
  });
});

describe('a file that a running component was told of and that is not to be seen', () => {
  test.each([
    ['is not there', {}],
    ['is a link to nowhere', { [config]: { type: 'link', to: '/nowhere' } }],
    ['is a link out of the root', { [config]: { type: 'link', to: '../../../../../etc/shadow' } }],
  ])('%s: not judged, and not excused', async (_, files) => {
    const { of } = await verdicts(files);
    for (const number of ['4.1.9', '4.1.10']) expect(of(number)).toEqual(['error file-absent']);
  });

  test('the data directory of a running etcd as well', async () => {
    const { of } = await verdicts({});
    for (const number of ['1.1.11', '1.1.12']) expect(of(number)).toEqual(['error file-absent']);
  });

  test('what it was not told of may be missing', async () => {
    expect((await verdicts({})).of('1.1.9')).toEqual(['not-applicable no-such-file']);
  });
});

describe('a link to a folder of keys', () => {
  const key = (path: string, mode: string) => ({ [path]: { mode } });
  const pki = '/etc/kubernetes/pki';

  test('is entered: what lies there is judged', async () => {
    const link = { [`${pki}/etcd`]: { type: 'link', to: '/etc/ssl/etcd' } };
    const open = await verdicts({ ...link, ...key('/etc/ssl/etcd/server.key', '0777') });
    expect(open.of('1.1.21')).toEqual(['fail not-as-expected']);
    const closed = await verdicts({ ...link, ...key('/etc/ssl/etcd/server.key', '0600') });
    expect(closed.of('1.1.21')).toEqual(['pass as-expected']);
  });

  test('is entered once, however many lead there and around', async () => {
    const { observations } = await verdicts({
      ...key(`${pki}/a/x.key`, '0600'),
      [`${pki}/a/again`]: { type: 'link', to: '.' },
      [`${pki}/b`]: { type: 'link', to: 'a' },
      [`${pki}/c`]: { type: 'link', to: '../pki/b' },
    });
    expect(find(observations, 'files', 'pki.keys').value).toMatchObject({
      paths: [`${pki}/a/x.key`],
      truncated: false,
    });
  });

  test('out of the folder and above it is not walked, and said to be cut', async () => {
    const { of } = await verdicts({ ...key(`${pki}/x.key`, '0600'), [`${pki}/all`]: { type: 'link', to: '/' } });
    expect(of('1.1.21')).toEqual(['error too-large']);
  });
});
