import type { Evidence, Finding, Status } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { statusOf } from './finding-row.ts';

/** A verdict of a node that changed, with what it rested on before and rests on now. `before` is null where there was none. */
export interface ChangedVerdict extends Pick<Finding, 'benchmark' | 'number' | 'control' | 'title' | 'severity'> {
  readonly at: number;
  readonly subject: string;
  readonly before: Status | null;
  readonly after: Status;
  readonly evidenceBefore: readonly Evidence[];
  readonly evidenceAfter: readonly Evidence[];
}

/** Verdicts of a node (0: the cluster) that changed in a time, both ends included, in milliseconds; at most 200, the oldest first. */
export type VerdictsBetween = (node: number, from: number, to: number) => readonly ChangedVerdict[];

interface Row extends Pick<Finding, 'benchmark' | 'number' | 'control' | 'title' | 'severity'> {
  readonly at: number;
  readonly subject: string;
  readonly status: number;
  readonly evidence: number;
  readonly status_before: number | null;
  readonly evidence_before: number | null;
}

/** The question on a reading connection. A change of the check is none of the node: its line is another. */
export function verdictsBetween(db: Database): VerdictsBetween {
  const select = db.prepare<[number, number, number], Row>(
    `SELECT l.benchmark, l.number, l.control, l.title, l.severity, s.body AS subject, v."from" AS at, v.status, v.evidence,
       p.status AS status_before, p.evidence AS evidence_before
     FROM verdict v INDEXED BY verdict_node JOIN line l ON l.id = v.line JOIN text s ON s.id = v.subject
     LEFT JOIN verdict p ON p.id = (SELECT q.id FROM verdict q WHERE q.line = v.line AND q.node = v.node AND q.subject = v.subject
       AND q."from" < v."from" ORDER BY q."from" DESC LIMIT 1) AND p.until = v."from"
     WHERE v.node = ? AND v."from" BETWEEN ? AND ? ORDER BY v."from", l.sort LIMIT 200`,
  );
  const json = db.prepare<[number], string>('SELECT json FROM fact_value WHERE id = ?').pluck();
  const evidenceOf = (id: number | null) =>
    id === null ? [] : (JSON.parse(json.get(id) ?? '[]') as readonly Evidence[]);
  return (node, from, to) =>
    select.all(node, from, to).map(({ status, status_before, evidence, evidence_before, ...row }) => ({
      ...row,
      before: status_before === null ? null : statusOf(status_before),
      after: statusOf(status),
      evidenceBefore: evidenceOf(evidence_before),
      evidenceAfter: evidenceOf(evidence),
    }));
}
