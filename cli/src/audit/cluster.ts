import type { Glimpse } from '@plumbline/aggregator';
import {
  chooseDocuments,
  compareNumbers,
  type Finding,
  judgeCluster,
  judgeNode,
  type NodeView,
  observedValue,
  type Pack,
  type PlatformValue,
  type Reading,
  rolesOf,
  type Versions,
} from '@plumbline/core';
import type { Audit } from './judge.ts';
import { reportOf } from './report.ts';

/** A cluster to judge, with the node that was looked at, if any. `now` is an ISO time. */
export interface ClusterToJudge {
  readonly pack: Pack;
  readonly cluster: Glimpse;
  /** One node of this cluster as it was seen. */
  readonly seen: NodeView | undefined;
  readonly kubeletVersion: string | undefined;
  readonly benchmark?: string;
  readonly reading: Reading;
  readonly exclude: readonly string[];
  readonly system: readonly string[];
  readonly now: string;
}

/** All sections in one report: 3 and 5 from the API, 1, 2 and 4 from the node that was looked at. */
export function judgeWholeCluster(input: ClusterToJudge): Audit {
  const { pack, cluster, seen, now, exclude, system } = input;
  const node = cluster.nodes.find((one) => one.name === seen?.node);
  const kubelet = node?.kubeletVersion ?? input.kubeletVersion ?? cluster.nodes[0]?.kubeletVersion ?? undefined;
  const versions: Versions = {
    controlPlane: cluster.version,
    ...(kubelet === undefined ? {} : { kubelet }),
    source: 'cluster',
  };
  const documents = chooseDocuments(pack, versions, input.benchmark);
  const labels = node?.labels ?? [];
  const ofNode = seen ? judgeNode({ pack, view: seen, versions, documents, labels, reading: input.reading, now }) : [];
  const choice = documents.controlPlane;
  const ofCluster = judgeCluster({ pack, choice, view: cluster.view, version: cluster.version, now, system, exclude });
  const findings = [...ofNode, ...ofCluster].sort((a, b) => compareNumbers(a.number, b.number));
  const report = reportOf({
    scope: 'cluster',
    cluster: cluster.name ?? undefined,
    node: seen?.node ?? cluster.name ?? cluster.server,
    roles: seen ? rolesOf(seen, labels).roles : [],
    platform: platformOf(seen),
    versions,
    documents,
    reading: input.reading,
    exclusions: exclude,
    system,
    notes: notesOf(cluster, seen),
    findings,
    clusterControls: slugsOf(ofCluster),
  });
  return { findings, report };
}

function platformOf(seen: NodeView | undefined): string {
  return observedValue<PlatformValue>(seen?.get('node.platform', 'node'))?.platform ?? 'unknown';
}

function slugsOf(findings: readonly Finding[]): ReadonlySet<string> {
  return new Set(findings.map((one) => one.control));
}

const shown = 5;

function notesOf({ nodes, notice, name, server }: Glimpse, seen: NodeView | undefined): readonly string[] {
  const notes = [`Cluster ${name ?? server}, ${nodes.length} node${nodes.length === 1 ? '' : 's'}, looked at once.`];
  const others = nodes.map((one) => one.name).filter((one) => one !== seen?.node);
  if (others.length > 0) {
    const more = others.length > shown ? ` and ${others.length - shown} more` : '';
    const list = others.slice(0, shown).join(', ');
    notes.push(`Not looked at, so that their sections 1, 2 and 4 are not in this report: ${list}${more}.`);
  }
  if (notice !== null) notes.push(`Not known, so that controls which read it are errors: ${notice}.`);
  return notes;
}
