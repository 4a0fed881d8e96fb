import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence, Finding } from '@plumbline/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl, nodeName, settledCluster, until } from './lib/cluster.ts';
import { deploy, rest, restAll, undeploy } from './lib/deployed.ts';

/** Both images in the real cluster: the DaemonSet's agent and the aggregator say what `plumbline audit` says. */

const root = join(import.meta.dirname, '..', '..');
let node: string;

beforeAll(async () => {
  await settledCluster();
  deploy();
  node = nodeName();
  await until(90, 'the node reports', () => {
    const { nodes } = rest<{ nodes: { name: string; presence: string }[] }>('/api/v1/nodes');
    return nodes.some((one) => one.name === node && one.presence === 'reporting') || undefined;
  });
}, 1_500_000);

afterAll(undeploy, 120_000);

interface Row {
  readonly id: string;
  readonly number: string;
  readonly control: string;
  readonly subject: string;
  readonly status: string;
}

test('its findings equal those of plumbline audit with the same privileges', { timeout: 300_000 }, async () => {
  await until(60, 'the node is judged', () =>
    restAll<Row>(`/api/v1/findings?node=${node}`, 'findings').length > 90 ? true : undefined,
  );
  const own = auditWithoutPrivileges();
  const rows = restAll<Row>(`/api/v1/findings?node=${node}`, 'findings');
  const served = rows.map((row) =>
    brief(rest<{ finding: Finding }>(`/api/v1/findings/${encodeURIComponent(row.id)}`).finding),
  );
  expect(served.sort(order)).toEqual(own.map(brief).sort(order));
});

test('no control of sections 1, 2 and 4 is an error', () => {
  const errors = restAll<Row & { reason: string; message: string }>(
    `/api/v1/findings?node=${node}&status=error`,
    'findings',
  ).filter((row) => /^[124]\./.test(row.number));
  expect(errors.map((row) => `${row.number} ${row.reason} ${row.message}`)).toEqual([]);
});

test('the role of the aggregator opens every resource that controls read', () => {
  const { resources } = rest<{ resources: { name: string; state: string; detail: string | null }[] }>(
    '/api/v1/summary',
  );
  expect(resources.length).toBeGreaterThan(30);
  // Without the component watch-secrets nobody asks for secrets; what the cluster does not serve is absent.
  const others = resources.filter(({ state }) => state !== 'synced' && state !== 'absent');
  expect(others.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'secrets/service-account-tokens unasked',
    'secrets/bootstrap-tokens unasked',
  ]);
});

test('every node of the cluster is listed, with the version of its kubelet', () => {
  const { nodes } = rest<{ nodes: { name: string; kubeletVersion: string }[] }>('/api/v1/nodes');
  expect(nodes.map((one) => one.name).sort()).toEqual(
    kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}').split(' ').sort(),
  );
  expect(nodes.every((one) => one.kubeletVersion.startsWith('v1.34.'))).toBe(true);
});

test('the agent stays small and asks the API server for nothing', () => {
  const status = readFileSync(`/proc/${agentPid()}/status`, 'utf8');
  const kib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  expect(kib('VmRSS') / 1024).toBeLessThan(96);
  expect(kib('RssAnon') / 1024).toBeLessThan(36);
  expect(status).toMatch(/^CapEff:\s+0+$/m);
  console.log(
    `agent: ${(kib('VmRSS') / 1024).toFixed(1)} MiB RSS, ${(kib('RssAnon') / 1024).toFixed(1)} MiB anonymous`,
  );
  const account = 'system:serviceaccount:plumbline-agents:plumbline-agent';
  expect(() => kubectl('auth', 'can-i', 'get', 'nodes', '--as', account)).toThrow();
});

/** The audit of this machine as uid 0 without a capability, as the DaemonSet runs. */
function auditWithoutPrivileges(): readonly Finding[] {
  const words = [
    '--bounding-set=-all',
    '--inh-caps=-all',
    process.execPath,
    join(root, 'cli/src/main.ts'),
    'audit',
    '--format',
    'json',
    '--kubernetes-version',
    '1.34',
  ];
  const output = execFileSync('setpriv', words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return (JSON.parse(output) as { findings: Finding[] }).findings;
}

/** What must be equal: status, and actual and origin of every evidence line. */
function brief(
  finding: Pick<Finding, 'number' | 'control' | 'subject' | 'status' | 'reason'> & {
    readonly evidence: readonly Evidence[];
  },
) {
  const evidence = finding.evidence.map(({ fact, subject, actual, origin: { kind, path, key, pid } }) =>
    JSON.stringify({ fact, subject, actual, kind, path, key, pid }),
  );
  return {
    number: finding.number,
    control: finding.control,
    subject: finding.subject,
    status: finding.status,
    reason: finding.reason,
    evidence: evidence.sort(),
  };
}

function order(
  a: { readonly number: string; readonly subject: string },
  b: { readonly number: string; readonly subject: string },
): number {
  return `${a.number} ${a.subject}` < `${b.number} ${b.subject}` ? -1 : 1;
}

/** The process of the agent's container on this machine. */
function agentPid(): number {
  const uid = kubectl(
    '-n',
    'plumbline-agents',
    'get',
    'pods',
    '--field-selector',
    `spec.nodeName=${node}`,
    '-o',
    'jsonpath={.items[0].metadata.uid}',
  );
  const pid = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return (
        readFileSync(`/proc/${name}/cgroup`, 'utf8').includes(uid) &&
        readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('agent')
      );
    } catch {
      return false;
    }
  });
  if (pid === undefined) throw new Error('the agent runs in no process of this machine');
  return Number(pid);
}
