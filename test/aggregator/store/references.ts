import Database from 'better-sqlite3';
import { referring } from '../../../aggregator/src/store/references.ts';

/** Ids that rows of a database name although nothing has them, as `table.column id`. */
export function danglingReferences(file: string): readonly string[] {
  const db = new Database(file, { readonly: true });
  const missing = (table: string, column: string, of: string) =>
    db
      .prepare<[], number>(
        `SELECT DISTINCT "${column}" FROM ${table} WHERE "${column}" IS NOT NULL AND "${column}" <> 0 AND "${column}" NOT IN (SELECT id FROM ${of})`,
      )
      .pluck()
      .all()
      .map((id) => `${table}.${column} ${id}`);
  const found = referring.flatMap(({ table, texts, values, lines, nodes }) => {
    const plain = (columns: readonly string[]) => columns.filter((column) => column !== 'what');
    return [
      ...plain(texts).flatMap((column) => missing(table, column, 'text')),
      ...values.flatMap((column) => missing(table, column, 'fact_value')),
      ...plain(lines).flatMap((column) => missing(table, column, 'line')),
      ...nodes.flatMap((column) => missing(table, column, 'node')),
    ];
  });
  db.close();
  return found;
}

/** How many rows a table has. */
export function rowsOf(file: string, table: string, where = '1'): number {
  const db = new Database(file, { readonly: true });
  const count = db.prepare<[], number>(`SELECT count(*) FROM ${table} WHERE ${where}`).pluck().get() ?? 0;
  db.close();
  return count;
}
