import { rollUp, summaryOf } from '@plumbline/core';
import { compareReports, findingsOf, readReport } from '../compare/reports.ts';
import type { Judged, Marks, Regress } from './gate.ts';
import { regressOf } from './regress.ts';

/** A report that was saved, and another one since which nothing may be worse. Counted anew: its own numbers are only words. */
export function judgedReport(file: string, since: string | undefined, { adjusted }: Pick<Marks, 'adjusted'>): Judged {
  const report = readReport(file);
  const findings = findingsOf(report);
  const regress: Regress | undefined =
    since === undefined ? undefined : regressOf(since, compareReports(since, file).changes);
  return {
    name: `${file} · ${report.node} · ${report.benchmark}`,
    summary: summaryOf(findings),
    nodes: null,
    gaps: [],
    controls: rollUp(findings).map((one) => ({ ...one, status: adjusted ? one.adjusted : one.status })),
    regress,
  };
}
