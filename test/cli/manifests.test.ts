import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Problem } from '@plumbline/core';
import { afterAll, describe, expect, it, test } from 'vitest';
import { readManifestText } from '../../cli/src/manifests/manifest-text.ts';
import { plumbline } from './terminal.ts';

const home = mkdtempSync(join(tmpdir(), 'plumbline-manifests-'));
afterAll(() => rmSync(home, { recursive: true }));

function directory(files: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(join(home, 'd-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(made, name, '..'), { recursive: true });
    writeFileSync(join(made, name), text);
  }
  return made;
}

interface Shown {
  readonly scope: string;
  readonly exclusions: readonly string[];
  readonly notes: readonly string[];
  readonly controls: readonly { number: string; subjects: object; successRate: number | null }[];
  readonly findings: readonly { number: string; subject: string; status: string; reason: string; namespace?: string }[];
}

async function audited(path: string, ...more: string[]): Promise<Shown> {
  const ran = await plumbline([
    'audit',
    '--manifests',
    path,
    '--kubernetes-version',
    '1.34',
    '--format',
    'json',
    ...more,
  ]);
  expect(ran).toMatchObject({ code: 0, err: '' });
  return JSON.parse(ran.out);
}

const read = (text: string): { objects: readonly unknown[]; problems: readonly Problem[] } => {
  const problems: Problem[] = [];
  return { objects: readManifestText('f.yaml', text, problems).map((one) => one.object), problems };
};

const head = 'apiVersion: v1\nkind: ConfigMap\n';
test.each<[string, unknown]>([
  ['0644', 420],
  ['"0644"', '0644'],
  ['yes', true],
  ['off', false],
  ['1:30', '1:30'],
  ['2026-01-01', '2026-01-01'],
  ['0x1F', 31],
  ['~', null],
])('the scalar %s is what kubectl reads', (text, value) => {
  expect(read(`${head}data: ${text}\n`)).toEqual({ objects: [expect.objectContaining({ data: value })], problems: [] });
});

const bomb = `a: &a [${'x,'.repeat(30)}]\nb: &b [${'*a,'.repeat(30)}]\nc: &c [${'*b,'.repeat(30)}]\nd: [${'*c,'.repeat(30)}]\n`;
test.each<[string, string, number]>([
  ['a syntax error', `${head}---\n${head}data: {a: [1\n`, 7],
  ['a key twice', `${head}kind: Secret\n`, 3],
  ['no object', '- 1\n', 1],
  ['an object without kind', 'apiVersion: v1\nmetadata: {name: a}\n', 1],
  ['a template that was not rendered', `${head}data: {{ .Values.x }}{{ end }}\n`, 3],
  ['an alias bomb', `${head}${bomb}`, 1],
  ['a value that holds itself', `${head}data: &d\n  more: *d\n`, 1],
])('%s is a problem with its line', (_, text, line) => {
  expect(read(text).problems[0]).toMatchObject({ code: 'PLB_MANIFEST_SYNTAX', file: 'f.yaml', line });
});

test('comments and empty documents are nothing, JSON is YAML', () => {
  expect(read('# Source: chart/empty.yaml\n---\n---\n{"apiVersion": "v1", "kind": "Pod"}\n')).toEqual({
    objects: [{ apiVersion: 'v1', kind: 'Pod' }],
    problems: [],
  });
});

const deployment = (namespace: string, privileged: boolean) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec:
  replicas: 3
  template:
    spec:
      containers: [{name: app, image: "web:1", securityContext: {privileged: ${privileged}}}]
`;
const binding = (role: string) => `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: all}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${role}}
subjects: [{kind: ServiceAccount, name: robot, namespace: shop}]
`;

describe('audit --manifests', () => {
  it('judges section 5, and what only a cluster can tell is no pass', async () => {
    const path = directory({
      'shop/web.yaml': deployment('shop', true),
      'bank/web.yml': deployment('bank', false),
      'list.json': JSON.stringify({ apiVersion: 'v1', kind: 'ServiceList', items: [{ metadata: { name: 'a' } }] }),
    });
    const report = await audited(path);
    expect(report.scope).toBe('manifests');
    expect(new Set(report.findings.map((one) => one.number[0]))).toEqual(new Set(['5']));
    const of = (number: string) => report.findings.filter((one) => one.number === number);
    expect(of('5.2.2')).toContainEqual(expect.objectContaining({ subject: 'namespace/shop', status: 'fail' }));
    expect(of('5.2.2')).toContainEqual(expect.objectContaining({ subject: 'namespace/bank', status: 'warn' }));
    expect(of('5.1.1')).toEqual([expect.objectContaining({ status: 'not-applicable', reason: 'not-in-manifests' })]);
    expect(of('5.1.7')).toEqual([expect.objectContaining({ status: 'error', reason: 'no-cluster' })]);
    expect(report.controls).toContainEqual(
      expect.objectContaining({ number: '5.2.2', subjects: { judged: 2, passing: 0, failing: 1 }, successRate: 0 }),
    );
    expect(report.notes.join('\n')).toMatch(/without labels: bank, shop\.\n.*these kinds: Service 1\./);
  });

  it('knows the roles that every cluster has, and doubts what it does not know', async () => {
    const shipped = await audited(directory({ 'a.yaml': binding('cluster-admin') }));
    expect(shipped.findings.find((one) => one.number === '5.1.1')).toMatchObject({ status: 'fail' });
    const edit = await audited(directory({ 'a.yaml': binding('edit') }));
    expect(edit.findings.find((one) => one.number === '5.1.2')?.status).toBe('fail');
    const unknown = await audited(directory({ 'a.yaml': binding('nobody-knows') }));
    expect(unknown.findings.find((one) => one.number === '5.1.2')).toMatchObject({
      status: 'warn',
      reason: 'role-unknown',
    });
    expect(unknown.findings.filter((one) => one.number.startsWith('5.1.') && one.status === 'pass')).toEqual([]);
  });

  it('really leaves out what is excluded, and every format says so', async () => {
    const unknown = `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: lent, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: nobody-knows}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
`;
    const path = directory({ 'a.yaml': `${deployment('shop', true)}---\n${deployment('bank', true)}---\n${unknown}` });
    const report = await audited(path, '--exclude-namespaces', 'sh*');
    expect(report.notes.join('\n')).toMatch(/1 workload\..*\n.*without labels: bank\./);
    expect(report.findings.filter((one) => one.reason === 'role-unknown')).toEqual([]);
    expect(report.exclusions).toEqual(['sh*']);
    expect(report.findings.some((one) => one.namespace === 'shop')).toBe(false);
    expect(report.findings.some((one) => one.namespace === 'bank')).toBe(true);
    for (const format of ['table', 'kube-bench', 'junit']) {
      const ran = await plumbline(['audit', '--manifests', path, '--exclude-namespaces', 'sh*', '--format', format]);
      expect(ran.code, format).toBe(0);
      expect(ran.out, format).toMatch(/sh\*/);
      expect(ran.out, format).not.toContain('namespace/shop');
    }
  });

  it('marks the namespaces of the system', async () => {
    const path = directory({ 'a.yaml': deployment('mesh', true) });
    const report = await audited(path, '--system-namespaces', 'mesh');
    expect(report.findings.find((one) => one.number === '5.2.2')).toMatchObject({
      status: 'warn',
      reason: 'system-namespace',
    });
  });

  it('judges nothing where one file is broken, and names each mistake', async () => {
    const path = directory({
      'good.yaml': deployment('shop', true),
      'bad/x.yaml': `${head}a: [`,
      'bad/y.yaml': '- 1\n',
    });
    const ran = await plumbline(['audit', '--manifests', path]);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(/^PLB_MANIFEST_SYNTAX: bad\/x\.yaml:\d: .*\nPLB_MANIFEST_SYNTAX: bad\/y\.yaml:1: .*\n$/);
  });

  it.each([
    [['--manifests', join(home, 'nowhere')], /cannot be read \(ENOENT\)/],
    [['--manifests', home, '--cluster'], /cannot be used with/],
    [['--manifests', home, '--exclude-namespaces', 'A b'], /is no name of a namespace/],
  ])('%j is refused', async (argv, says) => {
    const ran = await plumbline(['audit', ...argv]);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(says);
  });

  it('ends with 1 where the threshold is reached', async () => {
    const path = directory({ 'a.yaml': deployment('shop', true) });
    expect((await plumbline(['audit', '--manifests', path, '--fail-on', 'fail'])).code).toBe(1);
  });
});

test('objects in a list, as kubectl get writes them, are counted each', async () => {
  const items = ['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { notes } = await audited(directory({ 'list.yaml': list }));
  expect(notes[0]).toContain('2 objects of 1 file, 0 workloads');
});

test('needs 8: no annotation or label of an object exempts it or anything in it', async () => {
  const pod = (annotations: string) => `apiVersion: v1
kind: Namespace
metadata: {name: app${annotations}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: app${annotations}}
spec:
  hostNetwork: true
  containers: [{name: web, image: web, securityContext: {privileged: true}}]
`;
  const wishes = [
    'plumbline.io/exempt',
    'plumbline.io/waiver',
    'polaris.fairwinds.com/exempt',
    'kube-bench/skip',
    'waived',
  ];
  const list = wishes.map((one) => `${one}: "true"`).join(', ');
  const plain = await audited(directory({ 'pod.yaml': pod('') }));
  for (const where of ['annotations', 'labels']) {
    const asked = await audited(directory({ 'pod.yaml': pod(`, ${where}: {${list}}`) }));
    expect(asked.findings).toEqual(plain.findings);
    expect(asked.controls).toEqual(plain.controls);
  }
  expect(plain.findings.some((one) => one.status === 'fail' && one.namespace === 'app')).toBe(true);
});
