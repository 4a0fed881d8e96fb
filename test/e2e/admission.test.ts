import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  brokenBy,
  checkNames,
  checksOf,
  isJsonObject,
  type Json,
  type JsonObject,
  namesIn,
  parseMinor,
  policyMinor,
  projectPod,
} from '@plumbline/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { celRule } from '../../core/src/cluster/admission/probe/cel-rule.ts';
import { goodProbe, probesOf } from '../../core/src/cluster/admission/probe/probes.ts';
import { kubectl, settledCluster, until } from './lib/cluster.ts';
import { dryRun } from './lib/dry-run.ts';

/** Pods that break one check each are put before the real API server, and before what is said here about it: both say the same. */

const pods = [
  ...new Map(checkNames.flatMap(probesOf).map(({ pod }) => [JSON.stringify(pod), pod])).values(),
  goodProbe,
];
const policyFile = join(import.meta.dirname, '..', '..', 'deploy', 'manifests', 'hold-agents', 'policy.yaml');
const namespace = 'plumbline-admission';
let minor = 0;

beforeAll(async () => {
  await settledCluster();
  const version = JSON.parse(kubectl('get', '--raw', '/version')) as { gitVersion: string };
  minor = policyMinor(parseMinor(version.gitVersion));
  kubectl('create', 'namespace', namespace);
  await until(30, 'the namespace has an account', () => kubectl('-n', namespace, 'get', 'serviceaccount', 'default'));
}, 300_000);

afterAll(() => {
  kubectl(
    'delete',
    '--ignore-not-found',
    `validatingadmissionpolicybinding/${namespace}`,
    `validatingadmissionpolicy/${namespace}`,
    `validatingadmissionpolicybinding/${namespace}-host-paths`,
    `validatingadmissionpolicy/${namespace}-host-paths`,
  );
  kubectl('delete', '--ignore-not-found', `namespace/${namespace}`);
}, 120_000);

describe('Pod Security Admission', () => {
  test.each([
    ['privileged', 'latest'],
    ['baseline', 'latest'],
    ['restricted', 'latest'],
    ['restricted', 'v1.24'],
    ['restricted', 'v1.20'],
    ['nonsense', 'latest'],
  ])('%s as of %s', { timeout: 240_000 }, (level, version) => {
    const prefix = 'pod-security.kubernetes.io';
    // The API server refuses a label that is no level; one that stands there already is read as restricted.
    if (level === 'nonsense') return expect(() => label(`${prefix}/enforce=nonsense`)).toThrow('Invalid');
    label(`${prefix}/enforce=${level}`, `${prefix}/enforce-version=${version}`);
    const by = version === 'latest' ? minor : Number(version.replace('v1.', ''));
    const asked = checksOf(level, by);
    compare((pod) => ((broken(pod, by) & asked) === 0 ? 'admitted' : 'refused'));
    label(`${prefix}/enforce-`, `${prefix}/enforce-version-`);
  });
});

describe('ValidatingAdmissionPolicy', () => {
  test('the policy that holds the agents', { timeout: 240_000 }, async () => {
    const text = readFileSync(policyFile, 'utf8').replaceAll('plumbline-agents', namespace);
    const file = join(tmpdir(), `${namespace}-${process.pid}.yaml`);
    writeFileSync(file, text);
    kubectl('apply', '-f', file);
    const hostPID = pods.filter((pod) => isJsonObject(pod['spec']) && pod['spec']['hostPID'] === true);
    await until(
      60,
      'the policy is in force',
      () => dryRun(namespace, hostPID.slice(0, 1))[0] === 'refused' || undefined,
    );
    const status = (field: string) =>
      kubectl('get', 'validatingadmissionpolicy', namespace, '-o', `jsonpath={.status.${field}}`);
    await until(60, 'the types of the policy are checked', () => status('observedGeneration') || undefined);
    expect(status('typeChecking')).not.toContain('expressionWarnings');
    const rule = ruleIn(text);
    compare((pod) => rule(pod) ?? 'unclear');
  });
});

describe('ValidatingAdmissionPolicy on paths of the host', () => {
  const pod = (mount: JsonObject, volume: JsonObject = { hostPath: { path: '/' } }): JsonObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {},
    spec: {
      containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }], ...closed }],
      volumes: [{ name: 'v', ...volume }],
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    },
  });
  const closed = { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } };
  const asked = [
    pod({}),
    pod({ readOnly: false }),
    pod({ readOnly: true }),
    pod({ readOnly: true, mountPropagation: 'HostToContainer' }),
    pod({}, { emptyDir: {} }),
  ];

  test('lets them be read and not written', { timeout: 240_000 }, async () => {
    const file = join(tmpdir(), `${namespace}-host-paths-${process.pid}.yaml`);
    const text = readFileSync(policyFile.replace('policy.yaml', 'host-paths.yaml'), 'utf8');
    writeFileSync(file, text.replaceAll('plumbline-agents', namespace));
    kubectl('apply', '-f', file);
    await until(60, 'the policy is in force', () => dryRun(namespace, asked)[0] === 'refused' || undefined);
    expect(dryRun(namespace, asked)).toEqual(['refused', 'refused', 'admitted', 'admitted', 'admitted']);
    const typeChecking = kubectl(
      'get',
      'validatingadmissionpolicy',
      `${namespace}-host-paths`,
      '-o',
      'jsonpath={.status}',
    );
    expect(typeChecking).not.toContain('expressionWarnings');
  });
});

function label(...labels: readonly string[]): void {
  kubectl('label', '--overwrite', 'namespace', namespace, ...labels);
}

/** Pods that the API server takes for none are left out; enough must remain for the comparison to say something. */
function compare(ours: (pod: JsonObject) => string): void {
  const answers = dryRun(namespace, pods);
  const asked = pods.map((pod, index) => ({ pod, real: answers[index] })).filter(({ real }) => real !== 'invalid');
  expect(asked.length).toBeGreaterThan(100);
  const different = asked.filter(({ pod, real }) => ours(pod) !== real);
  expect(
    different.map(({ pod, real }) => `${real}: ${namesIn(broken(pod, minor)).join()} ${JSON.stringify(pod['spec'])}`),
  ).toEqual([]);
}

function broken(pod: JsonObject, by: number): number {
  const projected = projectPod(pod);
  return projected ? brokenBy(projected.workload, by).set : -1;
}

function ruleIn(text: string): NonNullable<ReturnType<typeof celRule>> {
  const [policy] = parseAllDocuments(text).map((one) => one.toJS() as { spec: Record<string, readonly JsonObject[]> });
  const texts = (list: readonly JsonObject[] = []) => list.map((one) => String(one['expression']));
  const variables = (policy?.spec['variables'] ?? []).map((one: { readonly [key: string]: Json }) => ({
    name: String(one['name']),
    expression: String(one['expression']),
  }));
  const rule = celRule({ validations: texts(policy?.spec['validations']), conditions: [], variables });
  if (!rule) throw new Error('the policy is understood');
  return rule;
}
