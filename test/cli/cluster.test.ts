import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resources } from '@plumbline/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathsOf } from '../../aggregator/src/cluster/paths.ts';
import { type Raw, type StubCluster, stubCluster } from '../aggregator/cluster/stub-cluster.ts';

const root = join(import.meta.dirname, '..', '..');
const recorded = join(root, 'test', 'nodes', 'kubeadm-control-plane.yaml');
const home = mkdtempSync(join(tmpdir(), 'plumbline-cluster-'));
const kubeconfig = join(home, 'kubeconfig');
let stub: StubCluster;

const named = (name: string, more: object = {}): Raw => ({ metadata: { name, uid: name }, ...more });
const pod = (namespace: string, privileged: boolean): Raw => ({
  metadata: { name: 'web', namespace },
  spec: { containers: [{ name: 'app', image: 'web:1', securityContext: { privileged } }] },
});

function configOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'stub', // The client refuses plain HTTP otherwise.
        cluster: { server, 'insecure-skip-tls-verify': true },
      },
    ],
    users: [{ name: 'me', user: {} }],
    contexts: [{ name: 'stub', context: { cluster: 'stub', user: 'me' } }],
    'current-context': 'stub',
  });
}

beforeAll(async () => {
  stub = await servedCluster([pod('shop', true), pod('sandbox-1', true)]);
  writeFileSync(kubeconfig, configOf(stub.client.server));
});

async function servedCluster(pods: readonly Raw[]): Promise<StubCluster> {
  const stub = await stubCluster();
  for (const one of resources) if (one.presence !== 'crd') stub.serve(pathsOf(one)[0] ?? '');
  const kubelet = { status: { nodeInfo: { kubeletVersion: 'v1.34.4', operatingSystem: 'linux' } } };
  stub.serve('/api/v1/nodes', [named('cp-1', kubelet), named('worker-1', kubelet), named('worker-2', kubelet)]);
  stub.serve(
    '/api/v1/namespaces',
    ['default', 'shop', 'sandbox-1'].map((name) => named(name)),
  );
  stub.serve('/api/v1/pods', pods);
  return stub;
}
afterAll(async () => {
  await stub.close();
  rmSync(home, { recursive: true });
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command as a process: it must end by itself, whatever watches it had. */
async function plumbline(...argv: readonly string[]): Promise<Ran> {
  const env = { ...process.env, PLUMBLINE_KUBECONFIG: 'none' };
  const child = spawn(process.execPath, [join(root, 'cli/src/main.ts'), ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (part) => {
    out += part;
  });
  child.stderr.on('data', (part) => {
    err += part;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

const cluster = () => ['audit', '--cluster', '--kubeconfig', kubeconfig, '--exclude-namespaces', 'sandbox-*'];

interface Report {
  readonly scope: string;
  readonly node: string;
  readonly kubernetesVersion: string;
  readonly exclusions: readonly string[];
  readonly notes: readonly string[];
  readonly findings: readonly { number: string; subject: string; status: string; reason: string }[];
}

describe('audit --cluster', () => {
  it('puts the cluster and its node in one report, in the order of the document', async () => {
    const ran = await plumbline(...cluster(), '--node', recorded, '--node-name', 'cp-1', '--format', 'json');
    expect(ran).toMatchObject({ code: 0, err: '' });
    const report: Report = JSON.parse(ran.out);
    expect(report).toMatchObject({
      scope: 'cluster',
      node: 'cp-1',
      kubernetesVersion: '1.34.4',
      exclusions: ['sandbox-*'],
    });
    const sections = [...new Set(report.findings.map((one) => one.number[0]))];
    expect(sections).toEqual(['1', '2', '3', '4', '5']);
    expect(report.findings.filter((one) => one.number === '5.2.2').map((one) => [one.subject, one.status])).toEqual([
      ['namespace/default', 'fail'],
      ['namespace/shop', 'fail'],
    ]);
    expect(report.notes).toContain(
      'Not looked at, so that their sections 1, 2 and 4 are not in this report: worker-1, worker-2.',
    );
    expect(report.findings.some((one) => one.reason === 'no-check')).toBe(false);
  });

  it('leaves sections of nodes out where this machine is none of the cluster, and says so', async () => {
    const ran = await plumbline(...cluster(), '--node', recorded, '--node-name', 'elsewhere');
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toContain('Left out of everything: namespaces sandbox-*.');
    expect(ran.out).toMatch(/about nodes; this machine is none of this cluster/);
    expect(ran.out).toMatch(/^ {2}FAIL {3}5\.2\.2 .* 0 of 2 pass$/m);
    expect(ran.out).toMatch(/^ +namespace\/shop: /m);
    expect(ran.out).not.toMatch(/^ {2}\w+ +1\.1\.1 /m);
  });

  it('makes an error of what it may not read, and names it', async () => {
    stub.refuse('/apis/networking.k8s.io/v1/networkpolicies', 403);
    const ran = await plumbline(...cluster(), '--node', recorded, '--format', 'json', '--fail-on', 'error');
    stub.refuse('/apis/networking.k8s.io/v1/networkpolicies', undefined);
    expect(ran).toMatchObject({ code: 1, err: '' });
    const report: Report = JSON.parse(ran.out);
    expect(report.findings.filter((one) => one.number === '5.3.2')).toEqual([
      expect.objectContaining({ subject: 'cluster', status: 'error', reason: 'rbac-denied' }),
    ]);
    expect(report.notes.join('\n')).toContain('networkpolicies denied');
  });

  it('writes a recording that judges like the cluster itself', async () => {
    const file = join(home, 'objects.yaml');
    expect(await plumbline('record', '--cluster', '--kubeconfig', kubeconfig, '--output', file)).toMatchObject({
      code: 0,
      err: '',
    });
    const ran = await plumbline('audit', '--manifests', file, '--kubernetes-version', '1.34', '--format', 'json');
    const report: Report = JSON.parse(ran.out);
    expect(report.findings.filter((one) => one.number === '5.6.4')).toEqual([
      expect.objectContaining({ status: 'pass' }),
    ]);
    expect(report.findings).toContainEqual(
      expect.objectContaining({ number: '5.2.2', subject: 'namespace/shop', status: 'fail' }),
    );
  });

  it('compares with another cluster by saved reports', async () => {
    const other = await servedCluster([pod('shop', true), pod('default', false)]);
    const config = join(home, 'other');
    writeFileSync(config, configOf(other.client.server));
    const [before, after] = [join(home, 'a.json'), join(home, 'b.json')];
    const node = ['--node', recorded, '--node-name', 'elsewhere', '--format', 'json'];
    expect(await plumbline(...cluster(), ...node, '--output', before)).toMatchObject({ code: 0, err: '' });
    const asked = await plumbline('audit', '--cluster', '--kubeconfig', config, ...node, '--output', after);
    await other.close();
    expect(asked).toMatchObject({ code: 0, err: '' });
    const { out } = await plumbline('compare', before, after, '--format', 'json');
    const compared = JSON.parse(out) as { changes: { delta: string; after: { number: string; subject: string } }[] };
    const found = compared.changes.map((one) => `${one.delta} ${one.after?.number} ${one.after?.subject}`);
    expect(found).toContain('regressed 5.6.4 namespace/default');
    // Namespaces that only one report leaves out are new, not worse.
    expect(found).toContain('new 5.2.2 namespace/sandbox-1');
    expect(found.some((one) => one.includes('namespace/shop'))).toBe(false);
    const text = await plumbline('compare', before, after);
    expect(text.out).toContain('The reports leave out different namespaces');
    expect(await plumbline('compare', after, after)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/\n\d+ unchanged\n$/),
    });
  });

  it('says at once that nobody answers', async () => {
    const nobody = join(home, 'nobody');
    writeFileSync(nobody, configOf('http://127.0.0.1:1'));
    const ran = await plumbline('audit', '--cluster', '--node', recorded, '--kubeconfig', nobody);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(
      /^PLB_CLUSTER_UNREACHABLE: The API server http:\/\/127\.0\.0\.1:1 tells nothing \(.*ECONNREFUSED/,
    );
  });

  it.each([
    [['--kubeconfig', join(home, 'missing')], /^PLB_CONFIG_INVALID: /],
    [['--kubeconfig', kubeconfig, '--context', 'nobody'], /^PLB_CONFIG_INVALID: /],
    [[], /^PLB_CONFIG_INVALID: There is no cluster to ask; give --kubeconfig\.\n$/],
  ])('%j is refused', async (argv, says) => {
    const ran = await plumbline('audit', '--cluster', '--node', recorded, ...argv);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(says);
  });
});
