import { closeSync, openSync, realpathSync } from 'node:fs';
import { PlumblineError } from '@plumbline/core';
import Database from 'better-sqlite3';

/**
 * Makes this process the only one that writes a database; call the answer to let go. Throws PLB_STORE_BUSY while another holds it.
 * The lock is an exclusive transaction on a side file that stays empty: the kernel drops it with the process, however that ends, so
 * nothing stale is ever left, while readers and backups of the database itself are not kept out.
 */
export function lockDatabase(file: string): () => void {
  // Two paths to one file are one database.
  const side = `${realpathSync(file)}.lock`;
  createPrivate(side);
  const lock = new Database(side, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw isBusy(error) ? busy(file, side) : error;
  }
  return () => lock.close();
}

/**
 * Creates a file that only its owner reads, if it is missing. One that is there is not opened: closing any descriptor of a file drops all
 * locks that this process has on it (POSIX).
 */
export function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

function busy(file: string, side: string): PlumblineError {
  return new PlumblineError(
    'PLB_STORE_BUSY',
    `Another aggregator has the database ${file} (it holds ${side}); end that one or give another file.`,
  );
}
