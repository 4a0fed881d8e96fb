import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Json, type Observation, type Pack, readPack } from '@plumbline/core';
import { contentDigest, keyOf, stateDigest } from '@plumbline/proto';
import type { Store } from '../../aggregator/src/store/store.ts';
import { packTexts } from '../pack.ts';

const control = (title: string, subject: string, check: string) => `title: ${title}
severity: high
subject: ${subject}
why: Because this test needs a control of this kind.
remedy: Nothing needs to be mended, this is a test.
${check}
`;

const document = (version: string, follows: string, from: string, to: string) => `benchmark: cis/kubernetes-${version}
title: Test document ${version}
version: "${version}"
published: "2026-01-01"
follows: ${follows}
kubernetes: {from: "${from}", to: "${to}"}
total: "4"
sections:
  "1": {title: Control plane, total: "1"}
  "2": {title: Store, total: "1"}
  "4": {title: Nodes, total: "1"}
  "5": {title: Policies, total: "1"}
controls:
  - {number: "1.2.9", control: apiserver-profiling, level: "1", by: automated, role: control-plane}
  - {number: "2.1", control: etcd-guard, level: "1", by: automated, role: etcd}
  - {number: "4.1.1", control: kubelet-mode, level: "2", by: automated, role: node}
  - {number: "5.1.1", control: policy-people, level: "1", by: manual, role: cluster}
`;

/** A pack of four controls and two documents: for 1.30–1.33 and for 1.34–1.35. */
export function smallPack(): Pack {
  const texts = new Map(
    [...packTexts()].filter(([file]) => file.startsWith('defaults/') || file.startsWith('platforms/kubeadm')),
  );
  texts.set(
    'controls/apiserver/profiling.yaml',
    control('Profiling of the API server', 'kube-apiserver', 'check: {pass: {setting: profiling, equals: "false"}}'),
  );
  texts.set(
    'controls/etcd/guard.yaml',
    control('Guard of the etcd store', 'etcd', 'check: {pass: {files: etcd.data-dir, modeAtMost: "700"}}'),
  );
  texts.set(
    'controls/kubelet/mode.yaml',
    control('Mode of the kubelet file', 'kubelet', 'check: {pass: {files: kubelet.config, modeAtMost: "600"}}'),
  );
  texts.set('controls/policy/people.yaml', control('People and policies', 'cluster', ''));
  texts.set('cis/kubernetes-1.9.yaml', document('1.9', 'null', '1.30', '1.33'));
  texts.set('cis/kubernetes-2.0.yaml', document('2.0', 'cis/kubernetes-1.9', '1.34', '1.35'));
  return readPack(texts);
}

/** A moment; tests move on from it. */
export const start = Date.parse('2026-03-01T00:00:00.000Z');

/** An ISO time so many seconds after the start. */
export function after(seconds: number): string {
  return new Date(start + seconds * 1000).toISOString();
}

/** What a node shows: mode of its kubelet's file, and whether it runs a control plane and etcd. */
export interface Shown {
  readonly mode?: string;
  readonly profiling?: string;
  readonly etcd?: boolean;
  readonly at?: string;
}

/** The observations of such a node. */
export function observations({ mode = '0600', profiling, etcd = false, at = after(0) }: Shown = {}): Observation[] {
  const see = (fact: string, subject: string, value: Json): Observation => ({
    fact,
    subject,
    state: 'observed',
    value,
    observedAt: at,
  });
  const component = (name: string, runs: boolean): Observation[] => {
    const manifests = name === 'kubelet' ? [] : [`/etc/kubernetes/manifests/${name}.yaml`];
    if (!runs) return [{ fact: 'component', subject: name, state: 'absent', observedAt: at }];
    return [see('component', name, { instances: [`${name}@here`], manifests })];
  };
  const file = (set: string, path: string, value: string): Observation[] => [
    see('files', set, { paths: [path], sought: [path], truncated: false }),
    see('file', path, { type: 'file', mode: value, uid: 0, gid: 0, owner: 'root', group: 'root' }),
  ];
  const controlPlane = profiling !== undefined;
  return [
    see('node.platform', 'node', { platform: 'kubeadm', because: ['test'] }),
    see('node.agent', 'node', { version: '0.1.0', capabilities: [] }),
    ...component('kubelet', true),
    ...component('kube-apiserver', controlPlane),
    ...component('kube-controller-manager', controlPlane),
    ...component('kube-scheduler', controlPlane),
    ...component('etcd', etcd),
    ...(controlPlane ? [process(at, 'kube-apiserver', [`--profiling=${profiling}`])] : []),
    ...file('kubelet.config', '/var/lib/kubelet/config.yaml', mode),
    ...(etcd ? file('etcd.data-dir', '/var/lib/etcd', '0700') : []),
  ];
}

function process(at: string, component: string, argv: readonly string[]): Observation {
  return {
    fact: 'process',
    subject: `${component}@here`,
    state: 'observed',
    value: {
      component,
      argv: [component, ...argv],
      uid: 0,
      gid: 0,
      cgroup: '/',
      runsAs: { kind: 'static-pod', name: `/etc/kubernetes/manifests/${component}.yaml` },
      exe: null,
      cwd: null,
      environment: {},
      environmentFrom: 'manifest',
    },
    observedAt: at,
  };
}

/** Sends a whole state to the store, as ingest does. */
export function send(store: Store, node: string, shown: readonly Observation[], seconds: number, sequence = 1n): void {
  const digest = stateDigest(shown.map((one) => [keyOf(one), contentDigest(one)] as const));
  store.log.replace({ node, epoch: '1', sequence, digest, receivedAt: after(seconds) }, shown);
}

/** A file in a fresh directory. */
export function freshFile(name = 'plumbline.db'): string {
  return join(mkdtempSync(join(tmpdir(), 'plumbline-')), name);
}
