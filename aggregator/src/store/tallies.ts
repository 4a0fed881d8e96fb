import type { Database } from 'better-sqlite3';

/** How many verdicts there are on a line in a status, both as the database numbers them. */
export interface CountRow {
  readonly line: number;
  readonly status: number;
  readonly count: number;
}

const select = 'SELECT line, status, count(*) AS count FROM verdict';

/**
 * Counts verdicts, now or as of an instant (milliseconds), of everything or one node. A past instant costs what changed since: what
 * ended after it is added to the counts of now, what began after it is taken away; both are ranges of an index that holds all it takes.
 * The counts of now are kept while `generation` stays.
 */
export function tallies(
  db: Database,
  generation: () => number,
): (at: number | undefined, node: number | undefined) => readonly CountRow[] {
  const counted = db.prepare<[], CountRow>(`${select} WHERE until IS NULL GROUP BY line, status`);
  let known: { readonly generation: number; readonly rows: readonly CountRow[] } | undefined;
  const current = () => {
    const now = generation();
    if (known?.generation !== now) known = { generation: now, rows: counted.all() };
    return known.rows;
  };
  const ended = db.prepare<[number, number], CountRow>(
    `${select} INDEXED BY verdict_ended WHERE until > ? AND "from" <= ? GROUP BY line, status`,
  );
  const began = db.prepare<[number], CountRow>(
    `${select} INDEXED BY verdict_began WHERE "from" > ? AND until IS NULL GROUP BY line, status`,
  );
  const ofNode = db.prepare<[number], CountRow>(`${select} WHERE node = ? AND until IS NULL GROUP BY line, status`);
  const ofNodeAt = db.prepare<[number, number, number], CountRow>(
    `${select} WHERE node = ? AND "from" <= ? AND (until IS NULL OR until > ?) GROUP BY line, status`,
  );
  return (at, node) => {
    if (node !== undefined) return at === undefined ? ofNode.all(node) : ofNodeAt.all(node, at, at);
    if (at === undefined) return current();
    return sum([current(), ended.all(at, at), began.all(at).map((row) => ({ ...row, count: -row.count }))]);
  };
}

function sum(parts: readonly (readonly CountRow[])[]): readonly CountRow[] {
  const counts = new Map<string, CountRow>();
  for (const row of parts.flat()) {
    const key = `${row.line} ${row.status}`;
    counts.set(key, { ...row, count: row.count + (counts.get(key)?.count ?? 0) });
  }
  return [...counts.values()].filter((row) => row.count > 0);
}
