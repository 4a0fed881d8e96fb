import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { referring } from '../../../aggregator/src/store/references.ts';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { freshFile } from '../world.ts';

/** Names under which tables refer to texts, values, lines and nodes. */
const refers =
  /^(fact|subject|detail|word|value|evidence|reason|message|kind|namespace|resource|place|what|line|node|(before|after)(_word|_message|_value)?)$/;
/** Columns of such a name that hold something else. */
const otherwise: readonly string[] = ['fact_gone.fact', 'delivery.message', 'journal.kind', 'alert_place.detail'];

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
  const known = new Set(
    referring.flatMap(({ table, texts, values, lines, nodes }) =>
      [...texts, ...values, ...lines, ...nodes].map((column) => `${table}.${column}`),
    ),
  );
  const unknown = columns
    .map(({ table, name }) => `${table}.${name}`)
    .filter((one) => !known.has(one) && !otherwise.includes(one) && refers.test(one.slice(one.indexOf('.') + 1)));
  // Whoever adds such a column says in aggregator/src/store/references.ts what it names, or here that it names nothing.
  expect(unknown).toEqual([]);
  expect(columns.length).toBeGreaterThan(50);
  const all = new Set(columns.map(({ table, name }) => `${table}.${name}`));
  expect([...known].filter((one) => !all.has(one))).toEqual([]);
});
