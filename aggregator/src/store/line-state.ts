import type { Database } from 'better-sqlite3';
import type { LineKey } from './line-table.ts';

/** Whether all of a line was judged on the cluster, or it was and now nobody can look. */
export type LineState = 'whole' | 'blind';

/** What is known of the lines of the cluster; undefined of one that was never judged whole. Writes are inside a transaction. */
export interface LineStates {
  of(line: LineKey | undefined): LineState | undefined;
  set(line: LineKey, state: LineState): void;
  /** Reads everything anew, after a rollback. */
  reload(): void;
}

/** The states on a writing connection, held in memory. */
export function lineStates(db: Database): LineStates {
  const known = new Map<string, LineState>();
  const all = db.prepare<[], LineKey & { readonly state: LineState }>(
    'SELECT benchmark, number, state FROM line_state',
  );
  const put = db.prepare<[string, string, string]>(
    'INSERT OR REPLACE INTO line_state (benchmark, number, state) VALUES (?, ?, ?)',
  );
  const keyOf = ({ benchmark, number }: LineKey) => `${benchmark} ${number}`;
  const reload = () => {
    known.clear();
    for (const row of all.all()) known.set(keyOf(row), row.state);
  };
  reload();
  return {
    of: (line) => line && known.get(keyOf(line)),
    set(line, state) {
      if (known.get(keyOf(line)) === state) return;
      put.run(line.benchmark, line.number, state);
      known.set(keyOf(line), state);
    },
    reload,
  };
}
