import type { Status } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { statusNumbers } from './verdict-row.ts';

/** Where a verdict stands, whatever document and number its control has there. `node` null: the cluster. */
export interface VerdictSpot {
  readonly node: string | null;
  readonly control: string;
  readonly subject: string;
}

/** Asks for the verdicts of one place. */
export interface VerdictLookup {
  /** Statuses of the place now, by every document that judges it; none where there is no verdict. */
  statuses(spot: VerdictSpot): readonly Status[];
  /** What was known last, before an instant (milliseconds), by somebody who could judge; null when nobody ever could. */
  lastKnown(spot: VerdictSpot, before: number): Status | null;
  /** True when another instance of the same component was judged so on this node since an instant: `kubelet@…` beside `kubelet@…`. */
  alike(spot: VerdictSpot, status: Status, since: number): boolean;
  /** When the last verdict of the place ended, in milliseconds; null where none did. */
  endedAt(spot: VerdictSpot): number | null;
  /** True while nobody can look at a control of the cluster. */
  blind(control: string): boolean;
}

/** The questions on one connection. */
export function verdictLookup(db: Database): VerdictLookup {
  const node = `(SELECT coalesce((SELECT id FROM node WHERE name = @node), CASE WHEN @node IS NULL THEN 0 END))`;
  const place = `v.node = ${node} AND v.line IN (SELECT id FROM line WHERE control = @control)
    AND v.subject = (SELECT id FROM text WHERE body = @subject)`;
  const now = db
    .prepare<[VerdictSpot], number>(`SELECT v.status FROM verdict v WHERE ${place} AND v.until IS NULL`)
    .pluck();
  const error = statusNumbers.indexOf('error');
  const past = db
    .prepare<[VerdictSpot & { readonly before: number }], number>(
      `SELECT v.status FROM verdict v WHERE ${place} AND v.status <> ${error} AND v."from" < @before ORDER BY v."from" DESC LIMIT 1`,
    )
    .pluck();
  const alike = db.prepare<[VerdictSpot & { readonly status: number; readonly since: number; readonly like: string }]>(
    `SELECT 1 FROM verdict v JOIN text t ON t.id = v.subject WHERE v.node = ${node} AND v.status = @status
     AND v.line IN (SELECT id FROM line WHERE control = @control) AND (v.until IS NULL OR v.until > @since)
     AND t.body <> @subject AND t.body GLOB @like LIMIT 1`,
  );
  const ended = db.prepare<[VerdictSpot], number | null>(`SELECT max(v.until) FROM verdict v WHERE ${place}`).pluck();
  const blind = db.prepare<[string]>(
    `SELECT 1 FROM line l JOIN line_state s ON s.benchmark = l.benchmark AND s.number = l.number
     WHERE l.control = ? AND s.state = 'blind'
     AND EXISTS (SELECT 1 FROM verdict v WHERE v.line = l.id AND v.node = 0 AND v.until IS NULL) LIMIT 1`,
  );
  return {
    statuses: (spot) => now.all(spot).flatMap((one) => statusNumbers[one] ?? []),
    lastKnown: (spot, before) => statusNumbers[past.get({ ...spot, before }) ?? -1] ?? null,
    alike(spot, status, since) {
      const component = /^[a-z-]+(?=@)/.exec(spot.subject)?.[0];
      if (component === undefined) return false;
      return alike.get({ ...spot, status: statusNumbers.indexOf(status), since, like: `${component}@*` }) !== undefined;
    },
    endedAt: (spot) => ended.get(spot) ?? null,
    blind: (control) => blind.get(control) !== undefined,
  };
}
