import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { byNumber, bySection, groupOf } from '../audit/grouping.ts';
import type { AuditReport, ReportFinding } from '../audit/report.ts';
import { escapeText } from '../text/escape.ts';
import { decidedText } from './decided.ts';
import { evidenceText } from './evidence.ts';

/**
 * JUnit for CI: a suite per section, a case per control and subject. `fail` is a failure; `error`, `warn` and `not-applicable` are
 * skipped with the reason, so that nothing unjudged looks green.
 */
export function junit(report: AuditReport): string {
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', {
    name: safe(`plumbline ${report.benchmark} on ${report.node}`),
    ...counts(report.findings),
  });
  for (const { section, title, document, findings } of bySection(report)) {
    const suite = root.ele('testsuite', { name: safe(`${section} ${title}`), ...counts(findings) });
    const properties = suite.ele('properties');
    properties.ele('property', { name: 'node', value: safe(report.node) });
    properties.ele('property', { name: 'benchmark', value: safe(document?.benchmark ?? report.benchmark) });
    properties.ele('property', { name: 'benchmarkMatch', value: document?.benchmarkMatch ?? report.benchmarkMatch });
    properties.ele('property', { name: 'kubernetesVersion', value: safe(report.kubernetesVersion ?? 'unknown') });
    properties.ele('property', { name: 'kubernetesVersionFrom', value: report.kubernetesVersionFrom ?? 'unknown' });
    properties.ele('property', { name: 'scope', value: report.scope });
    properties.ele('property', { name: 'exclusions', value: safe(report.exclusions.join(',')) });
    for (const group of byNumber(findings)) for (const one of group) testCase(suite, one, group.length > 1);
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

function testCase(suite: XMLBuilder, one: ReportFinding, several: boolean): void {
  const name = `${one.number} ${one.title}${several ? ` [${one.subject}]` : ''}`;
  const element = suite.ele('testcase', { name: safe(name), classname: groupOf(one.number), time: '0' });
  const lines = one.evidence.map((each) => `${evidenceText(each)}, expected ${each.expected}`);
  const decided = decidedText(one);
  const mark = decided === undefined ? [] : [`[${decided}]`];
  if (one.status === 'fail') {
    const failure = element.ele('failure', { message: safe(one.remedy), type: safe(one.reason) });
    failure.txt([...mark, one.message, ...lines].map(safe).join('\n'));
  } else if (one.status !== 'pass') {
    element.ele('skipped', { message: safe([`${one.status}: ${one.reason}: ${one.message}`, ...mark].join(' ')) });
  }
  element.ele('system-out').txt(safe(JSON.stringify(one)));
}

function counts(findings: readonly ReportFinding[]) {
  const failures = findings.filter((one) => one.status === 'fail').length;
  const passed = findings.filter((one) => one.status === 'pass').length;
  return { tests: findings.length, failures, errors: 0, skipped: findings.length - failures - passed, time: '0' };
}

/** Characters that XML forbids or that steer a terminal are written out. */
function safe(text: string): string {
  return escapeText(text);
}
