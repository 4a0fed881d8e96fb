import { minorText, originText, parseMinor, worst } from '@plumbline/core';
import { byNumber, bySection, groupOf } from '../audit/grouping.ts';
import type { AuditReport, ReportDocument, ReportFinding } from '../audit/report.ts';
import { printableJson } from '../text/escape.ts';
import { decidedText } from './decided.ts';
import { evidenceTexts } from './evidence.ts';

/** Lines of one text: consumers keep it in memory whole. */
const mostLines = 500;

type Mark = 'PASS' | 'FAIL' | 'WARN' | 'INFO';

interface Result {
  readonly test_number: string;
  readonly test_desc: string;
  readonly audit: string;
  readonly AuditEnv: string;
  readonly AuditConfig: string;
  readonly type: '' | 'manual' | 'skip';
  readonly remediation: string;
  readonly test_info: readonly string[];
  readonly status: Mark;
  readonly actual_value: string;
  readonly scored: boolean;
  readonly IsMultiple: boolean;
  readonly expected_result: string;
  readonly reason: string;
}

const nodeTypes: Readonly<Record<string, string>> = {
  '1': 'master',
  '2': 'etcd',
  '3': 'controlplane',
  '4': 'node',
  '5': 'policies',
};

/** One document per node in the shape that consumers of kube-bench's JSON read; key order and spelling are theirs. */
export function kubeBench(report: AuditReport): string {
  const controls = bySection(report).map(({ section, title, document, findings }) => {
    const results = byNumber(findings).map(result);
    return {
      id: section,
      ...versionsOf(document),
      text: `${title}${matchText(document)}${sourceText(report)}${exclusionText(report)}`,
      node_type: nodeTypes[section] ?? 'node',
      tests: [...Map.groupBy(results, (one) => groupOf(one.test_number))].map(([group, members]) => ({
        section: group,
        type: '',
        ...counts(members),
        desc: title,
        results: members,
      })),
      ...totals(results),
    };
  });
  const all = controls.flatMap((one) => one.tests.flatMap((test) => test.results));
  return `${printableJson({ Controls: controls, Totals: totals(all) })}\n`;
}

/** That a document only half fits must be seen here too, and the shape has no other place for it. */
function matchText(document: ReportDocument | undefined): string {
  const loose = document?.benchmarkMatch === 'nearest' || document?.benchmarkMatch === 'version-unknown';
  return loose ? ` (${document.benchmark}: ${document.benchmarkMatch})` : '';
}

/** What was left out must be seen in every output. */
function exclusionText({ exclusions }: AuditReport): string {
  return exclusions.length === 0 ? '' : ` (namespaces left out: ${exclusions.join(', ')})`;
}

/** The same holds for a version that nobody gave. */
function sourceText({ kubernetesVersionFrom }: AuditReport): string {
  return kubernetesVersionFrom === 'manifest' ? " (version from the image tag in the control plane's manifests)" : '';
}

function versionsOf(document: ReportDocument | undefined): {
  readonly version: string;
  readonly detected_version: string;
} {
  const minor = parseMinor(document?.kubernetesVersion ?? undefined);
  return { version: `cis-${document?.version ?? ''}`, detected_version: minor ? minorText(minor) : '' };
}

function result(findings: readonly ReportFinding[]): Result {
  const status = worst(findings.map((one) => one.status));
  const decisive = findings.filter((one) => one.status === status);
  const first = decisive[0] ?? findings[0];
  const manual = first?.by === 'manual';
  const mark = markOf(status, manual);
  const origins = decisive.flatMap((one) => one.evidence.map((each) => originText(each.origin)));
  return {
    test_number: first?.number ?? '',
    test_desc: `${first?.title ?? ''} (${manual ? 'Manual' : 'Automated'})`,
    audit: [...new Set(origins)].join('\n'),
    AuditEnv: '',
    AuditConfig: '',
    type: mark === 'INFO' ? 'skip' : mark === 'WARN' && manual ? 'manual' : '',
    remediation: first?.remedy ?? '',
    test_info: [first?.remedy ?? ''],
    status: mark,
    actual_value: evidenceTexts(decisive).slice(0, mostLines).join('\n'),
    scored: !manual,
    IsMultiple: findings.length > 1,
    expected_result: [...new Set(decisive.flatMap((one) => one.evidence.map((each) => each.expected)))].join('; '),
    reason: reasonOf(mark, decisive),
  };
}

/** Status and numbers stay raw: what is decided is only said, and the shape has no other place for it. */
function reasonOf(mark: Mark, decisive: readonly ReportFinding[]): string {
  const why = mark === 'PASS' || mark === 'FAIL' ? [] : decisive.map((one) => `${one.reason}: ${one.message}`);
  const decided = decisive.flatMap((one) => {
    const text = decidedText(one);
    return text === undefined ? [] : [decisive.length > 1 ? `${one.subject} ${text}` : text];
  });
  return [...why.slice(0, mostLines), ...decided.slice(0, mostLines)].join('\n');
}

/** A failure of what the document calls manual is a warning there: that tool never fails on what it does not score. */
function markOf(status: ReportFinding['status'], manual: boolean): Mark {
  switch (status) {
    case 'pass':
      return 'PASS';
    case 'fail':
      return manual ? 'WARN' : 'FAIL';
    case 'warn':
    case 'error':
      return 'WARN';
    case 'not-applicable':
      return 'INFO';
  }
}

function counts(results: readonly Result[]): Readonly<Record<'pass' | 'fail' | 'warn' | 'info', number>> {
  const count = (mark: Mark) => results.filter((one) => one.status === mark).length;
  return { pass: count('PASS'), fail: count('FAIL'), warn: count('WARN'), info: count('INFO') };
}

function totals(results: readonly Result[]) {
  const { pass, fail, warn, info } = counts(results);
  return { total_pass: pass, total_fail: fail, total_warn: warn, total_info: info };
}
