import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { PlumblineError } from '@plumbline/core';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { createPrivate, lockDatabase } from './lock.ts';
import { migrations, schemaVersion } from './schema.ts';
import { makeShrinkable } from './vacuum.ts';

/** Waiting for a lock blocks everything else, and nobody but a backup should ever hold one. */
const busyMs = 1000;

/** Two connections to one file: one that writes, one that only reads (the API). In memory they are the same. */
export interface Connections {
  readonly writer: Database.Database;
  readonly reader: Database.Database;
  close(): void;
}

/**
 * Opens or creates the database and brings its schema up to date. Throws PLB_STORE_CORRUPT for a file that is damaged or no
 * database (it is never recreated), PLB_STORE_SCHEMA for one that a newer program wrote, PLB_STORE_BUSY for one that another aggregator
 * has, PLB_STORE_WRITE where it cannot be opened.
 */
export async function openDatabase(file: string): Promise<Connections> {
  const memory = file === ':memory:';
  const opened: (() => void)[] = [];
  const close = () => {
    for (const one of opened.splice(0).reverse()) one();
  };
  try {
    if (!memory) opened.push(claim(file));
    const writer = new Database(file, { timeout: busyMs });
    opened.push(() => writer.close());
    check(writer, file);
    await migrate(writer);
    const reader = memory ? writer : new Database(file, { readonly: true, fileMustExist: true, timeout: busyMs });
    opened.push(() => reader.close());
    return { writer, reader, close };
  } catch (error) {
    close();
    throw codeOf(error, file);
  }
}

/** Findings tell where a cluster is weak: nobody else on this machine reads them. Journals take the mode of the database. */
function claim(file: string): () => void {
  mkdirSync(dirname(file), { recursive: true });
  createPrivate(file);
  return lockDatabase(file);
}

function check(db: Database.Database, file: string): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > schemaVersion) {
    throw new PlumblineError(
      'PLB_STORE_SCHEMA',
      `The database ${file} has schema ${version}, this program knows up to ${schemaVersion}; run the newer program or another database.`,
    );
  }
  const verdict = String(db.pragma('quick_check(1)', { simple: true }));
  if (verdict !== 'ok') throw corrupt(file, verdict);
  makeShrinkable(db);
  db.pragma('journal_mode = WAL');
  // An acknowledgement is a promise: WAL with NORMAL may lose the last transactions when the power fails.
  db.pragma('synchronous = FULL');
  db.pragma(`journal_size_limit = ${16 * 1024 * 1024}`);
  db.pragma('cache_size = -16384');
}

async function migrate(writer: Database.Database): Promise<void> {
  // kysely closes what it is given, so it gets a handle whose close does nothing.
  const db = new Kysely<unknown>({
    dialect: new SqliteDialect({ database: { prepare: (text) => writer.prepare(text), close: () => undefined } }),
  });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  // All or nothing: kysely takes SQLite's definitions of tables for what no transaction holds, and they are.
  writer.exec('BEGIN IMMEDIATE');
  try {
    const { error } = await migrator.migrateToLatest();
    if (error) throw error;
    if (writer.pragma('user_version', { simple: true }) !== schemaVersion)
      writer.pragma(`user_version = ${schemaVersion}`);
    writer.exec('COMMIT');
  } catch (error) {
    if (writer.inTransaction) writer.exec('ROLLBACK');
    throw error;
  }
  await db.destroy();
}

function corrupt(file: string, detail: string): PlumblineError {
  return new PlumblineError(
    'PLB_STORE_CORRUPT',
    `The database ${file} is damaged (${detail}); restore a backup or move the file away to start empty.`,
  );
}

/** The coded error of what SQLite threw; anything else is returned as it is. */
export function codeOf(error: unknown, file = 'of the aggregator'): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return corrupt(file, code);
  if (
    /^(SQLITE_(FULL|IOERR|READONLY|BUSY|CANTOPEN|LOCKED|PERM)|EACCES|EEXIST|ENOENT|ENOTDIR|EISDIR|EROFS|ENOSPC|EPERM)/.test(
      code,
    )
  ) {
    return new PlumblineError(
      'PLB_STORE_WRITE',
      `The database ${file} cannot be written (${code}); make room or mend its permissions.`,
      { cause: error },
    );
  }
  return error;
}
