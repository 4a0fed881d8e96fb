import type { Database } from 'better-sqlite3';

/** How many verdicts there are on a line in a status, both as the database numbers them. */
export interface CountRow {
  readonly line: number;
  readonly status: number;
  readonly count: number;
}

/** `generation` grows with every change, `era` when history itself changed: verdicts were dropped. */
export interface Stamps {
  readonly generation: () => number;
  readonly era: () => number;
  /** Lines on which a verdict began or ended since this was asked before; absent where nobody keeps them. */
  readonly touched?: () => readonly number[];
}

/** Instants whose counts are remembered. */
const mostAnchors = 64;
const now = Number.MAX_SAFE_INTEGER;
const select = 'SELECT line, status, count(*) AS count FROM verdict';

/**
 * Counts verdicts, now or as of an instant (milliseconds), of everything or one node. A past instant costs what changed between it
 * and the nearest one that was counted before, now among them: what began in between and lasts, and what ended, are two ranges of
 * indexes that hold all it takes.
 */
export function tallies(
  db: Database,
  stamps: Stamps,
): (at: number | undefined, node: number | undefined) => readonly CountRow[] {
  const ofNode = db.prepare<[number], CountRow>(`${select} WHERE node = ? AND until IS NULL GROUP BY line, status`);
  const ofNodeAt = db.prepare<[number, number, number], CountRow>(
    `${select} WHERE node = ? AND "from" <= ? AND (until IS NULL OR until > ?) GROUP BY line, status`,
  );
  const latest = db.prepare<[], number | null>('SELECT max("from") FROM verdict').pluck();
  const current = currentCounts(db, stamps);
  const between = countsBetween(db);
  const anchors = new Map<number, readonly CountRow[]>();
  let era = stamps.era();

  function asOf(at: number): readonly CountRow[] {
    if (era !== stamps.era()) anchors.clear();
    era = stamps.era();
    const known = anchors.get(at);
    if (known) return known;
    // What is still to come is as far away as the youngest verdict.
    const youngest = latest.get() ?? 0;
    const distance = (anchor: number) => Math.abs(Math.min(anchor, youngest) - at);
    const nearest = [...anchors.keys()].reduce((a, b) => (distance(b) < distance(a) ? b : a), now);
    const from = nearest === now ? current() : (anchors.get(nearest) ?? []);
    const counts = nearest > at ? moved(from, between(at, nearest), -1) : moved(from, between(nearest, at), 1);
    // No verdict begins or ends before the youngest one any more.
    if (at < youngest) remember(anchors, at, counts);
    return counts;
  }

  return (at, node) => {
    if (node !== undefined) return at === undefined ? ofNode.all(node) : ofNodeAt.all(node, at, at);
    return at === undefined ? current() : asOf(at);
  };
}

/** A change costs a count of the lines that it touched, not of everything. */
function currentCounts(db: Database, { generation, era, touched }: Stamps): () => readonly CountRow[] {
  const counted = db.prepare<[], CountRow>(`${select} WHERE until IS NULL GROUP BY line, status`);
  const ofLine = db.prepare<[number], CountRow>(
    `${select} INDEXED BY verdict_count WHERE line = ? AND until IS NULL GROUP BY line, status`,
  );
  let byLine = new Map<number, readonly CountRow[]>();
  let known: { readonly generation: number; readonly era: number; readonly rows: readonly CountRow[] } | undefined;
  return () => {
    const stamp = { generation: generation(), era: era() };
    if (known?.generation === stamp.generation) return known.rows;
    const lines = touched?.();
    if (lines && known?.era === stamp.era) for (const line of lines) byLine.set(line, ofLine.all(line));
    else byLine = Map.groupBy(counted.all(), ({ line }) => line);
    known = { ...stamp, rows: [...byLine.values()].flat() };
    return known.rows;
  };
}

interface Between {
  readonly began: readonly CountRow[];
  readonly ended: readonly CountRow[];
}

function countsBetween(db: Database): (earlier: number, later: number) => Between {
  const began = db.prepare<[number, number, number], CountRow>(
    `${select} INDEXED BY verdict_began WHERE "from" > ? AND "from" <= ? AND (until IS NULL OR until > ?) GROUP BY line, status`,
  );
  const ended = db.prepare<[number, number, number], CountRow>(
    `${select} INDEXED BY verdict_ended WHERE until > ? AND until <= ? AND "from" <= ? GROUP BY line, status`,
  );
  return (earlier, later) => ({
    began: began.all(earlier, later, later),
    ended: ended.all(earlier, later, earlier),
  });
}

/** Counts moved on in time (1) or back (-1). */
function moved(counts: readonly CountRow[], { began, ended }: Between, direction: 1 | -1): readonly CountRow[] {
  const sums = new Map<string, CountRow>();
  const add = (rows: readonly CountRow[], sign: number) => {
    for (const row of rows) {
      const key = `${row.line} ${row.status}`;
      sums.set(key, { ...row, count: (sums.get(key)?.count ?? 0) + sign * row.count });
    }
  };
  add(counts, 1);
  add(began, direction);
  add(ended, -direction);
  return [...sums.values()].filter((row) => row.count > 0);
}

function remember(anchors: Map<number, readonly CountRow[]>, at: number, counts: readonly CountRow[]): void {
  const [oldest] = anchors.keys();
  if (anchors.size >= mostAnchors && oldest !== undefined) anchors.delete(oldest);
  anchors.set(at, counts);
}
