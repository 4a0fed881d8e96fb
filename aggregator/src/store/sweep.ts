import type { Database } from 'better-sqlite3';
import type { Intern } from './intern.ts';
import { type Referring, referring } from './references.ts';
import type { Transact } from './writer.ts';

/** What sweeping rests on. `forget` drops every cache of ids; `removed` is told how many bytes a step gave back. */
export interface SweepParts {
  readonly db: Database;
  readonly intern: Intern;
  readonly transact: Transact;
  readonly forget: () => void;
  readonly inUse: () => number;
  readonly removed: (bytes: number) => void;
}

const rowsAtOnce = 1000;
const deletedAtOnce = 300;

/**
 * Forgets texts, values and lines that no row names any more. First every row is looked at, then what was not found goes, in steps of a few
 * milliseconds. What is written meanwhile is not lost: the interner tells each id that it hands out, and ids that are new are left alone.
 * Returns the ids of the nodes that rows name.
 */
export function* sweep(parts: SweepParts): Generator<void, ReadonlySet<number>> {
  const { db, intern } = parts;
  const texts = bits(db, 'text');
  const values = bits(db, 'fact_value');
  const nodes = new Set<number>();
  const lines = new Set<number>();
  // What is remembered was handed out before anybody listened.
  parts.forget();
  intern.watch({ text: texts.add, value: values.add });
  try {
    for (const table of referring) yield* look(db, table, { texts, values, nodes, lines });
    yield* clear(parts, 'text', texts);
    yield* clear(parts, 'fact_value', values);
    clearLines(parts, lines);
  } finally {
    intern.watch();
  }
  return nodes;
}

interface Bits {
  add(id: number): void;
  has(id: number): boolean;
  /** What is beyond is newer than the sweep. The greatest id stays, so that no id is given twice. */
  readonly last: number;
}

function bits(db: Database, table: string): Bits {
  const last = Number(db.prepare(`SELECT ifnull(max(id), 0) FROM ${table}`).pluck().get());
  const bytes = new Uint8Array((last >> 3) + 1);
  return {
    last,
    add(id) {
      if (id <= last) bytes[id >> 3] = (bytes[id >> 3] ?? 0) | (1 << (id & 7));
    },
    has: (id) => id >= last || ((bytes[id >> 3] ?? 0) & (1 << (id & 7))) !== 0,
  };
}

interface Found {
  readonly texts: Bits;
  readonly values: Bits;
  readonly nodes: Set<number>;
  readonly lines: Set<number>;
}

function* look(db: Database, { table, texts, values, nodes, lines }: Referring, found: Found): Generator<void> {
  const wanted = [
    ...texts.map((column) => [column, found.texts] as const),
    ...values.map((column) => [column, found.values] as const),
    ...nodes.map((column) => [column, found.nodes] as const),
    ...lines.map((column) => [column, found.lines] as const),
  ];
  const some = db
    .prepare<[number], (number | null)[]>(
      `SELECT id, ${wanted.map(([column]) => `"${column}"`).join()} FROM ${table} WHERE id > ? ORDER BY id LIMIT ${rowsAtOnce}`,
    )
    .raw();
  for (let after = 0; ; ) {
    const rows = some.all(after);
    const last = rows.at(-1)?.[0];
    if (last === undefined || last === null) return;
    for (const row of rows) {
      wanted.forEach(([, set], index) => {
        const id = row[index + 1];
        if (id !== null && id !== undefined) set.add(id);
      });
    }
    // What is written from now on is told by the interner: whoever waited for an end of it would wait for ever.
    if (rows.length < rowsAtOnce) return;
    after = last;
    yield;
  }
}

function* clear(parts: SweepParts, table: 'text' | 'fact_value', used: Bits): Generator<void> {
  const { db, transact, forget, inUse, removed } = parts;
  const some = db
    .prepare<[number, number], number>(
      `SELECT id FROM ${table} WHERE id > ? AND id < ? ORDER BY id LIMIT ${rowsAtOnce}`,
    )
    .pluck();
  const drop = db.prepare<[number]>(`DELETE FROM ${table} WHERE id = ?`);
  for (let after = 0; ; ) {
    const unused: number[] = [];
    const ids = some.all(after, used.last);
    for (const id of ids) {
      after = id;
      if (!used.has(id)) unused.push(id);
      if (unused.length === deletedAtOnce) break;
    }
    if (unused.length > 0) {
      removed(
        transact(() => {
          const before = inUse();
          for (const id of unused) drop.run(id);
          return before - inUse();
        }),
      );
      forget();
    }
    if (ids.length === 0) return;
    yield;
  }
}

/** Lines are few: those that were named since somebody looked are looked for again. */
function clearLines({ db, transact, forget }: SweepParts, used: ReadonlySet<number>): void {
  const ids = db.prepare<[], number>('SELECT id FROM line ORDER BY id').pluck().all();
  const named = db.prepare<[number], number>('SELECT EXISTS (SELECT 1 FROM verdict WHERE line = ?)').pluck();
  const drop = db.prepare<[number]>('DELETE FROM line WHERE id = ?');
  const unused = ids.slice(0, -1).filter((id) => !used.has(id) && named.get(id) === 0);
  if (unused.length === 0) return;
  transact(() => {
    for (const id of unused) drop.run(id);
  });
  forget();
}
