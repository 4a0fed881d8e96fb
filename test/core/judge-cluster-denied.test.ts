import {
  type ClusterObject,
  chooseDocument,
  clusterEntries,
  constraints,
  judgeCluster,
  type ResourceState,
  resources,
  staticView,
} from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { shippedPack } from '../pack.ts';

const pack = shippedPack();
const names = [...resources.map((one) => one.name), constraints];

/** The cluster with one namespace, in which one resource is in another state than the rest. */
function judged(resource: string, state: ResourceState) {
  const app: ClusterObject = {
    name: 'app',
    namespace: '',
    uid: '',
    labels: {},
    annotations: {},
    created: '',
    kind: 'Namespace',
    fields: {},
  };
  const states = new Map<string, ResourceState>(names.map((name) => [name, { state: 'synced' }]));
  states.set(resource, state);
  const view = staticView({ objects: new Map([['namespaces', [app]]]), workloads: [], states, nodes: [] });
  const choice = chooseDocument(pack, { major: 1, minor: 36 });
  const findings = judgeCluster({ pack, choice, view, version: 'v1.36.0', now: '2026-01-01T00:00:00Z' });
  return { findings, entries: clusterEntries(pack, choice) };
}

describe('a resource that is not known makes errors of exactly the controls that need it', () => {
  test.each(
    names.flatMap((name) => [
      [name, 'denied', 'rbac-denied'] as const,
      [name, 'stale', 'stale-watch'] as const,
      [name, 'unsynced', 'not-observed'] as const,
    ]),
  )('%s %s', (resource, state, reason) => {
    const { findings, entries } = judged(resource, { state, detail: 'as the test says' });
    const wanted = entries.filter((line) => line.needs.includes(resource)).map((line) => line.entry.number);
    const found = findings.filter((one) => one.reason === reason && one.message.startsWith(`${resource}: `));
    expect(found.map((one) => one.number)).toEqual(wanted);
    expect(wanted).not.toEqual([]);
    expect(found.every((one) => one.status === 'error' && one.subject === 'cluster')).toBe(true);
    const others = findings.filter((one) => !wanted.includes(one.number));
    expect(others.filter((one) => one.reason === reason && one.message.includes('as the test says'))).toEqual([]);
  });
});
