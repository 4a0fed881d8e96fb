import { sectionOf } from '@plumbline/core';
import type { AuditReport, ReportDocument, ReportFinding } from './report.ts';

/** Number of a group: `1.1.12` → `1.1`, `2.3` → `2`. */
export function groupOf(number: string): string {
  return number.slice(0, number.lastIndexOf('.'));
}

/** Findings of one number, in order of first appearance. */
export function byNumber(findings: readonly ReportFinding[]): readonly (readonly ReportFinding[])[] {
  return [...Map.groupBy(findings, (one) => one.number).values()];
}

/** Findings by section in order of first appearance, with the document that the section follows. */
export function bySection(report: AuditReport): readonly {
  readonly section: string;
  readonly title: string;
  readonly document: ReportDocument | undefined;
  readonly findings: readonly ReportFinding[];
}[] {
  return [...Map.groupBy(report.findings, (one) => sectionOf(one.number))].map(([section, findings]) => {
    const document = report.documents.find((one) => one.sections.some((each) => each.section === section));
    return {
      section,
      title: document?.sections.find((each) => each.section === section)?.title ?? '',
      document,
      findings,
    };
  });
}
