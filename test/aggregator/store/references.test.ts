import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { referring } from '../../../aggregator/src/store/references.ts';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { freshFile } from '../world.ts';

/** Integers that are times, counts, switches or ids of the row itself. */
const noReference =
  /^(id|from|until|at|day|month|state|status|kind|cause|.*_(state|at|until|bytes)|first_seen|last_received|pass|fail|warn|error|not_applicable|number|expires|told|deadline|enabled|since|listed|series|rowid|count|attempts|seq|revision|last|heard|reached|created|tries|next_try|settled|previous)$/;

test('every integer that may name a text, value, line or node is known to who forgets them', async () => {
  const file = freshFile();
  (await openStore(file)).close();
  const db = new Database(file, { readonly: true });
  const columns = db
    .prepare<[], { table: string; name: string }>(
      `SELECT m.name AS "table", c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
       WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'kysely_%' AND c.type = 'INTEGER'`,
    )
    .all();
  db.close();
  const noText = ['fact_gone.fact', 'delivery.message'];
  const known = new Set(
    referring.flatMap(({ table, texts, values, lines, nodes }) =>
      [...texts, ...values, ...lines, ...nodes].map((column) => `${table}.${column}`),
    ),
  );
  const unknown = columns
    .map(({ table, name }) => `${table}.${name}`)
    .filter((one) => !known.has(one) && !noText.includes(one) && !noReference.test(one.slice(one.indexOf('.') + 1)));
  // Whoever adds such a column says in aggregator/src/store/references.ts what it names, or here that it names nothing.
  expect(unknown).toEqual([]);
  expect(columns.length).toBeGreaterThan(50);
  const all = new Set(columns.map(({ table, name }) => `${table}.${name}`));
  expect([...known].filter((one) => !all.has(one))).toEqual([]);
});
