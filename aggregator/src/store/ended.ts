import { observationStates } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { statusOf } from './finding-row.ts';
import type { IntervalTable } from './references.ts';

/** An interval that ended, as it is written for people and programs outside: times in ISO 8601. */
export interface EndedInterval {
  readonly id: number;
  /** Milliseconds. */
  readonly until: number;
  readonly told: Readonly<Record<string, unknown>>;
}

/** What was exported: everything that ended at or before `to`, and how long the files are that go on to grow. */
export interface Exported {
  readonly to: number;
  readonly sizes: Readonly<Record<string, number>>;
}

/** Intervals that ended, for an export. */
export interface EndedIntervals {
  /** Those in the half-open time (since, cut] among the next rows after an id; `last` is where to go on, undefined at the end. */
  some(
    table: IntervalTable,
    after: number,
    since: number,
    cut: number,
  ): { readonly rows: readonly EndedInterval[]; readonly last: number | undefined };
  exported(): Exported | undefined;
}

const rowsAtOnce = 500;
const exportedKey = 'exported';
type Cells = Readonly<Record<string, string | number | null>> & { readonly id: number; readonly until: number };

const selects: Readonly<Record<IntervalTable, string>> = {
  fact: `t.id, t.until, n.name AS node, f.body AS fact, s.body AS subject, t.state, d.body AS detail, v.json, t.observed_at, t."from"
    FROM fact t LEFT JOIN node n ON n.id = t.node JOIN text f ON f.id = t.fact JOIN text s ON s.id = t.subject
    LEFT JOIN text d ON d.id = t.detail LEFT JOIN fact_value v ON v.id = t.value`,
  verdict: `t.id, t.until, n.name AS node, l.benchmark, l.number, l.control, l.ruleset, s.body AS subject, t.status, r.body AS reason,
    m.body AS message, v.json, t.valid_until, t."from"
    FROM verdict t LEFT JOIN node n ON n.id = t.node JOIN line l ON l.id = t.line JOIN text s ON s.id = t.subject
    JOIN text r ON r.id = t.reason JOIN text m ON m.id = t.message JOIN fact_value v ON v.id = t.evidence`,
  object: `t.id, t.until, r.body AS resource, p.body AS place, v.json, t."from"
    FROM object t JOIN text r ON r.id = t.resource JOIN text p ON p.id = t.place JOIN fact_value v ON v.id = t.value`,
  circumstance: `t.id, t.until, n.name AS node, v.json, t."from"
    FROM circumstance t LEFT JOIN node n ON n.id = t.node JOIN fact_value v ON v.id = t.value`,
};

/** The intervals on a reading connection. */
export function endedIntervals(db: Database): EndedIntervals {
  const known = db.prepare<[], string>(`SELECT value FROM known WHERE key = '${exportedKey}'`).pluck();
  return {
    some(table, after, since, cut) {
      const position = db
        .prepare<[number], number>(`SELECT id FROM ${table} WHERE id > ? ORDER BY id LIMIT 1 OFFSET ${rowsAtOnce - 1}`)
        .pluck();
      const end = position.get(after) ?? Number.MAX_SAFE_INTEGER;
      const rows = db
        .prepare<[number, number, number, number], Cells>(
          `SELECT ${selects[table]} WHERE t.id > ? AND t.id <= ? AND t.until > ? AND t.until <= ? ORDER BY t.id`,
        )
        .all(after, end, since, cut);
      const isLast = end === Number.MAX_SAFE_INTEGER;
      return { rows: rows.map((row) => intervalOf(row)), last: isLast ? undefined : end };
    },
    exported() {
      const value = known.get();
      return value === undefined ? undefined : (JSON.parse(value) as Exported);
    },
  };
}

/** Remembers what was exported, inside a transaction of the caller. */
export function rememberExported(db: Database, exported: Exported): void {
  db.prepare('INSERT OR REPLACE INTO known (key, value) VALUES (?, ?)').run(exportedKey, JSON.stringify(exported));
}

function intervalOf({ id, until, ...cells }: Cells): EndedInterval {
  const { json, state, status, from, observed_at: observedAt, valid_until: validUntil, detail, ...rest } = cells;
  const iso = (at: unknown) => (typeof at === 'number' ? new Date(at).toISOString() : undefined);
  const told = {
    ...rest,
    ...(typeof state === 'number' ? { state: observationStates[state] } : {}),
    ...(typeof status === 'number' ? { status: statusOf(status) } : {}),
    ...(detail === null || detail === undefined ? {} : { detail }),
    ...(typeof json === 'string' ? { [typeof status === 'number' ? 'evidence' : 'value']: JSON.parse(json) } : {}),
    ...(typeof observedAt === 'number' ? { observedAt: iso(observedAt) } : {}),
    ...(typeof validUntil === 'number' ? { validUntil: iso(validUntil) } : {}),
    from: iso(from),
    until: iso(until),
  };
  return { id, until, told };
}
