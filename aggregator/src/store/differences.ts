import type { Evidence } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import type { Line, StoredFinding } from './finding-query.ts';
import { type FindingRow, findingColumns, findingOf } from './finding-row.ts';

/** Two instants in milliseconds, the earlier first, and what of them: lines, and one node (0 the cluster) or all. */
export interface DifferenceQuery {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly Line[];
  readonly node?: number;
  /** Most verdicts of each side. */
  readonly most: number;
}

/** What tells two instants apart. */
export interface Differences {
  /**
   * Findings, with evidence, that stand at one of the instants and not at the other; those that stand at both are not read. Undefined
   * where a side has more than `most`. The same verdict may be on both sides: it was another in between.
   */
  differing(
    query: DifferenceQuery,
  ): { readonly before: readonly StoredFinding[]; readonly after: readonly StoredFinding[] } | undefined;
  /** The oldest instant that can be asked for, in milliseconds: when the first verdict began, or up to when history was purged; undefined when nothing was ever judged. */
  firstMoment(): number | undefined;
  /** Up to when history was purged, in milliseconds; undefined where it never was. */
  purgedBefore(): number | undefined;
  /** Version of the program that judged at an instant; undefined where nobody recorded it. */
  programAt(at: number): string | undefined;
}

/** What began before the instants and ended between them, or began between them and lasts: each is one range of an index. */
const ranges = {
  before: 'v.until > $from AND v.until <= $to AND v."from" <= $from',
  after: 'v."from" > $from AND v."from" <= $to AND (v.until IS NULL OR v.until > $to)',
} as const;
const indexes = { before: 'verdict_ended', after: 'verdict_began' } as const;
type Side = keyof typeof ranges;

/** Where `known` has the instant up to which history was purged. */
export const purgedKey = 'purgedBefore';

interface Bound {
  readonly from: number;
  readonly to: number;
  readonly lines: string;
  readonly limit: number;
  readonly node?: number;
}

/** The differences on a reading connection. */
export function differences(db: Database): Differences {
  const prepared = (side: Side, ofNode: boolean) =>
    db.prepare<[Bound], FindingRow>(
      `SELECT ${findingColumns(false, ofNode ? 'verdict_node' : indexes[side])}
       WHERE ${ranges[side]} AND v.line IN (SELECT value FROM json_each($lines)) ${ofNode ? 'AND v.node = $node' : ''} LIMIT $limit`,
    );
  const statements = {
    before: { all: prepared('before', false), ofNode: prepared('before', true) },
    after: { all: prepared('after', false), ofNode: prepared('after', true) },
  };
  const json = db.prepare<[number], string>('SELECT json FROM fact_value WHERE id = ?').pluck();
  const first = db.prepare<[], number | null>('SELECT min("from") FROM verdict').pluck();
  const purged = db.prepare<[], string>(`SELECT value FROM known WHERE key = '${purgedKey}'`).pluck();
  const purgedBefore = () => {
    const value = purged.get();
    return value === undefined ? undefined : Number(value);
  };
  const program = db
    .prepare<[number], string>('SELECT version FROM program WHERE "from" <= ? ORDER BY "from" DESC, rowid DESC LIMIT 1')
    .pluck();
  return {
    purgedBefore,
    firstMoment() {
      const began = first.get() ?? undefined;
      return began === undefined ? undefined : Math.max(began, purgedBefore() ?? began);
    },
    programAt: (at) => program.get(at),
    differing({ from, to, lines, node, most }) {
      const byId = new Map(lines.map((line) => [line.id, line]));
      const bound = { from, to, lines: JSON.stringify([...byId.keys()]), limit: most + 1 };
      // Nodes that are alike share their evidence: it is read once.
      const evidence = remembered((id) => JSON.parse(json.get(id) ?? '[]') as readonly Evidence[]);
      const read = (side: Side) => {
        const { all, ofNode } = statements[side];
        const rows = node === undefined ? all.all(bound) : ofNode.all({ ...bound, node });
        if (rows.length > most) return undefined;
        return rows.flatMap((row) => {
          const line = byId.get(row.line);
          return line ? [{ ...findingOf(line, row), evidence: evidence(row.evidence_id) }] : [];
        });
      };
      const before = read('before');
      const after = before && read('after');
      return before && after ? { before, after } : undefined;
    },
  };
}

function remembered<T>(make: (id: number) => T): (id: number) => T {
  const known = new Map<number, T>();
  return (id) => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const made = make(id);
    known.set(id, made);
    return made;
  };
}
