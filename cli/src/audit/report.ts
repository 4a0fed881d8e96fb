import type {
  BenchmarkMatch,
  Choice,
  Documents,
  Evidence,
  Finding,
  Origin,
  Reading,
  Role,
  Status,
  VersionSource,
  Versions,
} from '@plumbline/core';
import { sectionOf, summaryOf } from '@plumbline/core';

/** What was looked at, as the machine format shows it. */
export interface ReportEvidence {
  readonly fact: string;
  readonly subject: string;
  readonly actual: Evidence['actual'];
  readonly expected: string;
  readonly origin: Origin;
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
  readonly evidence: readonly ReportEvidence[];
  readonly remedy: string;
  readonly note?: string;
  readonly validUntil?: string;
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

/**
 * The audit of one node: what every format is made of. `benchmark` is the document of section 1, `documents` lists all in use.
 * `notes` are sentences a reader must know before the numbers (nearest document, unknown version, no node).
 */
export interface AuditReport {
  readonly benchmark: string;
  readonly benchmarkMatch: BenchmarkMatch;
  readonly node: string;
  readonly roles: readonly Role[];
  readonly platform: string;
  readonly kubernetesVersion: string | null;
  /** Who says so: `kubelet` where only the kubelet's is known, null where nobody does. */
  readonly kubernetesVersionFrom: VersionSource | 'kubelet' | null;
  readonly reading: Reading;
  readonly documents: readonly ReportDocument[];
  readonly notes: readonly string[];
  readonly summary: ReturnType<typeof summaryOf>;
  readonly findings: readonly ReportFinding[];
}

/** What a report is made from. */
export interface ReportInput {
  readonly node: string;
  readonly roles: readonly Role[];
  readonly platform: string;
  readonly versions: Versions;
  readonly documents: Documents;
  readonly reading: Reading;
  readonly notes: readonly string[];
  readonly findings: readonly Finding[];
}

/** Builds the report. Pure. */
export function reportOf(input: ReportInput): AuditReport {
  const { controlPlane, node } = input.documents;
  const documents = documentsOf(input);
  return {
    benchmark: controlPlane.document.benchmark,
    benchmarkMatch: controlPlane.match,
    node: input.node,
    roles: input.roles,
    platform: input.platform,
    kubernetesVersion: versionOf(input.versions.controlPlane ?? input.versions.kubelet),
    kubernetesVersionFrom: sourceOf(input.versions),
    reading: input.reading,
    documents,
    notes: [...matchNotes(controlPlane, node, documents), ...input.notes, ...sectionNotes(input)],
    summary: summaryOf(input.findings),
    findings: input.findings.map(reported),
  };
}

function sourceOf({ controlPlane, kubelet, source = 'given' }: Versions): AuditReport['kubernetesVersionFrom'] {
  if (controlPlane !== undefined) return source;
  return kubelet === undefined ? null : 'kubelet';
}

/** `v1.34.4` and `1.34.4` are one version. */
function versionOf(version: string | undefined): string | null {
  return version?.replace(/^v/, '') ?? null;
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
  const listed = new Set(input.documents.controlPlane.document.controls.map((entry) => sectionOf(entry.number)));
  for (const one of input.findings) listed.delete(sectionOf(one.number));
  if (listed.size === 0) return [];
  const names = [...listed].sort().join(' and ');
  return [`Section${listed.size > 1 ? 's' : ''} ${names}: judged once for the whole cluster, not on one node.`];
}

function reported(one: Finding): ReportFinding {
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
    evidence: one.evidence.map(({ fact, subject, actual, expected, origin }) => ({
      fact,
      subject,
      actual,
      expected,
      origin,
    })),
    remedy: one.remedy,
    ...(one.note === undefined ? {} : { note: one.note }),
    ...(one.validUntil === undefined ? {} : { validUntil: one.validUntil }),
  };
}
