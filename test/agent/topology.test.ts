import { chooseDocuments, judgeNode, nodeView } from '@plumbline/core';
import { expect, test } from 'vitest';
import { shippedPack } from '../pack.ts';
import { apiserver, etcdUid, manifest, nodeText, observe, type Place, podCgroup, type TestProcess } from './node.ts';

/** Where the parts of a cluster lie decides which controls a node is asked: what it has is judged, whatever else it lacks. */

const versions = { kubelet: 'v1.34.4', controlPlane: 'v1.34.4' };
const server = apiserver(['--etcd-servers=https://10.0.0.9:2379']);
const etcdArgv = ['etcd', '--data-dir=/var/lib/etcd'];
const kubelet: Record<number, TestProcess> = { 300: { argv: ['/usr/bin/kubelet'] } };
const etcd: Record<number, TestProcess> = {
  400: { argv: etcdArgv, parent: 500, cgroup: podCgroup(etcdUid), pids: [400, 1] },
};
const etcdFiles: Record<string, Place> = {
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
  '/var/lib/etcd': { type: 'directory', mode: '0700' },
};
const keys = { '/etc/kubernetes/pki/etcd/server.key': { mode: '0644' } };

const nodes = {
  whole: nodeText({ ...kubelet, ...etcd, 600: server.process }, { ...server.files, ...etcdFiles, ...keys }),
  'control-plane': nodeText({ ...kubelet, 600: server.process }, { ...server.files, ...keys }),
  etcd: nodeText({ ...kubelet, ...etcd }, { ...etcdFiles, ...keys }),
  worker: nodeText(kubelet, keys),
};

async function judged(text: string): Promise<ReadonlyMap<string, string>> {
  const pack = shippedPack();
  const view = nodeView('n1', await observe(text));
  const documents = chooseDocuments(pack, versions);
  const findings = judgeNode({ pack, view, versions, documents, now: '2026-01-01T00:00:00.000Z' });
  return new Map(findings.map((one) => [one.number, one.reason === 'role' ? 'role' : one.status]));
}

const apiserverFiles = ['1.1.1', '1.1.2', '1.2.1'];
const etcdOwn = ['1.1.7', '1.1.8', '1.1.11', '1.1.12', '2.1', '2.7'];
const pki = ['1.1.19', '1.1.21'];
const kubeconfigs = ['1.1.13', '1.1.14'];
const everyNode = ['1.1.9', '1.1.10', '4.2.1'];

test.each([
  ['whole', [...apiserverFiles, ...etcdOwn, ...pki, ...kubeconfigs, ...everyNode], []],
  ['control-plane', [...apiserverFiles, ...pki, ...kubeconfigs, ...everyNode], etcdOwn],
  ['etcd', [...etcdOwn, ...pki, ...everyNode], [...apiserverFiles, ...kubeconfigs]],
  ['worker', everyNode, [...apiserverFiles, ...etcdOwn, ...pki, ...kubeconfigs]],
] as const)('%s: judged for what it has', async (node, asked, spared) => {
  const found = await judged(nodes[node]);
  expect(asked.filter((number) => found.get(number) === 'role')).toEqual([]);
  expect(spared.filter((number) => found.get(number) !== 'role')).toEqual([]);
  if (asked.includes('1.1.21' as never)) expect(found.get('1.1.21')).toBe('fail');
});
