import type { AuditReport } from '../audit/report.ts';
import { printableJson } from '../text/escape.ts';

/** The machine format: the report as it is; fields are only ever added. */
export function json(report: AuditReport): string {
  return `${printableJson(report)}\n`;
}
