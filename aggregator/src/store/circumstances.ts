import type { Silence, Versions } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { digestOf, type Intern } from './intern.ts';

/**
 * What a node was judged as besides its observations: what the cluster and earlier looks told of it. `silence` null where somebody reported.
 * Of the cluster itself only `versions` count.
 */
export interface Circumstance {
  readonly os: string | null;
  readonly labels: readonly string[];
  readonly roles: readonly string[];
  readonly platform: string | null;
  readonly silence: Silence | null;
  /** Labels told what a silent node is not. */
  readonly labelsTell: boolean;
  readonly versions: Versions;
}

/** Circumstances as intervals, by id of the node, 0 for the cluster. Writes happen inside a transaction of the caller. */
export interface Circumstances {
  /** Makes these the circumstances from now on; null: nothing is judged any more. */
  put(node: number, circumstance: Circumstance | null, at: number): void;
}

/** The intervals on a writing connection. */
export function circumstances(db: Database, intern: Intern): Circumstances {
  const open = db.prepare<[number], { id: number; from: number; digest: Buffer }>(
    'SELECT c.id, c."from", v.digest FROM circumstance c JOIN fact_value v ON v.id = c.value WHERE node = ? AND until IS NULL',
  );
  const insert = db.prepare<[number, number, number]>('INSERT INTO circumstance (node, value, "from") VALUES (?,?,?)');
  const close = db.prepare<[number, number]>('UPDATE circumstance SET until = ? WHERE id = ?');
  const drop = db.prepare<[number]>('DELETE FROM circumstance WHERE id = ?');
  return {
    put(node, circumstance, at) {
      const before = open.get(node);
      const json = circumstance && JSON.stringify(circumstance);
      if (json !== null && before?.digest.equals(digestOf(json))) return;
      if (before && before.from >= at) drop.run(before.id);
      else if (before) close.run(at, before.id);
      if (json !== null) insert.run(node, intern.value(json), Math.max(at, before?.from ?? at));
    },
  };
}
