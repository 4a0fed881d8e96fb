import { type Choice, type ClusterJudge, type Finding, findingOf, type Pack, type Sight, worst } from '@plumbline/core';
import type { NodeRecord } from '../store/node-table.ts';
import type { MatchedFinding } from '../store/verdict-table.ts';

/** What of the control plane some node shows. A provider that runs it counts as seen: its nodes say `managed`. */
export function sightOf(pack: Pack, nodes: readonly NodeRecord[]): Sight {
  const managed = (node: NodeRecord, what: readonly string[]) =>
    pack.platforms.some((one) => one.platform === node.platform && what.some((part) => one.managed?.includes(part)));
  // A node without agent carries its own errors for etcd, so etcd is not missed a second time.
  const hidden = (node: NodeRecord) => node.lastReceived === null && node.roles.includes('control-plane');
  return {
    controlPlane: nodes.some(
      (node) => node.roles.includes('control-plane') || managed(node, ['control-plane', 'kube-apiserver']),
    ),
    etcd: nodes.some((node) => node.roles.includes('etcd') || managed(node, ['etcd']) || hidden(node)),
  };
}

type Line = ClusterJudge['entries'][number];

/** Findings with the match of their document, one a subject: of several the worst counts. */
export function matched(findings: readonly Finding[], { match }: Choice): readonly MatchedFinding[] {
  const bySubject = new Map<string, Finding>();
  for (const one of findings) {
    const before = bySubject.get(one.subject);
    if (!before || worst([before.status, one.status]) !== before.status) bySubject.set(one.subject, one);
  }
  return [...bySubject.values()].map((finding) => ({ finding, match }));
}

/** The finding that stands where judging itself broke, so that no old pass stays. */
export function broken(pack: Pack, choice: Choice, { entry, control }: Line, subject: string): Finding {
  return findingOf(pack, choice, entry, control, subject, {
    status: 'error',
    reason: 'judging-failed',
    message: 'This could not be judged; the log of the aggregator says why.',
    evidence: [],
  });
}
