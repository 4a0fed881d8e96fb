import { type ClusterNode, nodeView, type Observation, type Pack } from '@plumbline/core';
import { expect, test } from 'vitest';
import { apiServersOf, judgeServers } from '../../core/src/cluster/control-plane.ts';
import { blindView } from '../../core/src/cluster/static-view.ts';
import type { ClusterContext } from '../../core/src/cluster/survey.ts';
import { shippedPack } from '../pack.ts';

function node(name: string, roles: readonly string[], seen: readonly Omit<Observation, 'observedAt'>[]): ClusterNode {
  const observations = seen.map((one) => ({ ...one, observedAt: '2026-01-01T00:00:00.000Z' }));
  return { name, os: 'linux', roles, reporting: true, view: () => nodeView(name, observations) };
}

function judged(nodes: readonly ClusterNode[], pack: Pack = shippedPack()) {
  const shared = <T>(_key: string, _resources: readonly string[], compute: () => T) => compute();
  const context = { pack, view: blindView(nodes), version: undefined, shared } as unknown as ClusterContext;
  return judgeServers(apiServersOf(context), () => ({ status: 'pass', reason: 'fine', message: 'fine', evidence: [] }));
}

const platform = {
  fact: 'node.platform',
  subject: 'node',
  state: 'observed',
  value: { platform: 'kubeadm', because: [] },
} as const;
const absent = { fact: 'component', subject: 'kube-apiserver', state: 'absent', detail: 'none' } as const;

test('a provider runs the API server: not applicable', () => {
  const pack = shippedPack();
  const platforms = pack.platforms.map((one) => ({ ...one, managed: ['kube-apiserver'] }));
  const verdict = judged([node('worker', [], [platform, absent])], { ...pack, platforms });
  expect(verdict).toMatchObject({ status: 'not-applicable', reason: 'managed' });
  expect(verdict.message).toContain('kubeadm');
});

test('nodes of a platform that nobody manages show no API server: an error', () => {
  expect(judged([node('worker', [], [platform, absent])])).toMatchObject({ reason: 'no-control-plane-seen' });
});

test.each([
  ['the processes may not be seen', [{ ...absent, state: 'denied', detail: 'no right to look' }], 'no right to look'],
  ['nobody looked', [], 'not observed'],
] as const)('a control-plane node on which %s is named', (_, seen, why) => {
  const verdict = judged([node('cp', ['control-plane'], seen)]);
  expect(verdict).toMatchObject({ status: 'error', reason: 'no-control-plane-seen' });
  expect(verdict.message).toContain(`cp: ${why}`);
});

test('on a worker it is no loss that nobody looked', () => {
  expect(judged([node('worker', [], [])]).message).toBe('No agent sees a running API server.');
});
