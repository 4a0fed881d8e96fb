import type { Database } from 'better-sqlite3';
import { codeOf } from './open.ts';

/** Runs a function in one write transaction; everything or nothing. Throws PLB_STORE_WRITE when the disk refuses. */
export type Transact = <T>(work: () => T) => T;

/** What follows a transaction. After a rollback caches may hold ids that never were. */
export interface Aftermath {
  readonly committed: () => void;
  readonly rolledBack: () => void;
}

/** A transaction runner. Inside a transaction it joins it. */
export function transactor(db: Database, { committed, rolledBack }: Aftermath): Transact {
  return (work) => {
    if (db.inTransaction) return work();
    const done = attempt(work);
    committed();
    return done;
  };

  function attempt<T>(work: () => T): T {
    try {
      return db.transaction(work).immediate();
    } catch (error) {
      rolledBack();
      throw codeOf(error);
    }
  }
}
