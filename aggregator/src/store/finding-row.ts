import type { Evidence, Status } from '@plumbline/core';
import type { Line, StoredFinding } from './finding-query.ts';
import { statusNumbers } from './verdict-row.ts';

/** A verdict with its texts, as `findingColumns` selects it. */
export interface FindingRow {
  readonly line: number;
  readonly evidence_id: number;
  readonly node: number;
  readonly name: string | null;
  readonly subject_id: number;
  readonly subject: string;
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly evidence: string | null;
  readonly valid_until: number | null;
  readonly from: number;
  readonly until: number | null;
}

/** What to select, and from where; `v` is the verdict, `index` the one that has to be used. */
export const findingColumns = (evidence: boolean, index?: string) =>
  `v.line, v.evidence AS evidence_id, v.node, n.name, v.subject AS subject_id, s.body AS subject, v.status, r.body AS reason, m.body AS message,
   ${evidence ? 'e.json' : 'NULL'} AS evidence, v.valid_until, v."from", v.until
   FROM verdict v ${index === undefined ? '' : `INDEXED BY ${index}`} LEFT JOIN node n ON n.id = v.node JOIN text s ON s.id = v.subject JOIN text r ON r.id = v.reason
   JOIN text m ON m.id = v.message ${evidence ? 'JOIN fact_value e ON e.id = v.evidence' : ''}`;

/** The status of its number in the database. */
export function statusOf(number: number): Status {
  return statusNumbers[number] ?? 'error';
}

/** The finding of a row. */
export function findingOf(line: Line, row: FindingRow): StoredFinding {
  const evidence: readonly Evidence[] = row.evidence === null ? [] : JSON.parse(row.evidence);
  return {
    node: row.name,
    benchmark: line.benchmark,
    match: line.match,
    number: line.number,
    control: line.control,
    title: line.title,
    severity: line.severity,
    level: line.level,
    by: line.by,
    subject: row.subject,
    status: statusOf(row.status),
    reason: row.reason,
    message: row.message,
    evidence,
    ...(row.valid_until === null ? {} : { validUntil: new Date(row.valid_until).toISOString() }),
    remedy: line.remedy,
    ...(line.note === null ? {} : { note: line.note }),
    ...(line.ruleset === '' ? {} : { ruleset: line.ruleset }),
    since: row.from,
    until: row.until,
  };
}
