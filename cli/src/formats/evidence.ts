import { type Json, originText } from '@plumbline/core';
import type { ReportEvidence, ReportFinding } from '../audit/report.ts';

/** A value as people read it: lists with commas, `not set` for nothing. */
export function actualText(actual: Json): string {
  if (actual === null || (Array.isArray(actual) && actual.length === 0)) return 'not set';
  if (Array.isArray(actual))
    return actual.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(', ');
  return typeof actual === 'string' ? actual : JSON.stringify(actual);
}

/** `/etc/kubernetes/pki: 0755 (stat of /etc/kubernetes/pki)`; the subject is named where the origin does not. */
export function evidenceText(one: ReportEvidence): string {
  return `${one.fact.startsWith('setting ') ? one.fact.slice('setting '.length) : one.subject}: ${actualText(one.actual)} (${originText(one.origin)})${pendingText(one)}`;
}

/** `, pending: true (file …)`; where nobody saw what runs, the line itself is what is pending. */
function pendingText({ pending }: ReportEvidence): string {
  if (!pending) return '';
  if (pending.running === 'unknown') return ', pending: what runs was not seen';
  return `, pending: ${actualText(pending.actual)} (${originText(pending.origin)})`;
}

/** All evidence of findings in one line each, without repetition. */
export function evidenceTexts(findings: readonly ReportFinding[]): readonly string[] {
  return [...new Set(findings.flatMap((one) => one.evidence.map(evidenceText)))];
}
