import {
  type Control,
  decide,
  type Json,
  nodeContext,
  nodeView,
  type Observation,
  settingsHere,
} from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { observationsOf } from '../cases/world.ts';
import { shippedPack } from '../pack.ts';

const pack = shippedPack();
const at = '2026-01-01T00:00:00.000Z';
type Check = NonNullable<Control['check']>;

function see(fact: string, subject: string, value: Json): Observation {
  return { fact, subject, state: 'observed', value, observedAt: at };
}

/** A check in a world of its own; `instance` absent: the node itself is judged. */
function contextOf(
  observations: readonly Observation[],
  {
    instance,
    params = {},
    subject = 'kubelet',
  }: { instance?: string; params?: Record<string, string>; subject?: string } = {},
) {
  const control = { slug: 'made', title: 'Made', severity: 'low', subject, why: '', remedy: '', params: {} } as const;
  const node = nodeContext(pack, nodeView('n', observations), { kubelet: '1.34' });
  return { node, control, instance, params, now: at };
}

const judged = (check: Check, observations: readonly Observation[] = [], more: Parameters<typeof contextOf>[1] = {}) =>
  decide(contextOf(observations, more), check);

describe('what is said of a verdict', () => {
  test('no clause applies', () => {
    expect(judged({})).toMatchObject({
      status: 'error',
      reason: 'no-check',
      message: 'No clause of the check applies.',
    });
  });

  test('a clause that rests on nothing observed says its sentence alone', () => {
    const clauses = [{ status: 'warn', because: 'A person must look.' }] as const;
    expect(judged({ decide: clauses })).toMatchObject({ status: 'warn', message: 'A person must look.', evidence: [] });
  });

  test('a parameter alone is no evidence', () => {
    const pass = { param: 'mode', equals: 'strict' };
    expect(judged({ pass }, [], { params: { mode: 'strict' } })).toMatchObject({
      status: 'pass',
      message: 'as-expected',
    });
    expect(judged({ pass })).toMatchObject({ status: 'fail', message: 'not-as-expected', evidence: [] });
  });

  test('an empty set of files says where it looked, if anywhere', () => {
    const pass = { files: 'x', modeAtMost: '0600' };
    const set = (sought: readonly string[]) => [see('files', 'x', { paths: [], sought, truncated: false })];
    expect(judged({ pass }, set(['/a', '/b']))).toMatchObject({
      status: 'not-applicable',
      message: 'no such file; looked for /a, /b',
    });
    expect(judged({ pass }, set([]))).toMatchObject({ status: 'not-applicable', message: 'no such file' });
  });

  test('a failed rule names only what is wrong', () => {
    const observations = observationsOf({
      class: 'fail',
      says: '',
      expect: { status: '' },
      files: {
        set: [
          { path: '/good.crt', certificates: [{ subject: 'CN=n', issuer: 'CN=ca' }] },
          { path: '/own.crt', certificates: [{ subject: 'CN=n', issuer: 'CN=n' }] },
        ],
      },
    });
    const found = judged({ pass: { rule: 'serving-certificate', with: { files: { param: 'where' } } } }, observations, {
      params: { where: 'set' },
    });
    expect(found).toMatchObject({ status: 'fail', message: expect.not.stringContaining('more') });
    expect(found.evidence.map((one) => one.subject)).toEqual(['/own.crt']);
  });
});

describe('what the loader refuses is unknown where it is judged all the same', () => {
  test.each<readonly [string, Check, string]>([
    ['a rule that there is not', { pass: { rule: 'magic' } }, 'there is no rule magic'],
    [
      'an operand without its parameter',
      { pass: { rule: 'serving-certificate', with: { files: { param: 'x' } } } },
      'the files  were not observed',
    ],
    ['a component nobody looked for', { pass: { running: 'etcd' } }, 'whether etcd runs was not observed'],
    [
      'a fact of the node that was not observed',
      { pass: { fact: 'node.host', set: true } },
      'node.host of node was not observed',
    ],
  ])('%s', (_, check, message) => {
    expect(judged(check)).toMatchObject({ status: 'error', message });
  });

  test('a leaf without an operator asks whether something is there', () => {
    const seen = [see('node.host', 'node', { hostname: 'n', os: 'Debian', osVersion: '12' })];
    expect(judged({ pass: { fact: 'node.host', path: 'os' } }, seen)).toMatchObject({ status: 'pass' });
    expect(judged({ pass: { fact: 'node.host', path: 'nothing' } }, seen)).toMatchObject({ status: 'fail' });
  });

  test('a parameter that nobody gave is an empty text', () => {
    const seen = [see('node.host', 'node', { hostname: 'n', os: '', osVersion: '12' })];
    expect(judged({ pass: { fact: 'node.host', path: 'os', equals: { param: 'x' } } }, seen).status).toBe('pass');
  });

  test('a version is of the component where no instance is judged', () => {
    expect(judged({ pass: { minor: { atLeast: '1.30' } } })).toMatchObject({
      status: 'pass',
      evidence: [{ subject: 'kubelet', actual: '1.34' }],
    });
  });
});

test('an item of a map: what there is no map for, and a map that cannot be read', () => {
  const instance = 'kubelet@/etc/kubernetes/manifests/kubelet.yaml';
  const world = (featureGates: Json) =>
    contextOf(
      observationsOf({
        class: 'pass',
        says: '',
        expect: { status: '' },
        run: { kubelet: { argv: ['--config=/c'], configs: { 'kubelet.config': { featureGates } } } },
      }),
      { instance },
    );
  const reason = (name: string, gates: Json = {}) =>
    settingsHere(world(gates), name).map(({ setting }) => (setting.known ? setting.value : setting.reason));
  expect(reason('nothing')).toEqual(['unsupported']);
  expect(reason('nothing.item')).toEqual(['unsupported']);
  expect(reason('featureGates.A', 'x')).toEqual(['parse-error']);
  expect(reason('featureGates.A', { A: true })).toEqual([true]);
  expect(reason('featureGates.toString')).toEqual([null]);
});

describe('rules in a world that lacks what they ask for', () => {
  const certificates = (path: string, value?: Json) => [
    see('files', 'x', { paths: [path], sought: [path], truncated: false }),
    ...(value === undefined ? [] : [see('certificates', path, value)]),
  ];
  const authorities = (etcd: readonly string[]) => [
    see('files', 'etcd.client-ca', { paths: etcd, sought: ['/ca'], truncated: false }),
  ];
  const encryption = (document: Json) => [
    see('kube-apiserver.encryption-config', 'a', { path: '/e', asSeen: '/e', document }),
  ];
  const secrets = { resources: [{ resources: ['secrets'], providers: [{ aescbc: {} }] }] };

  test.each<readonly [string, string, readonly Observation[], object]>([
    ['no files named', 'serving-certificate', [], { status: 'error' }],
    ['no authority of etcd', 'etcd-own-ca', authorities([]), { status: 'error', reason: 'file-absent' }],
    ['a name without an instance', 'node-name', [], { status: 'fail', evidence: [{ expected: '' }] }],
    ['no configuration of encryption', 'encryption-providers', [], { status: 'error' }],
  ])('%s', (_, rule, seen, wanted) => expect(judged({ pass: { rule } }, seen)).toMatchObject(wanted));

  test.each<readonly [string, readonly Observation[], object]>([
    ['a certificate that nobody read', certificates('/c'), { status: 'error', message: '/c was not read' }],
    ['a file without a certificate', certificates('/c', { certificates: [], privateKeys: 1 }), { status: 'fail' }],
  ])('%s', (_, seen, wanted) => {
    expect(judged({ pass: { rule: 'serving-certificate', with: { files: 'x' } } }, seen)).toMatchObject(wanted);
  });

  test.each<readonly [string, Json, string]>([
    [
      'providers that are no list',
      { resources: [{ resources: ['secrets'], providers: 'aescbc' }] },
      'no entry covers secrets',
    ],
    ['no provider that would do', secrets, 'aescbc'],
  ])('%s', (_, document, actual) => {
    const found = judged({ pass: { rule: 'encryption-providers' } }, encryption(document), { instance: 'a' });
    expect(found).toMatchObject({ status: 'fail', evidence: [{ actual }] });
  });

  test('a name that nobody overrides is no name', () => {
    const run = { kubelet: { argv: [] } };
    const seen = observationsOf({ class: 'pass', says: '', expect: { status: '' }, run });
    const instance = 'kubelet@/etc/kubernetes/manifests/kubelet.yaml';
    expect(judged({ pass: { rule: 'node-name' } }, seen, { instance })).toMatchObject({ status: 'fail' });
  });
});
