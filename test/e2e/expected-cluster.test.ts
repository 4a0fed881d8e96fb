import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resources } from '@plumbline/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cluster, kubectl, nodeName, settledCluster, until } from './lib/cluster.ts';
import { freshCluster } from './lib/fresh-cluster.ts';
import { type Served, startServed } from './lib/served.ts';

/** A fresh kubeadm cluster: REST, `audit --cluster` and `audit --manifests` say what an expert says of sections 3 and 5. */

interface Row {
  readonly number: string;
  readonly control: string;
  readonly subject: string;
  readonly status: string;
  readonly reason: string;
  readonly node?: string | null;
}

interface Report {
  readonly findings: readonly Row[];
}

const folder = mkdtempSync(join(tmpdir(), 'plumbline-dump-'));
let served: Served;
let expected: readonly string[];

beforeAll(async () => {
  await settledCluster();
  expected = freshCluster.trim().replaceAll('NODE', nodeName()).split('\n');
  served = await startServed(18_091);
  let before = '';
  await until(60, 'this node reports and nothing changes any more', async () => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { nodes } = await served.get<{ nodes: { presence: string }[] }>('/api/v1/nodes');
    const now = lines(await allRows()).join();
    const same = now === before;
    before = now;
    return same && nodes.every(({ presence }) => presence === 'reporting') ? true : undefined;
  });
}, 400_000);

afterAll(() => {
  served.stop();
  rmSync(folder, { recursive: true });
});

test('every finding of sections 3 and 5 is what an expert says', async () => {
  const rows = (await Promise.all([rest('3'), rest('5')])).flat();
  expect(lines(rows)).toEqual(expected.toSorted());
});

test('audit --cluster says the same as REST, of the node and of the cluster', { timeout: 60_000 }, async () => {
  expect(lines(audited('--cluster'))).toEqual(lines(await allRows()));
});

test('audit --cluster with the metadata of secrets knows how old tokens are', { timeout: 60_000 }, () => {
  const without = lines(audited('--cluster'));
  const found = lines(audited('--cluster', '--watch-secrets'));
  expect(found.filter((line) => !without.includes(line))).toEqual([
    '3.1.2 users-service-account-token-auth cluster pass as-expected',
    '3.1.3 users-bootstrap-token-auth cluster pass as-expected',
  ]);
});

test('audit --manifests over a dump says the same of section 5, but where nodes decide', { timeout: 60_000 }, () => {
  const asked = resources.filter(({ presence }) => presence === 'always' || presence === 'where-served');
  const names = asked.map(({ plural, group }) => (group === '' ? plural : `${plural}.${group}`));
  writeFileSync(join(folder, 'dump.yaml'), kubectl('get', names.join(','), '--all-namespaces', '-o', 'yaml'));
  const found = lines(audited('--manifests', folder, '--kubernetes-version', '1.34'));
  const live = expected.filter((line) => line.startsWith('5.'));
  expect(found.filter((line) => !live.includes(line))).toEqual(byNodes.trim().split('\n'));
  const subjects = (all: readonly string[]) => new Set(all.map((line) => line.split(' ').slice(0, 3).join(' ')));
  const missing = [...subjects(live)].filter((subject) => !subjects(found).has(subject));
  expect(missing).toEqual([`5.1.7 rbac-system-masters node/${nodeName()}`]);
});

/** The defaults of admission are flags of the API server; the plugins of the network and the systems of nodes are theirs. */
const byNodes = `
5.1.7 rbac-system-masters nodes warn no-nodes
5.2.1 policy-control-mechanism namespace/default warn cluster-default-not-seen
5.2.10 psa-windows-host-process namespace/default warn cluster-default-not-seen
5.2.10 psa-windows-host-process namespace/kube-node-lease pass system-namespace
5.2.10 psa-windows-host-process namespace/kube-public pass system-namespace
5.2.10 psa-windows-host-process namespace/kube-system pass system-namespace
5.2.11 psa-host-path namespace/default warn cluster-default-not-seen
5.2.12 psa-host-ports namespace/default warn cluster-default-not-seen
5.2.2 psa-privileged-containers namespace/default warn cluster-default-not-seen
5.2.3 psa-host-pid namespace/default warn cluster-default-not-seen
5.2.4 psa-host-ipc namespace/default warn cluster-default-not-seen
5.2.5 psa-host-network namespace/default warn cluster-default-not-seen
5.2.6 psa-privilege-escalation namespace/default warn cluster-default-not-seen
5.2.7 psa-root-containers namespace/default warn cluster-default-not-seen
5.2.8 psa-net-raw namespace/default warn cluster-default-not-seen
5.2.9 psa-capabilities-assigned namespace/default warn cluster-default-not-seen
5.3.1 cni-networkpolicy-support cluster error no-nodes
5.5.1 image-provenance cluster error no-control-plane-seen
5.6.2 pod-seccomp-profile namespace/default warn cluster-default-not-seen
`;

async function allRows(): Promise<readonly Row[]> {
  return (await Promise.all(['1', '2', '3', '4', '5'].map(rest))).flat();
}

async function rest(section: string): Promise<readonly Row[]> {
  return (await served.get<Report>(`/api/v1/findings?section=${section}&limit=500`)).findings;
}

function audited(...words: readonly string[]): readonly Row[] {
  const output = cluster('in', process.execPath, 'cli/src/main.ts', 'audit', ...words, '--format', 'json');
  return (JSON.parse(output) as Report).findings;
}

function lines(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => [row.number, row.control, row.subject, row.status, row.reason].join(' ')).sort();
}
