import {
  type BenchmarkMatch,
  chooseDocuments,
  type Documents,
  type Finding,
  judgeNode,
  nodeView,
  type Observation,
  observedValue,
  type Pack,
  type PlatformValue,
  rolesOf,
  type Silence,
  sectionOf,
  silentNode,
  type Versions,
} from '@plumbline/core';
import type { NodeDocuments, NodeRecord } from '../store/node-table.ts';
import type { MatchedFinding } from '../store/verdict-table.ts';

/** What judging a node brings: its findings, and what is learnt of the node by the way. */
export interface NodeVerdicts {
  readonly findings: readonly MatchedFinding[];
  readonly roles: readonly string[];
  readonly platform: string | null;
  readonly documents: NodeDocuments;
}

/** One node to judge. `silence` is set when nobody reports from it; `now` is an ISO time. */
export interface NodeToJudge {
  readonly pack: Pack;
  readonly node: Pick<NodeRecord, 'name' | 'labels' | 'roles' | 'platform'>;
  readonly versions: Versions;
  readonly requested: string | undefined;
  readonly silence: Silence | undefined;
  readonly observations: () => readonly Observation[];
  readonly now: string;
}

const controlPlaneLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** The verdicts of one node. Pure but for `observations`, which is asked only when somebody reports. */
export function nodeVerdicts(input: NodeToJudge): NodeVerdicts {
  const { pack, node, versions } = input;
  const documents = chooseDocuments(pack, versions, input.requested);
  const about = { documents: namesOf(documents) };
  if (input.silence) {
    const roles = node.roles.length > 0 ? node.roles : rolesByLabel(node.labels);
    const findings = matched(silentNode(pack, documents, input.silence), documents);
    return { ...about, findings, roles, platform: node.platform };
  }
  const view = nodeView(node.name, input.observations());
  const findings = judgeNode({ pack, view, versions, documents, labels: node.labels, now: input.now });
  const platform = observedValue<PlatformValue>(view.get('node.platform', 'node'))?.platform ?? null;
  return { ...about, findings: matched(findings, documents), roles: rolesOf(view, node.labels).roles, platform };
}

function rolesByLabel(labels: readonly string[]): readonly string[] {
  return controlPlaneLabels.some((label) => labels.includes(label)) ? ['control-plane', 'node'] : ['node'];
}

function matched(findings: readonly Finding[], documents: Documents): readonly MatchedFinding[] {
  return findings.map((finding) => ({ finding, match: matchOf(finding, documents) }));
}

function matchOf(finding: Finding, documents: Documents): BenchmarkMatch {
  return sectionOf(finding.number) === '4' ? documents.node.match : documents.controlPlane.match;
}

function namesOf({ controlPlane, node }: Documents): NodeDocuments {
  return {
    controlPlane: { benchmark: controlPlane.document.benchmark, match: controlPlane.match },
    node: { benchmark: node.document.benchmark, match: node.match },
  };
}
