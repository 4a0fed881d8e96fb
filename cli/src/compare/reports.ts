import { readFileSync } from 'node:fs';
import { compareFindings, type PlacedFinding, PlumblineError, type Sides, sectionOf } from '@plumbline/core';
import type { AuditReport } from '../audit/report.ts';
import type { Shown } from './shown.ts';

/** Compares two JSON reports of `plumbline audit`. Throws PLB_CONFIG_INVALID for a file that is none. */
export function compareReports(beforeFile: string, afterFile: string): Shown {
  const [before, after] = [readReport(beforeFile), readReport(afterFile)];
  const compared = compareFindings(findingsOf(before), findingsOf(after), sidesOf(before, after));
  const { changes, ...counts } = compared;
  const described = (file: string, { node, benchmark, kubernetesVersion, reading, program }: AuditReport) => {
    return { file, node, benchmark, kubernetesVersion, reading, program: program ?? null };
  };
  const sides = { before: described(beforeFile, before), after: described(afterFile, after) };
  const shown = changes.map((change) => ({
    ...change,
    title: (change.after ?? change.before)?.title ?? change.control,
  }));
  return {
    ...counts,
    names: { before: nameOf(beforeFile, before), after: nameOf(afterFile, after) },
    notes: notesOf(before, after),
    totals: { before: counts.before, after: counts.after },
    changes: shown,
    json: {
      kind: 'reports',
      ...counts,
      before: { ...sides.before, summary: counts.before },
      after: { ...sides.after, summary: counts.after },
      changes: shown,
    },
  };
}

function nameOf(file: string, { node, benchmark, kubernetesVersion }: AuditReport): string {
  return `${file} · ${node} · ${benchmark} · Kubernetes ${kubernetesVersion ?? 'unknown'}`;
}

/** Names of nodes mean nothing in manifests and in whole clusters. */
function sidesOf(before: AuditReport, after: AuditReport): Sides {
  const ofNodes = before.scope === 'node' && after.scope === 'node';
  return {
    ...(ofNodes ? { nodes: { before: before.node, after: after.node } } : {}),
    ...(before.program && after.program ? { programs: { before: before.program, after: after.program } } : {}),
  };
}

function notesOf(before: AuditReport, after: AuditReport): readonly string[] {
  const notes: string[] = [];
  if (before.scope !== after.scope)
    notes.push(
      `One report is of a ${before.scope}, the other of a ${after.scope}: sections may be missing on one side.`,
    );
  if (before.reading !== after.reading)
    notes.push(`One report was read as ${before.reading}, the other as ${after.reading}.`);
  if (String(before.exclusions) !== String(after.exclusions))
    notes.push('The reports leave out different namespaces: what only one leaves out is new or gone.');
  return notes;
}

/** The findings of a report, each with the document it follows. */
export function findingsOf(report: AuditReport): readonly PlacedFinding[] {
  const bySection = new Map(
    report.documents.flatMap((one) => one.sections.map(({ section }) => [section, one.benchmark] as const)),
  );
  return report.findings.map((one) => ({
    ...one,
    benchmark: bySection.get(sectionOf(one.number)) ?? report.benchmark,
    evidence: one.evidence.map((line) => ({ ...line, holds: null })),
    ...(one.waiver ? { overlay: 'waived' as const } : one.attestation ? { overlay: 'attested' as const } : {}),
  }));
}

/** A saved report. Throws PLB_CONFIG_INVALID for a file that is none. */
export function readReport(file: string): AuditReport {
  const value = parsed(file);
  if (!isReport(value)) {
    throw new PlumblineError(
      'PLB_CONFIG_INVALID',
      `${file} is no report; make one with plumbline audit --format json --output ${file}.`,
    );
  }
  return value;
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'it is no JSON';
    throw new PlumblineError('PLB_CONFIG_INVALID', `${file} cannot be read as a report (${code}).`, { cause: error });
  }
}

/** What is read of a report has the form that it is read in. */
function isReport(value: unknown): value is AuditReport {
  return (
    isObject(value) &&
    ['benchmark', 'node', 'scope', 'reading'].every((name) => typeof value[name] === 'string') &&
    isList(value['exclusions'], (one) => typeof one === 'string') &&
    isList(value['documents'], (one) => isObject(one) && isList(one['sections'], isObject)) &&
    isList(value['findings'], isFinding)
  );
}

const texts = ['number', 'control', 'title', 'status', 'reason', 'message', 'subject'] as const;
const statuses: readonly unknown[] = ['pass', 'fail', 'warn', 'error', 'not-applicable'];

function isFinding(value: unknown): boolean {
  return (
    isObject(value) &&
    texts.every((name) => typeof value[name] === 'string') &&
    statuses.includes(value['status']) &&
    isList(value['evidence'], isEvidence)
  );
}

function isEvidence(value: unknown): boolean {
  return (
    isObject(value) &&
    ['fact', 'subject'].every((name) => typeof value[name] === 'string') &&
    'actual' in value &&
    isObject(value['origin']) &&
    typeof value['origin']['kind'] === 'string'
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown, is: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}
