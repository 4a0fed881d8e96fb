import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Case } from './world.ts';

/** One file of cases. */
export interface CaseTable {
  readonly file: string;
  readonly control: string;
  readonly cases: readonly Case[];
}

/** Every table of test/cases, by control. */
export function readCases(): ReadonlyMap<string, CaseTable> {
  const tables = new Map<string, CaseTable>();
  for (const entry of readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.yaml')) continue;
    const file = join(entry.parentPath, entry.name);
    const table = parse(readFileSync(file, 'utf8')) as Omit<CaseTable, 'file'>;
    tables.set(table.control, { ...table, file });
  }
  return tables;
}
