import { clusterJudge, groupPods, projectObject, projectPod, resourceOf, staticView } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { shippedPack } from '../../pack.ts';

const pack = shippedPack();
const namespaces = resourceOf('namespaces');

/** Findings on privileged containers in a namespace with these pods. */
function judged(specs: readonly { readonly name: string; readonly containers: number }[]) {
  const pods = specs.flatMap(({ name, containers }) => {
    const all = [...Array(containers).keys()].map((one) => ({
      name: `c${one}`,
      securityContext: { privileged: true, capabilities: { add: Array(30).fill('SYS_ADMIN') as string[] } },
    }));
    return projectPod({ metadata: { name, namespace: 'app' }, spec: { containers: all } }) ?? [];
  });
  const namespace = namespaces && projectObject(namespaces, { metadata: { name: 'app' } });
  const document = pack.benchmarks.find(({ benchmark }) => benchmark === 'cis/kubernetes-1.8');
  if (!namespace || !document) throw new Error('the world of the test is whole');
  const choice = { document, match: 'requested' } as const;
  const view = staticView({
    objects: new Map([['namespaces', [namespace]]]),
    workloads: groupPods(pods),
    states: new Map(),
    nodes: [],
  });
  const now = '2026-01-01T00:00:00.000Z';
  const judge = clusterJudge(() => ({ pack, choice, view, version: 'v1.34.4', now }));
  const meant = ['psa-privileged-containers', 'psa-added-capabilities'];
  return judge.entries.filter(({ control }) => meant.includes(control.slug)).flatMap((line) => judge.judge(line));
}

describe('hostile pods', () => {
  test('as many containers as an object can hold stay a page', () => {
    for (const finding of judged([{ name: 'huge', containers: 1500 }])) {
      expect(finding.status).toBe('fail');
      expect(finding.evidence.length).toBeLessThanOrEqual(51);
      expect(JSON.stringify(finding).length).toBeLessThan(60_000);
    }
  });

  test('a hundred workloads are counted, and a few of them named', () => {
    const [finding] = judged([...Array(100).keys()].map((one) => ({ name: `pod-${one}`, containers: 1 })));
    expect(finding?.message).toContain('Pod pod-0, Pod pod-1, Pod pod-10 and 97 more');
    expect(finding?.evidence.map(({ actual }) => actual)).toContain('60 more workloads');
  });
});
