import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Times are integer milliseconds since 1970 UTC. An interval is open while `until` is null. `node` 0 is the cluster itself. */
const statements: readonly string[] = [
  'CREATE TABLE text (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE)',
  'CREATE TABLE known (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE fact_value (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, json TEXT NOT NULL)',
  `CREATE TABLE node (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, uid TEXT, kubelet_version TEXT, provider_id TEXT, os TEXT,
    roles TEXT NOT NULL DEFAULT '[]', labels TEXT NOT NULL DEFAULT '[]', platform TEXT, documents TEXT,
    listed INTEGER NOT NULL DEFAULT 0, first_seen INTEGER NOT NULL, last_received INTEGER,
    epoch TEXT, sequence TEXT, digest TEXT, agent_version TEXT, deleted_at INTEGER)`,
  `CREATE TABLE fact (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, fact INTEGER NOT NULL, subject INTEGER NOT NULL,
    state INTEGER NOT NULL, detail INTEGER, value INTEGER, content BLOB NOT NULL, observed_at INTEGER NOT NULL,
    "from" INTEGER NOT NULL, until INTEGER)`,
  'CREATE UNIQUE INDEX fact_open ON fact (node, fact, subject) WHERE until IS NULL',
  'CREATE INDEX fact_time ON fact (node, "from")',
  `CREATE TABLE line (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, benchmark TEXT NOT NULL, match TEXT NOT NULL, number TEXT NOT NULL,
    control TEXT NOT NULL, title TEXT NOT NULL, severity TEXT NOT NULL, level TEXT NOT NULL, by TEXT NOT NULL,
    remedy TEXT NOT NULL, note TEXT, sort TEXT NOT NULL)`,
  `CREATE TABLE verdict (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, line INTEGER NOT NULL, subject INTEGER NOT NULL, kind INTEGER,
    namespace INTEGER, status INTEGER NOT NULL, reason INTEGER NOT NULL, message INTEGER NOT NULL, evidence INTEGER NOT NULL,
    valid_until INTEGER, "from" INTEGER NOT NULL, until INTEGER)`,
  'CREATE INDEX verdict_page ON verdict (line, node, subject, "from")',
  'CREATE INDEX verdict_namespace ON verdict (namespace, line, subject) WHERE namespace IS NOT NULL',
  'CREATE INDEX verdict_kind ON verdict (kind, line, subject) WHERE kind IS NOT NULL',
  'CREATE UNIQUE INDEX verdict_open ON verdict (node, line, subject) WHERE until IS NULL',
  'CREATE INDEX verdict_count ON verdict (line, status) WHERE until IS NULL',
  'CREATE INDEX verdict_expiry ON verdict (valid_until) WHERE until IS NULL AND valid_until IS NOT NULL',
  'CREATE INDEX verdict_node ON verdict (node, "from")',
];

/** Nodes, facts and verdicts as intervals. */
export const intervals: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
