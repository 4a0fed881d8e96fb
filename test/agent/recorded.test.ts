import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ComponentValue, facts, observedValue } from '@plumbline/core';
import { expect, test } from 'vitest';
import { fixtureHost, fixtureVersions, observeNode } from '../../agent/src/index.ts';
import { hasShape } from '../../core/src/shapes.ts';
import { shippedPack } from '../pack.ts';

const text = readFileSync(join(import.meta.dirname, '../nodes/kubeadm-control-plane.yaml'), 'utf8');

test('a recorded control-plane node holds no key and says what versions it had', () => {
  expect(text).not.toMatch(/PRIVATE KEY-----\n\s*[A-Za-z0-9+/]{8}/);
  expect(text).not.toContain('client-key-data');
  expect(fixtureVersions(text)).toEqual({ kubelet: 'v1.34.4', controlPlane: 'v1.34.4' });
});

test('every component of it is found, everything is observed or rightly absent, every fact is in the dictionary', async () => {
  const observations = await observeNode({
    host: fixtureHost(text),
    pack: shippedPack(),
    clock: () => '2026-11-23T12:00:00.000Z',
    versions: fixtureVersions(text),
  });
  const instances = observations
    .filter((one) => one.fact === 'component')
    .flatMap((one) => observedValue<ComponentValue>(one)?.instances ?? []);
  const manifest = (name: string) => `${name}@/etc/kubernetes/manifests/${name}.yaml`;
  expect(instances.sort()).toEqual([
    manifest('etcd'),
    manifest('kube-apiserver'),
    manifest('kube-controller-manager'),
    'kube-proxy@kube-system/kube-proxy',
    manifest('kube-scheduler'),
    'kubelet@kubelet.service',
  ]);
  const unseen = observations
    .filter((one) => one.state !== 'observed')
    .map((one) => `${one.fact} ${one.subject} ${one.state}`);
  expect(unseen.filter((one) => !/^unit \S+ absent$/.test(one))).toEqual([]);
  expect(observations.filter((one) => !facts.has(one.fact))).toEqual([]);
  const misshapen = observations.filter((one) => one.state === 'observed' && !hasShape(one.fact, one.value ?? null));
  expect(misshapen).toEqual([]);
});
