import type { AuditReport } from '../audit/report.ts';
import type { Paint } from '../text/paint.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { kubeBench } from './kube-bench.ts';
import { table } from './table.ts';

/** The place a report is written to. `width` in columns. */
export interface Sheet {
  readonly width: number;
  readonly paint: Paint;
}

/** Every format by its name on the command line. */
export const formats = {
  table,
  json: (report: AuditReport) => json(report),
  'kube-bench': (report: AuditReport) => kubeBench(report),
  junit: (report: AuditReport) => junit(report),
} satisfies Readonly<Record<string, (report: AuditReport, sheet: Sheet) => string>>;

export type FormatName = keyof typeof formats;

export const formatNames = Object.keys(formats) as readonly FormatName[];
