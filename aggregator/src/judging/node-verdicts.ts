import {
  type BenchmarkMatch,
  chooseDocuments,
  type Documents,
  entriesOf,
  type Finding,
  judgeNode,
  manifestVersion,
  nodeView,
  type Observation,
  observedValue,
  type Pack,
  type PlatformValue,
  type RanWith,
  rolesOf,
  type Silence,
  sectionOf,
  silentNode,
  type Versions,
  versionsFrom,
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
  readonly node: Pick<NodeRecord, 'name' | 'labels' | 'roles' | 'platform' | 'documents'>;
  readonly versions: Versions;
  readonly requested: string | undefined;
  readonly silence: Silence | undefined;
  /** The list of nodes is known and another node shows a control plane: then labels say what a silent node is not. */
  readonly labelsTell?: boolean;
  readonly observations: () => readonly Observation[];
  /** What its processes read when they started; absent where history is not known. */
  readonly ran?: RanWith;
  readonly now: string;
}

const controlPlaneLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** The verdicts of one node. Pure but for `observations`, which is asked only when somebody reports. */
export function nodeVerdicts(input: NodeToJudge): NodeVerdicts {
  const { pack, node } = input;
  if (input.silence) {
    const documents = chooseDocuments(pack, input.versions, input.requested);
    const about = { documents: { ...namesOf(documents), manifestVersion: node.documents?.manifestVersion ?? null } };
    const roles = node.roles.length > 0 ? node.roles : rolesByLabel(node.labels);
    const silent = silentNode(pack, documents, input.silence);
    const findings = input.labelsTell && isWorker(roles, node.labels) ? silent.map(excuse(documents)) : silent;
    return { ...about, findings: matched(findings, documents), roles, platform: node.platform };
  }
  const view = nodeView(node.name, input.observations());
  const versions = versionsFrom(view, input.versions);
  const documents = chooseDocuments(pack, versions, input.requested);
  const about = { documents: { ...namesOf(documents), manifestVersion: manifestVersion(view) ?? null } };
  const findings = judgeNode({
    ...{ pack, view, versions, documents, labels: node.labels, now: input.now },
    ...(input.ran ? { ran: input.ran } : {}),
  });
  const platform = observedValue<PlatformValue>(view.get('node.platform', 'node'))?.platform ?? null;
  return { ...about, findings: matched(findings, documents), roles: rolesOf(view, node.labels).roles, platform };
}

/** The verdicts of a node whose observations cannot be judged: an error for every control, so that no old pass stays. */
export function unjudgeable(input: Omit<NodeToJudge, 'silence' | 'labelsTell'>): NodeVerdicts {
  const verdicts = nodeVerdicts({ ...input, silence: 'stale' });
  const why = {
    reason: 'judging-failed',
    message: 'What the agent of this node says could not be judged; the log of the aggregator says why.',
  };
  const findings = verdicts.findings.map(({ finding, match }) => ({ finding: { ...finding, ...why }, match }));
  return { ...verdicts, findings };
}

function rolesByLabel(labels: readonly string[]): readonly string[] {
  return isLabelled(labels) ? ['control-plane', 'node'] : ['node'];
}

function isLabelled(labels: readonly string[]): boolean {
  return controlPlaneLabels.some((label) => labels.includes(label));
}

function isWorker(roles: readonly string[], labels: readonly string[]): boolean {
  return !isLabelled(labels) && !roles.includes('control-plane') && !roles.includes('etcd');
}

/** Controls of roles that a silent worker does not have do not apply to it; those of nodes stay as they are. */
function excuse(documents: Documents): (finding: Finding) => Finding {
  const others = entriesOf(documents).filter(({ entry }) => entry.role === 'control-plane' || entry.role === 'etcd');
  const numbers = new Set(others.map(({ entry }) => entry.number));
  const message =
    'The labels of this Node name no control plane and another node shows one. No agent looked at this node.';
  return (finding) =>
    numbers.has(finding.number) ? { ...finding, status: 'not-applicable', reason: 'role', message } : finding;
}

function matched(findings: readonly Finding[], documents: Documents): readonly MatchedFinding[] {
  return findings.map((finding) => ({ finding, match: matchOf(finding, documents) }));
}

function matchOf(finding: Finding, documents: Documents): BenchmarkMatch {
  return sectionOf(finding.number) === '4' ? documents.node.match : documents.controlPlane.match;
}

function namesOf({ controlPlane, node }: Documents): Omit<NodeDocuments, 'manifestVersion'> {
  return {
    controlPlane: { benchmark: controlPlane.document.benchmark, match: controlPlane.match },
    node: { benchmark: node.document.benchmark, match: node.match },
  };
}
