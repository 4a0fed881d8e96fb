import type {
  Attestation,
  BenchmarkMatch,
  Choice,
  DecisionState,
  Documents,
  Evidence,
  Finding,
  Origin,
  Overlaid,
  Reading,
  Role,
  RolledUp,
  Status,
  SubjectCounts,
  VersionSource,
  Versions,
  Waiver,
} from '@plumbline/core';
import {
  isSystemNamespace,
  listed,
  partsOf,
  plainVersion,
  rollUp,
  sectionOf,
  subjectCounts,
  summaryOf,
} from '@plumbline/core';
import manifest from '../../package.json' with { type: 'json' };

/** What was looked at, as the machine format shows it. */
export interface ReportEvidence {
  readonly fact: string;
  readonly subject: string;
  readonly actual: Evidence['actual'];
  readonly expected: string;
  readonly origin: Origin;
  /** What the files say now and the process has not read yet. */
  readonly pending?: NonNullable<Evidence['pending']>;
}

/** One verdict in the machine format. `by` says whether the document calls the control automated or manual. */
export interface ReportFinding {
  readonly number: string;
  readonly control: string;
  readonly title: string;
  readonly status: Status;
  readonly reason: string;
  readonly message: string;
  readonly severity: Finding['severity'];
  readonly level: Finding['level'];
  readonly by: Finding['by'];
  readonly subject: string;
  /** Of subjects of the cluster: the namespace that it is or lies in, its kind, and whether it is about Kubernetes itself. */
  readonly namespace?: string;
  readonly kind?: string;
  readonly system?: boolean;
  readonly evidence: readonly ReportEvidence[];
  readonly remedy: string;
  readonly note?: string;
  readonly validUntil?: string;
  /** What tells the way it was judged from another; equal where check and parameters are. */
  readonly ruleset?: string;
  /** The waiver or attestation that covers it; the status stays what it is. */
  readonly waiver?: Waiver;
  readonly attestation?: Attestation;
}

/** Which document the findings of which sections follow. `kubernetesVersion` is the one it was chosen for. */
export interface ReportDocument {
  readonly benchmark: string;
  readonly benchmarkMatch: BenchmarkMatch;
  readonly version: string;
  readonly title: string;
  readonly kubernetesVersion: string | null;
  readonly sections: readonly { readonly section: string; readonly title: string }[];
}

/** How many subjects of a control pass. `status` is the worst; `successRate` passing / judged, null when nothing was judged. */
export interface ReportControl extends SubjectCounts {
  readonly number: string;
  readonly control: string;
  readonly status: Status;
  /** With waivers and attestations; and of its findings, those that they cover. */
  readonly adjusted: RolledUp['adjusted'];
  readonly covered: RolledUp['covered'];
}

/** A waiver or attestation of the file that was given, and how it stands in this report. */
export type ReportDecision = (Waiver | Attestation) & {
  readonly type: 'waiver' | 'attestation';
  readonly state: DecisionState;
  readonly stateReason: string;
  readonly covers: number;
};

/** What a report is about: one node, a cluster (with the node that it was asked from, where that is one of its), or manifests. */
export type ReportScope = 'node' | 'cluster' | 'manifests';

/**
 * An audit: what every format is made of. `benchmark` is the document of section 1, `documents` lists all in use.
 * `notes` are sentences a reader must know before the numbers (nearest document, unknown version, no node).
 */
export interface AuditReport {
  readonly benchmark: string;
  readonly benchmarkMatch: BenchmarkMatch;
  readonly scope: ReportScope;
  /** Name of the node that was looked at; of the cluster or the directory where none was. */
  readonly node: string;
  readonly roles: readonly Role[];
  readonly platform: string;
  /** Name of the cluster that was asked. */
  readonly cluster?: string;
  /** Globs of the namespaces that are left out of everything. */
  readonly exclusions: readonly string[];
  readonly kubernetesVersion: string | null;
  /** Who says so: `kubelet` where only the kubelet's is known, null where nobody does. */
  readonly kubernetesVersionFrom: VersionSource | 'kubelet' | null;
  readonly reading: Reading;
  /** Version of the program that judged. */
  readonly program: string;
  readonly documents: readonly ReportDocument[];
  readonly notes: readonly string[];
  readonly summary: ReturnType<typeof summaryOf>;
  readonly controls: readonly ReportControl[];
  /** Absent where none were given. */
  readonly decisions?: readonly ReportDecision[];
  readonly findings: readonly ReportFinding[];
}

/** What a report is made from. */
export interface ReportInput {
  readonly scope?: ReportScope;
  readonly cluster?: string | undefined;
  readonly exclusions?: readonly string[];
  /** Globs of namespaces that belong to the system besides those of Kubernetes itself. */
  readonly system?: readonly string[];
  readonly node: string;
  readonly roles: readonly Role[];
  readonly platform: string;
  readonly versions: Versions;
  readonly documents: Documents;
  readonly reading: Reading;
  readonly notes: readonly string[];
  readonly findings: readonly Finding[];
  /** Slugs of the controls that are judged on the cluster. */
  readonly clusterControls?: ReadonlySet<string>;
}

/** Builds the report. Pure. */
export function reportOf(input: ReportInput): AuditReport {
  const { controlPlane, node } = input.documents;
  const documents = documentsOf(input);
  return {
    benchmark: controlPlane.document.benchmark,
    benchmarkMatch: controlPlane.match,
    scope: input.scope ?? 'node',
    node: input.node,
    roles: input.roles,
    platform: input.platform,
    ...(input.cluster === undefined ? {} : { cluster: input.cluster }),
    exclusions: input.exclusions ?? [],
    kubernetesVersion: versionOf(input.versions.controlPlane ?? input.versions.kubelet),
    kubernetesVersionFrom: sourceOf(input.versions),
    reading: input.reading,
    program: manifest.version,
    documents,
    notes: [...matchNotes(controlPlane, node, documents), ...input.notes, ...sectionNotes(input)],
    summary: summaryOf(input.findings),
    controls: controlsOf(input.findings),
    findings: input.findings.map((one) => reported(one, input.system ?? [], placedInCluster(input, one))),
  };
}

/** Every control over its subjects. */
export function controlsOf(findings: readonly Overlaid[]): readonly ReportControl[] {
  return rollUp(findings).map(({ number, control, status, counts, adjusted, covered }) => ({
    ...{ number, control, status, adjusted, covered },
    ...subjectCounts(counts),
  }));
}

function sourceOf({ controlPlane, kubelet, source = 'given' }: Versions): AuditReport['kubernetesVersionFrom'] {
  if (controlPlane !== undefined) return source;
  return kubelet === undefined ? null : 'kubelet';
}

function versionOf(version: string | undefined): string | null {
  return version === undefined ? null : plainVersion(version);
}

function documentsOf(input: ReportInput): readonly ReportDocument[] {
  const present = [...new Set(input.findings.map((one) => sectionOf(one.number)))];
  const { controlPlane, node } = input.documents;
  const cpVersion = versionOf(input.versions.controlPlane ?? input.versions.kubelet);
  const kubeletVersion = versionOf(input.versions.kubelet ?? input.versions.controlPlane);
  if (controlPlane.document.benchmark === node.document.benchmark)
    return [documentOf(controlPlane, cpVersion, present)];
  return [
    documentOf(
      controlPlane,
      cpVersion,
      present.filter((section) => section !== '4'),
    ),
    documentOf(
      node,
      kubeletVersion,
      present.filter((section) => section === '4'),
    ),
  ];
}

function documentOf(choice: Choice, version: string | null, sections: readonly string[]): ReportDocument {
  return {
    benchmark: choice.document.benchmark,
    benchmarkMatch: choice.match,
    version: choice.document.version,
    title: choice.document.title,
    kubernetesVersion: version,
    sections: sections.map((section) => ({ section, title: choice.document.sections[section]?.title ?? '' })),
  };
}

function matchNotes(controlPlane: Choice, node: Choice, documents: readonly ReportDocument[]): readonly string[] {
  const notes: string[] = [];
  for (const { document, match } of new Set([controlPlane, node])) {
    const { from, to } = document.kubernetes;
    const version = documents.find((one) => one.benchmark === document.benchmark)?.kubernetesVersion;
    if (match === 'nearest') {
      notes.push(
        `No document covers Kubernetes ${version ?? 'of this version'}. ${document.benchmark} (${from} to ${to}) is the nearest; its numbers and limits may not fit.`,
      );
    }
    if (match === 'version-unknown') {
      notes.push(
        `The Kubernetes version is not known, so ${document.benchmark} was taken and controls that depend on a default are errors. Give --kubernetes-version.`,
      );
    }
  }
  if (documents.length > 1) {
    const [first, second] = documents;
    notes.push(`Section 4 follows ${second?.benchmark}, the other sections follow ${first?.benchmark}.`);
  }
  return [...new Set(notes)];
}

function sectionNotes(input: ReportInput): readonly string[] {
  const missing = new Set(input.documents.controlPlane.document.controls.map((entry) => sectionOf(entry.number)));
  for (const one of input.findings) missing.delete(sectionOf(one.number));
  if (missing.size === 0) return [];
  const names = `Section${missing.size > 1 ? 's' : ''} ${listed([...missing].sort())}`;
  if (input.scope === 'cluster') {
    return [`${names}: about nodes; this machine is none of this cluster, and no agent is asked.`];
  }
  if (input.scope === 'manifests') return [`${names}: not in this report, as manifests cannot tell.`];
  return [`${names}: judged once for the whole cluster, not on one node.`];
}

/** Controls of nodes have subjects of nodes; only the others have a place in the cluster. */
function placedInCluster(input: ReportInput, { control }: Finding): boolean {
  return input.clusterControls?.has(control) ?? false;
}

function placeOf({ subject, reason }: Finding, system: readonly string[]) {
  const { kind, namespace } = partsOf(subject);
  const marked = reason === 'system-default' || reason === 'system-namespace';
  return {
    ...(namespace === '' ? {} : { namespace }),
    ...(kind === '' ? {} : { kind }),
    system: marked || (namespace !== '' && isSystemNamespace(system, namespace)),
  };
}

function reported(one: Finding, system: readonly string[], inCluster: boolean): ReportFinding {
  return {
    number: one.number,
    control: one.control,
    title: one.title,
    status: one.status,
    reason: one.reason,
    message: one.message,
    severity: one.severity,
    level: one.level,
    by: one.by,
    subject: one.subject,
    ...(inCluster ? placeOf(one, system) : {}),
    evidence: one.evidence.map(({ fact, subject, actual, expected, origin, pending }) => ({
      fact,
      subject,
      actual,
      expected,
      origin,
      ...(pending === undefined ? {} : { pending }),
    })),
    remedy: one.remedy,
    ...(one.note === undefined ? {} : { note: one.note }),
    ...(one.validUntil === undefined ? {} : { validUntil: one.validUntil }),
    ...(one.ruleset === undefined ? {} : { ruleset: one.ruleset }),
  };
}
