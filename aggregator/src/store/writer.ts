import type { Database } from 'better-sqlite3';
import { codeOf } from './open.ts';

/** Runs a function in one write transaction; everything or nothing. Throws PLB_STORE_WRITE when the disk refuses. */
export type Transact = <T>(work: () => T) => T;

/** A transaction runner; `forget` is called after a rollback, because caches may hold ids that never were. */
export function transactor(db: Database, forget: () => void): Transact {
  return (work) => {
    try {
      return db.transaction(work).immediate();
    } catch (error) {
      forget();
      throw codeOf(error);
    }
  };
}
