import {
  blindView,
  type Control,
  chooseDocument,
  judgeCluster,
  judgeNode,
  nodeView,
  type Observation,
  rolesOf,
  summaryOf,
} from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { type Case, judgeCase, observationsOf } from '../cases/world.ts';
import { shippedPack } from '../pack.ts';

const pack = shippedPack();

function control(subject: string, check: Control['check'], more: Partial<Control> = {}): Control {
  return {
    slug: 'made',
    title: 'Made by a test',
    severity: 'low',
    subject,
    why: 'why',
    remedy: 'remedy',
    params: {},
    ...(check ? { check } : {}),
    ...more,
  };
}

const expectNothing = { status: '' };
const judge = (one: Control, world: Partial<Case>) =>
  judgeCase(pack, one, { class: 'pass', says: '', expect: expectNothing, ...world });
const profiling = control('kube-apiserver', { pass: { setting: 'profiling', equals: 'false' } });

describe('silence is never a pass', () => {
  test('nothing was observed at all', () => {
    const choice = chooseDocument(pack, undefined);
    const findings = judgeNode({
      pack,
      view: nodeView('n', []),
      versions: {},
      documents: { controlPlane: choice, node: choice },
      labels: [],
      now: '2026-01-01T00:00:00.000Z',
    });
    expect(findings.length).toBeGreaterThan(50);
    expect(findings.filter((one) => one.status !== 'error')).toEqual([]);
    expect(findings.find((one) => one.control === 'kubelet-anonymous-auth')?.message).toBe(
      'Whether kubelet runs here was not observed.',
    );
  });

  test.each<readonly [string, Control, Partial<Case>, string, string]>([
    ['a control without a check', control('kubelet', undefined), {}, 'error', 'no-check'],
    ['no such component here', profiling, {}, 'not-applicable', 'role'],
    ['a manifest without a process', profiling, { manifestOnly: ['kube-apiserver'] }, 'error', 'no-process'],
    ['processes that could not be seen', profiling, { components: 'denied' }, 'error', 'file-unreadable'],
    [
      'the Node object says control plane',
      profiling,
      { labels: ['node-role.kubernetes.io/control-plane'] },
      'error',
      'no-process',
    ],
    ['no kubelet on a node', control('kubelet', { pass: { setting: 'config', set: true } }), {}, 'error', 'no-process'],
    [
      'a file control on a worker',
      control('node', { pass: { files: 'pki', ownedBy: '0:0' } }),
      {},
      'not-applicable',
      'role',
    ],
    [
      'a file control on a node whose processes are hidden',
      control('node', { pass: { files: 'pki', ownedBy: '0:0' } }),
      { components: 'timed-out' },
      'error',
      'not-observed',
    ],
    [
      'a set of files that nobody looked for',
      control('node', { pass: { files: 'pki', ownedBy: '0:0' } }),
      { labels: ['node-role.kubernetes.io/master'] },
      'error',
      'not-observed',
    ],
    [
      'a set that is there, anyFile unseen',
      control('kubelet', { pass: { anyFile: 'pki' } }),
      { run: { kubelet: {} } },
      'error',
      'not-observed',
    ],
    [
      'a fact that was not observed',
      control('kubelet', { pass: { fact: 'unit', of: 'kubelet.service', set: true } }),
      { run: { kubelet: {} } },
      'error',
      'not-observed',
    ],
    [
      'whether another component runs is hidden',
      control('kubelet', { pass: { running: 'etcd' } }),
      { run: { kubelet: {} }, components: 'denied' },
      'error',
      'file-unreadable',
    ],
    [
      'a setting of a component that does not run',
      control('kubelet', { pass: { setting: 'etcd:cert-file', set: true } }),
      { run: { kubelet: {} } },
      'error',
      'no-process',
    ],
    [
      'an unknown version',
      control('kubelet', { pass: { minor: { atLeast: '1.20' } } }),
      { run: { kubelet: {} } },
      'error',
      'version-unknown',
    ],
  ])('%s', (_says, one, world, status, reason) => {
    expect(judge(one, world)[0]).toMatchObject({ status, reason });
  });
});

test('a managed control plane is not judged', () => {
  const platforms = pack.platforms.map((one) => ({ ...one, managed: ['kube-apiserver', 'control-plane'] }));
  const world: Case = { class: 'pass', says: '', expect: expectNothing, run: { 'kube-apiserver': {} } };
  expect(judgeCase({ ...pack, platforms }, profiling, world)[0]).toMatchObject({
    status: 'not-applicable',
    reason: 'managed',
  });
});

test('two genuine instances are two subjects', () => {
  const found = judge(profiling, {
    minor: '1.34',
    run: { 'kube-apiserver': { argv: ['--profiling=false'], second: ['--profiling=true'] } },
  });
  expect(found.map((one) => one.status)).toEqual(['pass', 'fail']);
  expect(new Set(found.map((one) => one.subject)).size).toBe(2);
});

test('an item of a map, a missing one and one of an unreadable map', () => {
  const gate = control('kubelet', { pass: { setting: 'featureGates.A', equals: 'true' } });
  expect(judge(gate, { run: { kubelet: { argv: ['--feature-gates=A=true'] } } })[0]).toMatchObject({ status: 'pass' });
  expect(judge(gate, { run: { kubelet: {} } })[0]).toMatchObject({ status: 'fail' });
  expect(
    judge(gate, { run: { kubelet: { argv: ['--config=/c'], configs: { 'kubelet.config': 'denied' } } } })[0],
  ).toMatchObject({ status: 'error' });
});

test('the letter may differ from what really holds', () => {
  const one = control(
    'kube-apiserver',
    { pass: { setting: 'secure-port', atLeast: '1' } },
    { letter: { pass: { setting: 'secure-port', stated: true } } },
  );
  const world = { minor: '1.34', run: { 'kube-apiserver': {} } } as const;
  expect(judge(one, { ...world, reading: 'effective' })[0]?.status).toBe('pass');
  expect(judge(one, { ...world, reading: 'letter' })[0]?.status).toBe('fail');
});

test('more than ten good files are shown as ten and a count; a truncated set is never a pass', () => {
  const files = Array.from({ length: 40 }, (_, index) => ({ path: `/pki/${index}.key`, mode: '0600' }));
  const one = control('node', { pass: { files: 'pki.keys', modeAtMost: '0600' } });
  const labels = ['node-role.kubernetes.io/control-plane'];
  expect(judge(one, { labels, files: { 'pki.keys': files } })[0]?.evidence).toHaveLength(11);
  const bad = files.map((file, index) => (index % 20 === 3 ? { ...file, mode: '0644' } : file));
  const failed = judge(one, { labels, files: { 'pki.keys': bad } })[0];
  expect(failed?.evidence.map((line) => line.subject)).toEqual(['/pki/3.key', '/pki/23.key']);
  const truncated = { fact: 'files', subject: 'pki.keys', value: { paths: [], sought: ['/pki'], truncated: true } };
  expect(judge(one, { labels, facts: [truncated] })[0]).toMatchObject({ status: 'error', reason: 'too-large' });
});

test('cluster controls are errors while no API server is asked', () => {
  const choice = chooseDocument(pack, { major: 1, minor: 34 });
  const findings = judgeCluster({ pack, choice, view: blindView(), version: 'v1.34.4', now: '2026-01-01T00:00:00Z' });
  expect(new Set(findings.map((one) => `${one.subject} ${one.status}`))).toEqual(new Set(['cluster error']));
  expect(findings).toHaveLength(choice.document.controls.filter((entry) => entry.role === 'cluster').length);
});

test('roles follow from what runs and from labels', () => {
  const world: Case = { class: 'pass', says: '', expect: expectNothing, run: { etcd: {}, kubelet: {} } };
  expect(rolesOf(nodeView('n', observationsOf(world)), [])).toEqual({ roles: ['etcd', 'node'], unknown: false });
  expect(rolesOf(nodeView('n', []), ['node-role.kubernetes.io/control-plane'])).toEqual({
    roles: ['control-plane', 'node'],
    unknown: true,
  });
});

test('judging is pure: the same input gives the same findings', () => {
  const observations: readonly Observation[] = observationsOf({
    class: 'pass',
    says: '',
    expect: expectNothing,
    run: { 'kube-apiserver': {}, kubelet: {} },
  });
  const choice = chooseDocument(pack, { major: 1, minor: 34 });
  const input = {
    pack,
    view: nodeView('n', observations),
    versions: { kubelet: '1.34', controlPlane: '1.34' },
    documents: { controlPlane: choice, node: choice },
    now: '2026-01-01T00:00:00.000Z',
  };
  const first = judgeNode(input);
  expect(judgeNode(input)).toEqual(first);
  expect(summaryOf(first).total).toBe(new Set(first.map((one) => one.number)).size);
});
