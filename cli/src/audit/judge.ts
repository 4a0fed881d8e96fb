import {
  chooseDocuments,
  type HostValue,
  judgeNode,
  type NodeView,
  nodeView,
  type Observation,
  type Overlaid,
  observedValue,
  type Pack,
  type PlatformValue,
  PlumblineError,
  parseMinor,
  type Reading,
  rolesOf,
  type Versions,
  versionsFrom,
} from '@plumbline/core';
import { type AuditReport, reportOf } from './report.ts';

/** One node to judge. `nodeName` wins over the host name that was observed; `now` is an ISO time. */
export interface ToJudge {
  readonly pack: Pack;
  readonly observations: readonly Observation[];
  /** As they were given; what the node's manifests say completes them. */
  readonly versions: Versions;
  /** Id of the document that the user asked for. */
  readonly benchmark?: string;
  readonly reading: Reading;
  readonly now: string;
  readonly nodeName?: string;
}

/** The findings as core gives them and the report made of them. */
export interface Audit {
  readonly findings: readonly Overlaid[];
  readonly report: AuditReport;
}

const components = ['kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd', 'kube-proxy'];

/**
 * Judges what was observed on one node. Throws PLB_HOST_ROOT when not a single component could be looked for: such a report would
 * hold nothing but errors, and PLB_BENCHMARK_UNKNOWN for a document that there is not.
 */
export function judgeObservations(input: ToJudge): Audit {
  const { pack, observations, reading, now, nodeName } = input;
  const view = nodeView(nodeName ?? '', observations);
  refuseBlindness(view);
  const versions = versionsFrom(view, input.versions);
  const documents = chooseDocuments(pack, versions, input.benchmark);
  const findings = judgeNode({ pack, view, versions, documents, reading, now });
  const host = observedValue<HostValue>(view.get('node.host', 'node'));
  const report = reportOf({
    node: nodeName ?? (host?.hostname || 'unknown'),
    roles: rolesOf(view, []).roles,
    platform: observedValue<PlatformValue>(view.get('node.platform', 'node'))?.platform ?? 'unknown',
    versions,
    documents,
    reading,
    notes: notesOf(view, versions),
    findings,
  });
  return { findings, report };
}

/** The versions that were given, checked. The kubelet's is the cluster's unless it was given too. */
export function versionsOf(options: {
  readonly kubernetesVersion?: string;
  readonly kubeletVersion?: string;
}): Versions {
  const { kubernetesVersion, kubeletVersion = kubernetesVersion } = options;
  for (const version of [kubernetesVersion, kubeletVersion]) {
    if (version !== undefined && parseMinor(version) === undefined) {
      throw new PlumblineError('PLB_VERSION_INVALID', `${version} is no Kubernetes version; write it like 1.34.`);
    }
  }
  return {
    ...(kubernetesVersion === undefined ? {} : { controlPlane: kubernetesVersion, source: 'given' as const }),
    ...(kubeletVersion === undefined ? {} : { kubelet: kubeletVersion }),
  };
}

function refuseBlindness(view: NodeView): void {
  const observed = components.map((name) => view.get('component', name));
  if (observed.some((one) => one?.state === 'observed' || one?.state === 'absent')) return;
  const detail = observed.find((one) => one?.detail !== undefined)?.detail ?? 'nothing was observed';
  throw new PlumblineError(
    'PLB_HOST_ROOT',
    `The processes of the node could not be seen (${detail}); run it as root, with the /proc of the node.`,
  );
}

/** True when something of Kubernetes is here: marks of a distribution, a process or a manifest of a component. */
export function looksLikeNode(view: NodeView): boolean {
  return (
    view.get('node.platform', 'node')?.state === 'observed' ||
    components.some((name) => view.get('component', name)?.state === 'observed')
  );
}

function notesOf(view: NodeView, versions: Versions): readonly string[] {
  const notes: string[] = [];
  if (!looksLikeNode(view)) {
    notes.push(
      'This looks like no Kubernetes node: no mark of a distribution, no process and no manifest of a component.',
    );
  }
  if (versions.source === 'manifest') {
    const kubelet =
      versions.kubelet === undefined ? " Nobody says the kubelet's; --kubernetes-version gives the whole report." : '';
    notes.push(
      `Kubernetes ${versions.controlPlane} is the image tag in the control plane's manifests of this node.${kubelet}`,
    );
  }
  return notes;
}
