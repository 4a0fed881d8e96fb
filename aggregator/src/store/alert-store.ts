import type { Database } from 'better-sqlite3';
import { type AlertQueries, alertQueries } from './alert-queries.ts';
import { type AlertTable, alertTable } from './alert-table.ts';
import { type VerdictLookup, verdictLookup } from './verdict-lookup.ts';
import type { Transact } from './writer.ts';

/** Alerts in the store: the side of the engine, which writes, and the side of the API, which reads. */
export interface AlertStore {
  /** Writes only inside `transact`. */
  readonly table: AlertTable;
  readonly verdicts: VerdictLookup;
  readonly transact: Transact;
  readonly queries: AlertQueries;
}

/** The alerts on the store's connections. */
export function alertStore(writer: Database, reader: Database, transact: Transact): AlertStore {
  return {
    table: alertTable(writer),
    verdicts: verdictLookup(writer),
    transact: (work) => transact(work),
    queries: alertQueries(reader),
  };
}
