import { type Control, type Json, nodeContext, nodeView, type Observation, versionsFrom } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { type Case, judgeCase } from '../cases/world.ts';
import { shippedPack } from '../pack.ts';

const pack = shippedPack();

function made(subject: string, check: NonNullable<Control['check']>): Control {
  return {
    slug: 'made',
    title: 'Made by a test',
    severity: 'low',
    subject,
    why: 'why',
    remedy: 'r',
    params: {},
    check,
  };
}

function judge(control: Control | string, world: Partial<Case>) {
  const one = typeof control === 'string' ? pack.controls.get(control) : control;
  if (!one) throw new Error(`no control ${control}`);
  return judgeCase(pack, one, { class: 'pass', says: '', expect: { status: '' }, ...world })[0];
}

describe('evidence names the place that decided', () => {
  const gate = made('kubelet', { pass: { not: { setting: 'featureGates.Mine', equals: 'false' } } });
  const argv = ['--config=/k', '--config-dir=/d', '--feature-gates=Other=true'];

  test('a gate of the file, another one by flag', () => {
    const configs = { 'kubelet.config': { featureGates: { Mine: false } }, 'kubelet.drop-ins': [] };
    const found = judge(gate, { run: { kubelet: { argv, configs } } });
    expect(found).toMatchObject({ status: 'fail' });
    expect(found?.evidence[0]?.origin).toMatchObject({ kind: 'file', path: '/etc/case/kubelet.config' });
  });

  test('a gate of a drop-in under a drop-in and a flag', () => {
    const drop = (path: string, featureGates: Record<string, boolean>) => ({ path, document: { featureGates } });
    const configs = {
      'kubelet.config': {},
      'kubelet.drop-ins': [drop('/d/1', { Mine: false }), drop('/d/2', { X: true })],
    };
    const found = judge(gate, { minor: '1.34', run: { kubelet: { argv, configs } } });
    expect(found?.evidence[0]?.origin).toMatchObject({ kind: 'drop-in', path: '/d/1' });
  });

  test('the flag wins over the file for its own gate', () => {
    const configs = { 'kubelet.config': { featureGates: { Mine: true } } };
    const found = judge(gate, { run: { kubelet: { argv: ['--config=/k', '--feature-gates=Mine=false'], configs } } });
    expect(found?.evidence[0]?.origin).toMatchObject({ kind: 'flag', key: 'feature-gates' });
  });

  test('a list that is no subset is told its offending items', () => {
    const weak = 'TLS_RSA_WITH_3DES_EDE_CBC_SHA';
    const argvOf = [`--tls-cipher-suites=TLS_AES_128_GCM_SHA256,${weak}`];
    for (const reading of ['effective', 'letter'] as const) {
      const found = judge('apiserver-tls-cipher-suites', {
        minor: '1.34',
        reading,
        run: { 'kube-apiserver': { argv: argvOf } },
      });
      expect(found).toMatchObject({ status: 'fail' });
      expect(found?.message).toContain(`expected without ${weak}; only `);
    }
  });

  test('the last clause does not name what an earlier failing clause was content with', () => {
    const argvOf = ['--audit-log-path=/var/log/audit.log', '--audit-log-maxage=7'];
    const found = judge('apiserver-audit-log-maxage', { minor: '1.34', run: { 'kube-apiserver': { argv: argvOf } } });
    expect(found?.message).toContain(
      'audit-log-maxage is 7 (flag --audit-log-maxage of pid 100), expected at least 30',
    );
    expect(found?.evidence.filter((one) => one.holds === false).map((one) => one.fact)).toEqual([
      'setting audit-log-maxage',
    ]);
  });

  test('what a person must confirm is no expectation', () => {
    const found = judge('kubelet-hostname-override', { run: { kubelet: { argv: ['--hostname-override=n'] } } });
    expect(found).toMatchObject({ status: 'warn' });
    expect(found?.message).toContain('hostname-override is n (flag --hostname-override of pid 100)');
    expect(found?.message).not.toContain('expected');
  });

  test('an unreadable file is named', () => {
    const control = made('kubelet', { pass: { files: 'pki', ownedBy: '0:0' } });
    const files = { pki: [{ path: '/pki/a' }, { path: '/pki/b', state: 'denied' as const }] };
    const found = judge(control, { run: { kubelet: {} }, files });
    expect(found).toMatchObject({ status: 'error', reason: 'file-unreadable' });
    expect(found?.message).toContain('/pki/b');
    expect(found?.evidence.map((one) => one.subject)).toEqual(['/pki/b']);
  });
});

function gates(featureGates: Json): NonNullable<Case['run']> {
  return { kubelet: { argv: ['--config=/k'], configs: { 'kubelet.config': { featureGates } } } };
}

describe('what is known is not called unknown, nor the reverse', () => {
  test('nobody stated a setting whose default varies', () => {
    const stated = made('kube-apiserver', { pass: { not: { setting: 'insecure-port', stated: true } } });
    const value = made('kube-apiserver', { pass: { setting: 'insecure-port', equals: '0' } });
    expect(judge(stated, { run: { 'kube-apiserver': {} } })).toMatchObject({ status: 'pass' });
    expect(judge(value, { run: { 'kube-apiserver': {} } })).toMatchObject({ reason: 'version-unknown' });
  });

  test('another component must agree in all of its instances', () => {
    const control = made('kubelet', { pass: { setting: 'kube-apiserver:profiling', equals: 'false' } });
    const apiserver = { argv: ['--profiling=false'], second: ['--profiling=true'] };
    const found = judge(control, { run: { kubelet: {}, 'kube-apiserver': apiserver } });
    expect(found).toMatchObject({ status: 'fail' });
    expect(found?.evidence.map((one) => one.subject)).toEqual([
      'kube-apiserver@/etc/kubernetes/manifests/kube-apiserver.yaml#2',
    ]);
  });

  test.each<readonly [string, string, Case['run']]>([
    [
      'the kubelet file holds a text where an object belongs',
      'kubelet-anonymous-auth',
      { kubelet: { argv: ['--config=/k'], configs: { 'kubelet.config': { authentication: 'none' } } } },
    ],
    [
      'the scheduler file holds a text where a boolean belongs',
      'scheduler-profiling',
      { 'kube-scheduler': { argv: ['--config=/k'], configs: { 'kube-scheduler.config': { enableProfiling: 'no' } } } },
    ],
    [
      'the etcd file too',
      'etcd-tls-serving-cert',
      { etcd: { argv: ['--config-file=/k'], configs: { 'etcd.config': { 'client-transport-security': 'x' } } } },
    ],
    ['a gate that is no scalar', 'kubelet-rotate-server-certificates', gates({ A: { toString: 1 } })],
    ['a gate that is null', 'kubelet-rotate-server-certificates', gates({ A: null })],
    [
      'seccompDefault: no boolean, and a flag that says false',
      'kubelet-seccomp-default',
      {
        kubelet: {
          argv: ['--config=/k', '--seccomp-default=false'],
          configs: { 'kubelet.config': { seccompDefault: 'yes' } },
        },
      },
    ],
    ...[
      'off',
      { enabled: 'true' },
      { enabled: true, conditions: 'all' },
      { enabled: true, conditions: [{ path: '/livez' }, {}] },
    ].map((anonymous): readonly [string, string, Case['run']] => [
      `anonymous: ${JSON.stringify(anonymous)}`,
      'apiserver-anonymous-auth',
      {
        'kube-apiserver': {
          argv: ['--authentication-config=/a', '--authorization-mode=Node,RBAC'],
          configs: { 'kube-apiserver.authentication-config': { anonymous } },
        },
      },
    ]),
  ])('%s', (_says, control, run) => {
    expect(judge(control, { minor: '1.22', ...(run ? { run } : {}) })).toMatchObject({
      status: 'error',
      reason: 'parse-error',
    });
  });

  test.each<readonly [readonly string[], string]>([
    [['--anonymous-auth=true', '--authorization-mode=AlwaysAllow'], 'pass'],
    [['--authorization-mode=RBAC,AlwaysAllow'], 'pass'],
    [['--authorization-mode=RBAC'], 'fail'],
  ])('AlwaysAllow switches anonymous requests off: %j', (argv, status) => {
    expect(judge('apiserver-anonymous-auth', { minor: '1.34', run: { 'kube-apiserver': { argv } } })?.status).toBe(
      status,
    );
  });
});

describe('the version of a control plane that nobody gave', () => {
  const manifest = (subject: string, image: string): Observation => ({
    fact: 'manifest',
    subject,
    state: 'observed',
    value: { path: '/m', image },
    observedAt: '2026-01-01T00:00:00.000Z',
  });
  const from = (...manifests: readonly Observation[]) => versionsFrom(nodeView('n', manifests), {}).controlPlane;

  test.each<readonly [string, string | undefined]>([
    ['registry.k8s.io/kube-apiserver:v1.34.4', '1.34.4'],
    ['r:5000/kube-apiserver:v1.33.0-custom@sha256:00', '1.33.0-custom'],
    ['r:5000/kube-apiserver', undefined],
    ['kube-apiserver:latest', undefined],
    ['kube-apiserver:2.3', undefined],
    ['', undefined],
  ])('%s', (image, version) => {
    expect(from(manifest('kube-apiserver@m', image))).toBe(version);
  });

  test('the next component speaks where the first one is silent or of two minds', () => {
    const scheduler = manifest('kube-scheduler@m', 'kube-scheduler:v1.31.1');
    expect(from(manifest('kube-apiserver@a', 'a:v1.30.1'), manifest('kube-apiserver@b', 'a:v1.31.1'), scheduler)).toBe(
      '1.31.1',
    );
    expect(from(manifest('etcd@m', 'etcd:v1.31.1'))).toBeUndefined();
  });

  test('what was given wins, and the kubelet stays unknown', () => {
    const view = nodeView('n', [manifest('kube-apiserver@m', 'kube-apiserver:v1.34.4')]);
    expect(versionsFrom(view, { controlPlane: '1.30' })).toEqual({ controlPlane: '1.30' });
    expect(versionsFrom(view, { kubelet: '1.33' })).toEqual({
      kubelet: '1.33',
      controlPlane: '1.34.4',
      source: 'manifest',
    });
    const elsewhere = { controlPlane: '1.30', source: 'manifest' } as const;
    expect(versionsFrom(view, elsewhere)).toEqual({ controlPlane: '1.34.4', source: 'manifest' });
    expect(versionsFrom(nodeView('n', []), elsewhere)).toEqual(elsewhere);
    const context = nodeContext(pack, view, {});
    expect(context.minorOf('kube-scheduler')).toEqual({ major: 1, minor: 34 });
    expect(context.minorOf('kubelet')).toBeUndefined();
  });
});

const plain = { kubelet: {} };

test.each<readonly [string, Control, Partial<Case>, object]>([
  [
    'the file of kube-proxy is blocked above a field',
    made('kube-proxy', { pass: { setting: 'clientConnection.kubeconfig', set: true } }),
    { run: { 'kube-proxy': { argv: ['--config=/p'], configs: { 'kube-proxy.config': { clientConnection: 'x' } } } } },
    { status: 'error', reason: 'parse-error', message: expect.stringContaining('clientConnection in /etc/case') },
  ],
  [
    'a set that nobody looked for',
    made('kubelet', { pass: { files: 'pki', ownedBy: '0:0' } }),
    { run: plain },
    { status: 'error', reason: 'not-observed' },
  ],
  [
    'a set that holds nothing',
    made('kubelet', { pass: { anyFile: 'pki' } }),
    { run: plain, files: { pki: [] } },
    { status: 'fail', evidence: [expect.objectContaining({ actual: 'none', expected: 'a file' })] },
  ],
  [
    'a set that holds something',
    made('kubelet', { pass: { anyFile: 'pki' } }),
    { run: plain, files: { pki: [{ path: '/pki/a' }] } },
    { status: 'pass', evidence: [expect.objectContaining({ actual: '/pki/a' })] },
  ],
  [
    'a decision of which no clause holds',
    made('kubelet', { decide: [{ status: 'pass', when: { setting: 'config', set: true }, because: 'because' }] }),
    { run: plain },
    { status: 'error', reason: 'no-check' },
  ],
  [
    'a decision that only warnings came before',
    made('kubelet', {
      decide: [
        { status: 'warn', when: { setting: 'config', set: true }, because: 'because' },
        { status: 'fail', because: 'because' },
      ],
    }),
    { run: plain },
    { status: 'fail', evidence: [expect.objectContaining({ fact: 'setting config' })] },
  ],
  [
    'a list of authorities with an empty file',
    made('etcd', { pass: { rule: 'etcd-own-ca' } }),
    { run: { etcd: {} }, files: { 'etcd.client-ca': [{ path: '/ca', certificates: [] }] } },
    { status: 'error', reason: 'parse-error', message: '/ca holds no certificate' },
  ],
  [
    'an API server whose authorities were not looked for',
    made('etcd', { pass: { rule: 'etcd-own-ca' } }),
    { run: { etcd: {} }, files: { 'etcd.client-ca': [{ path: '/ca', certificates: [{}] }] } },
    { status: 'error', reason: 'not-observed' },
  ],
])('%s', (_says, control, world, expected) => {
  expect(judge(control, world)).toMatchObject(expected);
});

test('a hostile command line costs no more than its length', () => {
  const argv = [`--request-timeout=${'1'.repeat(200_000)}x`, ...Array.from({ length: 100_000 }, () => '--v=1')];
  const found = judge('apiserver-request-timeout', { minor: '1.34', run: { 'kube-apiserver': { argv } } });
  expect(found).toMatchObject({ status: 'error', reason: 'parse-error' });
});
