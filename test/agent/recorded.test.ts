import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ComponentValue, chooseDocuments, facts, judgeNode, nodeView, observedValue } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { fixtureHost, fixtureVersions, observeNode } from '../../agent/src/index.ts';
import { hasShape } from '../../core/src/shapes.ts';
import { shippedPack } from '../pack.ts';

const manifest = (name: string) => `${name}@/etc/kubernetes/manifests/${name}.yaml`;
const now = '2026-11-25T12:00:00.000Z';

const recordings = [
  {
    name: 'kubeadm-control-plane',
    instances: [
      manifest('etcd'),
      manifest('kube-apiserver'),
      manifest('kube-controller-manager'),
      'kube-proxy@kube-system/kube-proxy',
      manifest('kube-scheduler'),
      'kubelet@kubelet.service',
    ],
    absent: /^unit /,
  },
  {
    name: 'kubeadm-worker',
    instances: ['kube-proxy@kube-system/kube-proxy', 'kubelet@kubelet.service'],
    absent: /^(unit|component (etcd|kube-(apiserver|controller-manager|scheduler))$)/,
  },
];

function read(name: string) {
  const text = readFileSync(join(import.meta.dirname, `../nodes/${name}.yaml`), 'utf8');
  const versions = fixtureVersions(text);
  const look = () => observeNode({ host: fixtureHost(text), pack: shippedPack(), clock: () => now, versions });
  return { text, versions, look };
}

describe.each(recordings)('the recorded node $name', ({ name, instances, absent }) => {
  const { text, versions, look } = read(name);

  test('holds no key, no token and no path of who recorded it, and says what versions it had', () => {
    expect(text).not.toMatch(/PRIVATE KEY-----\n\s*[A-Za-z0-9+/]{8}/);
    expect(text).not.toMatch(/client-key-data|kind: Config\b|eyJ[\w-]{8,}\.|[a-z0-9]{6}\.[a-z0-9]{16}\b/);
    expect(text).not.toMatch(/\/(work|home|root)\//);
    expect(versions).toEqual({ kubelet: 'v1.34.4', controlPlane: 'v1.34.4' });
  });

  test('shows every component; everything is observed or rightly absent, every fact is in the dictionary', async () => {
    const observations = await look();
    const running = observations
      .filter((one) => one.fact === 'component')
      .flatMap((one) => observedValue<ComponentValue>(one)?.instances ?? []);
    expect(running.sort()).toEqual(instances);
    const unseen = observations.filter((one) => one.state !== 'observed');
    expect(
      unseen
        .filter((one) => one.state !== 'absent' || !absent.test(`${one.fact} ${one.subject}`))
        .map((one) => `${one.fact} ${one.subject} ${one.state}`),
    ).toEqual([]);
    expect(observations.filter((one) => !facts.has(one.fact))).toEqual([]);
    expect(observations.filter((one) => one.state === 'observed' && !hasShape(one.fact, one.value ?? null))).toEqual(
      [],
    );
  });
});

/**
 * What an expert says of a worker that `kubeadm join` 1.34 has just made, written down by hand from `stat`, its processes and
 * `/configz`. Its control-plane controls apply to other nodes.
 */
const worker = {
  pass: [
    ...['1.1.9', '1.1.10'], // the CNI configuration is 0600 root:root
    '4.1.2', // unit and drop-in are root's
    ...['4.1.5', '4.1.6'], // kubelet.conf is 0600 root:root
    ...['4.1.7', '4.1.8', '4.1.10'], // pki/ca.crt is 0644 root:root, config.yaml is root's
    ...['4.2.1', '4.2.2', '4.2.3', '4.2.4', '4.2.5', '4.2.6'], // as kubeadm configures the kubelet
    '4.2.7', // only kube-proxy is told a host name
    '4.2.8', // 50 events a second by default
    '4.2.10', // rotateCertificates
    '4.3.1', // metrics of kube-proxy on 127.0.0.1 by default
  ],
  fail: [
    '4.1.1', // unit and drop-in are 0644
    '4.1.9', // config.yaml is 0644
    '4.2.9', // the kubelet serves with a certificate that it signed itself
    '4.2.12', // no list of cipher suites
    '4.2.13', // no limit of processes
    '4.2.14', // seccompDefault is false
  ],
  warn: ['4.2.11'], // the gate is on, serverTLSBootstrap is not
  error: [],
} as const;

test('the verdicts on the recorded worker are those of an expert', async () => {
  const { versions, look } = read('kubeadm-worker');
  const pack = shippedPack();
  const view = nodeView('kubeadm-worker', await look());
  const findings = judgeNode({ pack, view, versions, documents: chooseDocuments(pack, versions), now });
  const numbers = (status: string) => findings.filter((one) => one.status === status).map((one) => one.number);
  for (const [status, list] of Object.entries(worker)) expect(numbers(status), status).toEqual(list);
  const elsewhere = findings.filter((one) => one.status === 'not-applicable' && one.reason !== 'role');
  // The kubeconfig of kube-proxy lives only inside its pod.
  expect(elsewhere.map((one) => `${one.number} ${one.reason}`)).toEqual(['4.1.3 no-such-file', '4.1.4 no-such-file']);
  expect(findings).toHaveLength(92);
});
