import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from '../../../aggregator/src/store/schema.ts';

/** Makes a database as a program that knew the schema only up to this version left it, and returns it open. */
export async function oldDatabase(file: string, version: number): Promise<Database.Database> {
  const opened = new Database(file);
  const db = new Kysely<unknown>({
    dialect: new SqliteDialect({ database: { prepare: (text) => opened.prepare(text), close: () => undefined } }),
  });
  const known = Object.entries(migrations).filter(([name]) => Number.parseInt(name, 10) <= version);
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => Object.fromEntries(known) },
  }).migrateToLatest();
  if (error) throw error;
  opened.pragma(`user_version = ${version}`);
  return opened;
}
