import { type Json, type Observation, observedValue } from '@plumbline/core';
import { fixtureHost, observeNode } from '../../agent/src/index.ts';
import { shippedPack } from '../pack.ts';

/** A place of a fixture node as a test writes it. */
export type Place = Readonly<Record<string, Json>>;

/** A process as a test writes it; everything else is that of a service of root on a machine without systemd. */
export interface TestProcess {
  readonly argv: readonly string[];
  readonly parent?: number;
  readonly uid?: number;
  readonly cgroup?: string;
  readonly start?: string;
  readonly pids?: readonly number[];
  readonly name?: string;
  readonly environ?: string;
  readonly more?: Readonly<Record<string, Place>>;
}

export const apiserverUid = 'a'.repeat(32);
export const etcdUid = 'e'.repeat(32);
export const proxyUid = '11111111-2222-3333-4444-555555555555';
const container = 'c'.repeat(64);
export const podCgroup = (uid: string) =>
  `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${container}.scope\n`;

/** Files below /proc/PID of a process. */
export function processFiles(pid: number, one: TestProcess): Readonly<Record<string, Place>> {
  const uid = one.uid ?? 0;
  const name = one.name ?? one.argv[0]?.split('/').at(-1) ?? '';
  const at = (file: string) => `/proc/${pid}/${file}`;
  return {
    [at('cmdline')]: { content: one.argv.map((word) => `${word}\0`).join('') },
    [at('stat')]: {
      content: `${pid} (${name}) S ${one.parent ?? 1} 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ${one.start ?? String(pid)}\n`,
    },
    [at('status')]: {
      content: `Name:\t${name}\nState:\tS (sleeping)\nPPid:\t${one.parent ?? 1}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nGid:\t0\t0\t0\t0\nNSpid:\t${(one.pids ?? [pid]).join('\t')}\n`,
    },
    [at('cgroup')]: { content: one.cgroup ?? '0::/\n' },
    [at('environ')]: one.environ === undefined ? { type: 'denied' } : { content: one.environ },
    [at('exe')]: { type: 'link', state: 'denied' },
    [at('cwd')]: { type: 'link', state: 'denied' },
    ...Object.fromEntries(Object.entries(one.more ?? {}).map(([file, place]) => [at(file), place])),
  };
}

/** Process 1 and the marks of a kubeadm node. */
const base: Readonly<Record<string, Place>> = {
  '/etc/kubernetes/kubelet.conf': { mode: '0600', content: 'users: []\n' },
  '/etc/hostname': { content: 'n1\n' },
  '/etc/passwd': { content: 'root:x:0:0::/root:/bin/sh\n' },
  '/etc/group': { content: 'root:x:0:\n' },
  '/etc/kubernetes/manifests': { type: 'directory' },
  '/var/log/pods': { type: 'directory' },
  ...processFiles(1, { argv: ['/sbin/init'], parent: 0, name: 'systemd' }),
  '/proc/1/mountinfo': { content: '27 1 254:0 / / rw - ext4 /dev/vda rw\n' },
};

/** The text of a fixture node with these processes and files over the base. */
export function nodeText(
  processes: Readonly<Record<number, TestProcess>>,
  files: Readonly<Record<string, Place | null>> = {},
): string {
  const all: Record<string, Place | null> = { ...base };
  for (const [pid, one] of Object.entries(processes)) Object.assign(all, processFiles(Number(pid), one));
  Object.assign(all, files);
  const kept = Object.entries(all).filter(([, place]) => place !== null);
  return JSON.stringify({ capabilities: [], files: Object.fromEntries(kept) });
}

/** Observations of a fixture node, with the shipped platforms and defaults. */
export function observe(text: string): Promise<readonly Observation[]> {
  return observeNode({
    host: fixtureHost(text),
    pack: shippedPack(),
    clock: () => '2026-01-01T00:00:00.000Z',
    versions: { kubelet: 'v1.34.4', controlPlane: 'v1.34.4' },
  });
}

/** One observation; fails the test when it is not there. */
export function find(observations: readonly Observation[], fact: string, subject: string): Observation {
  const found = observations.find((one) => one.fact === fact && one.subject === subject);
  if (!found) throw new Error(`no observation ${fact} of ${subject}`);
  return found;
}

/** The value of an observation; fails the test when there is none. */
export function valueFor<T>(observations: readonly Observation[], fact: string, subject: string): T {
  const found = find(observations, fact, subject);
  const value = observedValue<T>(found);
  if (value === undefined) throw new Error(`${fact} of ${subject} is ${found.state}: ${found.detail}`);
  return value;
}

/** A static pod manifest as text. */
export function manifest(
  name: string,
  command: readonly string[],
  more: { readonly env?: Json; readonly mounts?: Json; readonly volumes?: Json } = {},
): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'kube-system' },
    spec: {
      containers: [
        { name, image: `registry/${name}:v1`, command, env: more.env ?? [], volumeMounts: more.mounts ?? [] },
      ],
      volumes: more.volumes ?? [],
    },
  });
}

/** A running kube-apiserver static pod: process, manifest and log directory. */
export function apiserver(flags: readonly string[], more: Partial<TestProcess> = {}) {
  const argv = ['kube-apiserver', ...flags];
  return {
    process: { argv, parent: 500, cgroup: podCgroup(apiserverUid), pids: [600, 1], ...more } satisfies TestProcess,
    files: {
      '/etc/kubernetes/manifests/kube-apiserver.yaml': { mode: '0600', content: manifest('kube-apiserver', argv) },
      [`/var/log/pods/kube-system_kube-apiserver-n1_${apiserverUid}`]: { type: 'directory' },
    } satisfies Record<string, Place>,
  };
}
