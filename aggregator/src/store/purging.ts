import { purgedKey } from './differences.ts';
import type { Journal } from './journal.ts';
import type { NodeTable } from './node-table.ts';
import { changeTables, type IntervalTable, intervalTables } from './references.ts';
import { stillRead } from './still-read.ts';
import { type SweepParts, sweep } from './sweep.ts';

/** What purging rests on. */
export interface PurgingParts extends Omit<SweepParts, 'removed'> {
  readonly nodes: NodeTable;
  readonly journal: Journal;
  /** History is not what it was: nothing that was counted from it holds. */
  readonly changed: () => void;
}

/** How many intervals went, by table. */
export type Purged = Readonly<Record<IntervalTable, number>>;

/** Forgets history by age, in steps of a few milliseconds, each a transaction: ingest and questions go on in between. */
export interface Purging {
  /** Ends what was seen last of nodes that were deleted at or before an instant, as of then. */
  endDeleted(cut: number): Generator<void>;
  /** Forgets every interval that ended at or before an instant (milliseconds), and what only they named. */
  purge(cut: number): Generator<void, Purged>;
  /** Forgets entries of the journal that are older. */
  pruneJournal(before: number): Generator<void>;
}

const rowsAtOnce = 1000;
const deletedAtOnce = 200;

interface Row {
  readonly id: number;
  readonly node: number;
  readonly from: number;
  readonly until: number | null;
}

/** The purging of one writing connection. */
export function purging(parts: PurgingParts): Purging {
  const { db, transact, nodes, journal, inUse } = parts;
  const stillReadOf = stillRead(db);
  const remember = db.prepare<[string, string]>('INSERT OR REPLACE INTO known (key, value) VALUES (?, ?)');
  return {
    endDeleted,
    *pruneJournal(before) {
      while (journal.prune(before) > 0) yield;
    },
    *purge(cut) {
      // Whoever asks for an older instant is told so before the first row of it goes.
      transact(() => remember.run(purgedKey, String(cut)));
      parts.changed();
      const accounts = new Map<number, Account>();
      const purged = { fact: 0, verdict: 0, object: 0, circumstance: 0 };
      for (const table of intervalTables) {
        for (const count of intervals(table, cut, accounts)) {
          purged[table] += count;
          yield;
        }
      }
      for (const [table, gone] of Object.entries(changeTables)) yield* changes(table, gone, cut);
      const total = Object.values(purged).reduce((sum, one) => sum + one, 0);
      if (total > 0) yield* rest(cut, accounts, total);
      return purged;
    },
  };

  function* endDeleted(cut: number): Generator<void> {
    const end = db.prepare<[number, number]>(
      `UPDATE fact SET until = max(?, "from"), content = x'' WHERE id IN (SELECT id FROM fact WHERE node = ? AND until IS NULL LIMIT ${deletedAtOnce})`,
    );
    for (const { id, name, deletedAt } of nodes.all()) {
      if (deletedAt === null || deletedAt > cut) continue;
      // Should it come back it says everything anew.
      transact(() => nodes.patch(name, { epoch: null, digest: '' }));
      while (transact(() => end.run(deletedAt, id).changes) > 0) yield;
      yield;
    }
  }

  function* intervals(table: IntervalTable, cut: number, accounts: Map<number, Account>): Generator<number> {
    const node = table === 'object' ? '0 AS node' : 'node';
    const some = db.prepare<[number], Row>(
      `SELECT id, ${node}, "from", until FROM ${table} WHERE id > ? ORDER BY id LIMIT ${rowsAtOnce}`,
    );
    const drop = db.prepare<[number]>(`DELETE FROM ${table} WHERE id = ?`);
    const kept = table === 'fact' ? yield* keptOf(cut) : new Set<number>();
    const greatest = db.prepare<[], number>(`SELECT ifnull(max(id), 0) FROM ${table}`).pluck().get() ?? 0;
    for (let after = 0; ; ) {
      // The greatest id stays, so that none is given twice: other rows may name it.
      const rows = some.all(after).filter((row) => row.id < greatest);
      const { old, last } = oldOf(rows, cut, kept);
      if (old.length > 0) remove(old, drop, accounts);
      yield old.length;
      // Ids grow with time: what comes after began after the cut as well.
      if (last === undefined || rows.every((row) => row.from > cut)) return;
      after = last;
    }
  }

  /** What a process read long ago may still be what runs. */
  function* keptOf(cut: number): Generator<number, ReadonlySet<number>> {
    const kept = new Set<number>();
    for (const { id } of nodes.all()) {
      for (const row of stillReadOf(id, cut)) kept.add(row);
      yield 0;
    }
    return kept;
  }

  function* changes(table: string, gone: string, cut: number): Generator<void> {
    const first = db.prepare<[], number>(`SELECT ifnull(min(id), 1) FROM ${table}`).pluck().get() ?? 1;
    const last = db.prepare<[], number>(`SELECT ifnull(max(id), 0) FROM ${table}`).pluck().get() ?? 0;
    const drop = db.prepare<[{ low: number; high: number; cut: number }]>(
      `DELETE FROM ${table} AS t WHERE id >= $low AND id < $high AND ${gone}`,
    );
    for (let low = first; low < last; low += rowsAtOnce) {
      transact(() => drop.run({ low, high: Math.min(low + rowsAtOnce, last), cut }));
      yield;
    }
  }

  function remove(rows: readonly Row[], drop: { run(id: number): unknown }, accounts: Map<number, Account>): void {
    const freed = transact(() => {
      const before = inUse();
      for (const { id } of rows) drop.run(id);
      return before - inUse();
    });
    for (const { node } of rows) {
      const account = accounts.get(node) ?? { rows: 0, bytes: 0 };
      account.rows++;
      account.bytes += freed / rows.length;
      accounts.set(node, account);
    }
  }

  /** What only the purged named goes, and its bytes are taken off the nodes' accounts in proportion to what went of each. */
  function* rest(cut: number, accounts: ReadonlyMap<number, Account>, total: number): Generator<void> {
    let swept = 0;
    const removed = (bytes: number) => {
      swept += bytes;
    };
    const named = yield* sweep({ ...parts, removed });
    for (const { id, name, storedBytes, deletedAt } of nodes.all()) {
      const account = accounts.get(id);
      const less = account ? account.bytes + (swept * account.rows) / total : 0;
      if (less > 0) transact(() => nodes.patch(name, { storedBytes: Math.max(0, Math.round(storedBytes - less)) }));
      // The greatest id stays, so that none is given twice.
      const isLast = nodes.all().every((other) => other.id <= id);
      if (deletedAt !== null && deletedAt <= cut && !named.has(id) && !isLast) {
        transact(() => nodes.drop(name));
        parts.changed();
      }
      if (less > 0) yield;
    }
  }
}

/** Those that may go, as many as fit into a step, and the id of the last that was looked at. */
function oldOf(
  rows: readonly Row[],
  cut: number,
  kept: ReadonlySet<number>,
): { readonly old: readonly Row[]; readonly last: number | undefined } {
  const old: Row[] = [];
  for (const row of rows) {
    if (row.until !== null && row.until <= cut && !kept.has(row.id)) old.push(row);
    if (old.length === deletedAtOnce) return { old, last: row.id };
  }
  return { old, last: rows.at(-1)?.id };
}

interface Account {
  rows: number;
  bytes: number;
}
