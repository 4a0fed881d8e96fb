import type { BenchmarkMatch, Finding } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { digestOf } from './intern.ts';

/** One line of a document, whatever its title and its match were when something was judged by it. */
export interface LineKey {
  readonly benchmark: string;
  readonly number: string;
}

/** What is known of a line by its id. */
export interface KnownLine extends LineKey {
  readonly control: string;
  readonly ruleset: string;
}

/** Lines of documents as they stood when something was judged by them, each once. */
export interface LineTable {
  /** The id of a line as this finding has it; it is stored when it is new. */
  id(finding: Finding, match: BenchmarkMatch): number;
  /** Every id that a line has or had: its title, its check or the match may have changed. */
  ids(line: LineKey): readonly number[];
  byId(id: number): KnownLine | undefined;
  /** Drops what is remembered, after a rollback. */
  forget(): void;
}

/** The lines on a writing connection. */
export function lineTable(db: Database): LineTable {
  const known = new Map<string, number>();
  const alike = new Map<string, readonly number[]>();
  const find = db.prepare<[Buffer], { id: number }>('SELECT id FROM line WHERE digest = ?');
  const findAll = db
    .prepare<[string, string], number>('SELECT id FROM line WHERE benchmark = ? AND number = ?')
    .pluck();
  const keys = new Map<number, KnownLine>();
  const findKey = db.prepare<[number], KnownLine>('SELECT benchmark, number, control, ruleset FROM line WHERE id = ?');
  const add = db.prepare(
    `INSERT INTO line (digest, benchmark, match, number, control, title, severity, level, by, remedy, note, ruleset, sort)
     VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
  );
  return {
    id(finding, match) {
      const { benchmark, number, control, title, severity, level, by, remedy, note, ruleset } = finding;
      const cells = [
        benchmark,
        match,
        number,
        control,
        title,
        severity,
        level,
        by,
        remedy,
        note ?? null,
        ruleset ?? '',
      ];
      const key = JSON.stringify(cells);
      const before = known.get(key);
      if (before !== undefined) return before;
      const digest = digestOf(key);
      const id = find.get(digest)?.id ?? Number(add.run(digest, ...cells, sortKey(benchmark, number)).lastInsertRowid);
      known.set(key, id);
      alike.delete(`${benchmark} ${number}`);
      return id;
    },
    ids({ benchmark, number }) {
      const key = `${benchmark} ${number}`;
      const before = alike.get(key);
      if (before) return before;
      const found = findAll.all(benchmark, number);
      alike.set(key, found);
      return found;
    },
    byId(id) {
      const before = keys.get(id);
      if (before) return before;
      const found = findKey.get(id);
      if (found) keys.set(id, found);
      return found;
    },
    forget() {
      known.clear();
      alike.clear();
      keys.clear();
    },
  };
}

/** Texts that sort as documents and numbers do: 1.2.9 before 1.2.10. */
export function sortKey(benchmark: string, number: string): string {
  return `${benchmark} ${number
    .split('.')
    .map((part) => part.padStart(4, '0'))
    .join('.')}`;
}
