import {
  type ClusterObject,
  type Finding,
  groupPods,
  type Json,
  type JsonObject,
  judgeCluster,
  projectObject,
  projectTemplate,
  resources,
  staticView,
  type Workload,
} from '@plumbline/core';
import { describe, expect, it } from 'vitest';
import { shippedPack } from '../pack.ts';
import { type Manifest, readManifests } from './manifests.ts';

const surveys = ['pod-policy', 'policy-mechanism'];
const manifests = readManifests();
const alone = judged(manifests);
const held = judged([...manifests, ...readManifests('hold-agents')]);

/** What deploy/README.md says of our own namespaces: the agents need a path of the host and uid 0, and nothing else. */
describe('our own namespaces by our own rules', () => {
  it('hold the aggregator to everything', () => {
    expect(verdicts(alone, 'plumbline').filter(([, verdict]) => verdict !== 'pass')).toEqual([]);
  });

  it('hold the agents to everything but a path of the host and uid 0, with the component hold-agents', () => {
    expect(verdicts(held, 'plumbline-agents')).toEqual([
      ['pod-seccomp-profile', 'pass'],
      ['policy-control-mechanism', 'warn partly-restricted'],
      ['psa-capabilities-assigned', 'pass'],
      ['psa-host-ipc', 'pass'],
      ['psa-host-network', 'pass'],
      ['psa-host-path', 'fail violating-pods'],
      ['psa-host-pid', 'pass'],
      ['psa-host-ports', 'pass'],
      ['psa-net-raw', 'pass'],
      ['psa-privilege-escalation', 'pass'],
      ['psa-privileged-containers', 'pass'],
      ['psa-root-containers', 'fail violating-pods'],
      ['psa-unmasked-proc-mount', 'pass'],
      ['psa-windows-host-process', 'pass'],
    ]);
  });

  it('let more in without it, but nothing of ours that breaks a rule', () => {
    const broken = verdicts(alone, 'plumbline-agents').filter(([, verdict]) => verdict !== 'fail admission-open');
    expect(broken).toEqual([
      ['psa-host-path', 'fail violating-pods'],
      ['psa-root-containers', 'fail violating-pods'],
    ]);
  });
});

function verdicts(findings: readonly Finding[], namespace: string): readonly (readonly [string, string])[] {
  return findings
    .filter(({ subject }) => subject === `namespace/${namespace}`)
    .map(({ control, status, reason }) => [control, status === 'pass' ? status : `${status} ${reason}`] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function judged(given: readonly Manifest[]): readonly Finding[] {
  const raw = given.map(({ object }) => object as Json as JsonObject);
  const objects = Map.groupBy(raw.flatMap(projected), ([resource]) => resource);
  const workloads: readonly Workload[] = [...groupPods([]), ...raw.flatMap((one) => projectTemplate(one) ?? [])];
  const pack = shippedPack();
  const document = pack.benchmarks.find(({ benchmark }) => benchmark === 'cis/kubernetes-2.1');
  if (!document) throw new Error('the newest document is shipped');
  const findings = judgeCluster({
    pack,
    choice: { document, match: 'requested' },
    view: staticView({
      objects: new Map([...objects].map(([name, list]) => [name, list.map(([, one]) => one)])),
      workloads,
      states: new Map(),
      nodes: [],
    }),
    version: 'v1.34.4',
    now: '2026-01-01T00:00:00.000Z',
  });
  return findings.filter(({ control }) => surveys.includes(pack.controls.get(control)?.check?.survey ?? ''));
}

function projected(object: JsonObject): readonly (readonly [string, ClusterObject])[] {
  const group = String(object['apiVersion']).split('/').slice(0, -1).join('/');
  const resource = resources.find((one) => one.group === group && one.kind === object['kind']);
  const one = resource && resource.name !== 'pods' ? projectObject(resource, object) : undefined;
  return resource && one ? [[resource.name, one]] : [];
}
