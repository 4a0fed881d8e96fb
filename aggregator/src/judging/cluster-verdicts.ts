import {
  blindView,
  chooseDocuments,
  judgeCluster,
  type Pack,
  type Sight,
  unseen,
  type Versions,
} from '@plumbline/core';
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

/** Findings that belong to no node: controls of the cluster, and what no node runs. */
export function clusterVerdicts(
  pack: Pack,
  versions: Versions,
  requested: string | undefined,
  nodes: readonly NodeRecord[],
  now: string,
): readonly MatchedFinding[] {
  const { controlPlane } = chooseDocuments(pack, versions, requested);
  const input = { pack, choice: controlPlane, view: blindView(), version: versions.controlPlane, now };
  const findings = [...judgeCluster(input), ...unseen(pack, controlPlane, sightOf(pack, nodes))];
  return findings.map((finding) => ({ finding, match: controlPlane.match }));
}
