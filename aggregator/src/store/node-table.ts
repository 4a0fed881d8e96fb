import type { BenchmarkMatch } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import type { NodePresence } from './journal.ts';

/** Which documents hold on a node and how well they fit. */
export interface NodeDocuments {
  readonly controlPlane: { readonly benchmark: string; readonly match: BenchmarkMatch };
  readonly node: { readonly benchmark: string; readonly match: BenchmarkMatch };
  /** The control plane's version by the node's own manifests, null where it has none. */
  readonly manifestVersion: string | null;
}

/** What is known of a node. Times are milliseconds; `lastReceived` is null while no agent was ever heard. */
export interface NodeRecord {
  readonly id: number;
  readonly name: string;
  readonly uid: string | null;
  readonly kubeletVersion: string | null;
  readonly providerId: string | null;
  /** `linux` or `windows`, null when the cluster does not say. */
  readonly os: string | null;
  /** Keys of the labels of the Node object. */
  readonly labels: readonly string[];
  readonly roles: readonly string[];
  readonly platform: string | null;
  readonly documents: NodeDocuments | null;
  /** True while the cluster lists it. */
  readonly listed: boolean;
  readonly firstSeen: number;
  readonly lastReceived: number | null;
  readonly epoch: string | null;
  readonly sequence: bigint;
  readonly digest: string;
  readonly agentVersion: string | null;
  readonly deletedAt: number | null;
  /** Bytes of the database that came with what this node said. */
  readonly storedBytes: number;
  /** Version of the agent whose words were judged last; null when none were. */
  readonly judgedAgent: string | null;
  /** How it was present when it was judged last. */
  readonly presence: NodePresence | null;
}

/** What may change of a node. */
export type NodePatch = Partial<Omit<NodeRecord, 'id' | 'name' | 'firstSeen'>>;

/**
 * The nodes, held in memory and written through. `get` and `all` include deleted ones. Reads never touch the disk; writes are
 * transactions of their own unless they run inside one.
 */
export interface NodeTable {
  get(name: string): NodeRecord | undefined;
  all(): readonly NodeRecord[];
  /** The node, made when it is new. */
  ensure(name: string, at: number): NodeRecord;
  /** Writes what differs; nothing is written when nothing does. */
  patch(name: string, patch: NodePatch): void;
  /** Changes memory only: the disk follows at the next patch. */
  heard(name: string, patch: Pick<NodePatch, 'lastReceived' | 'sequence'>): void;
  /** Forgets a node of which nothing is kept any more. */
  drop(name: string): void;
  /** Reads everything anew, after a rollback. */
  reload(): void;
}

const columns: Readonly<Record<keyof NodePatch, string>> = {
  uid: 'uid',
  kubeletVersion: 'kubelet_version',
  providerId: 'provider_id',
  os: 'os',
  labels: 'labels',
  roles: 'roles',
  platform: 'platform',
  documents: 'documents',
  listed: 'listed',
  lastReceived: 'last_received',
  epoch: 'epoch',
  sequence: 'sequence',
  digest: 'digest',
  agentVersion: 'agent_version',
  deletedAt: 'deleted_at',
  storedBytes: 'stored_bytes',
  judgedAgent: 'judged_agent',
  presence: 'presence',
};

/** The table on a writing connection. */
export function nodeTable(db: Database): NodeTable {
  const rows = new Map<string, NodeRecord>();
  const insert = db.prepare<[string, number]>('INSERT INTO node (name, first_seen) VALUES (?, ?)');
  const remove = db.prepare<[string]>('DELETE FROM node WHERE name = ?');
  const one = db.prepare<[string], NodeRow>('SELECT * FROM node WHERE name = ?');
  const every = db.prepare<[], NodeRow>('SELECT * FROM node ORDER BY name');
  const reload = () => {
    const heard = new Map([...rows.values()].map((one) => [one.name, one.lastReceived]));
    rows.clear();
    for (const row of every.all()) {
      const record = recordOf(row);
      // What was heard was heard, whatever the disk says of it.
      const { lastReceived } = record;
      const last = lastReceived === null ? null : Math.max(heard.get(record.name) ?? 0, lastReceived);
      rows.set(row.name, { ...record, lastReceived: last });
    }
  };
  reload();
  return {
    get: (name) => rows.get(name),
    all: () => [...rows.values()],
    ensure(name, at) {
      const known = rows.get(name);
      if (known) return known;
      insert.run(name, at);
      const row = one.get(name);
      if (!row) throw new Error(`the node ${name} vanished while it was made`);
      const record = recordOf(row);
      rows.set(name, record);
      return record;
    },
    patch(name, patch) {
      const before = rows.get(name);
      if (!before) return;
      const changed = (Object.keys(patch) as (keyof NodePatch)[]).filter((key) => !same(before[key], patch[key]));
      // What only memory knows so far is written with everything else.
      const write = new Set<keyof NodePatch>([...changed, 'lastReceived', 'sequence']);
      if (changed.length === 0) return;
      const after = { ...before, ...patch };
      const keys = [...write];
      db.prepare(`UPDATE node SET ${keys.map((key) => `${columns[key]} = ?`).join(', ')} WHERE id = ?`).run(
        ...keys.map((key) => cell(after[key])),
        before.id,
      );
      rows.set(name, after);
    },
    heard(name, patch) {
      const before = rows.get(name);
      if (before) rows.set(name, { ...before, ...patch });
    },
    drop(name) {
      remove.run(name);
      rows.delete(name);
    },
    reload,
  };
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

function cell(value: NodeRecord[keyof NodePatch]): string | number | null {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'boolean' ? Number(value) : JSON.stringify(value);
}

interface NodeRow {
  readonly id: number;
  readonly name: string;
  readonly uid: string | null;
  readonly kubelet_version: string | null;
  readonly provider_id: string | null;
  readonly os: string | null;
  readonly roles: string;
  readonly labels: string;
  readonly platform: string | null;
  readonly documents: string | null;
  readonly listed: number;
  readonly first_seen: number;
  readonly last_received: number | null;
  readonly epoch: string | null;
  readonly sequence: string | null;
  readonly digest: string | null;
  readonly agent_version: string | null;
  readonly deleted_at: number | null;
  readonly stored_bytes: number;
  readonly judged_agent: string | null;
  readonly presence: NodePresence | null;
}

function recordOf(row: NodeRow): NodeRecord {
  return {
    id: row.id,
    name: row.name,
    uid: row.uid,
    kubeletVersion: row.kubelet_version,
    providerId: row.provider_id,
    os: row.os,
    labels: JSON.parse(row.labels),
    roles: JSON.parse(row.roles),
    platform: row.platform,
    documents: row.documents === null ? null : { manifestVersion: null, ...JSON.parse(row.documents) },
    listed: row.listed === 1,
    firstSeen: row.first_seen,
    lastReceived: row.last_received,
    epoch: row.epoch,
    sequence: BigInt(row.sequence ?? '0'),
    digest: row.digest ?? '',
    agentVersion: row.agent_version,
    deletedAt: row.deleted_at,
    storedBytes: row.stored_bytes,
    judgedAgent: row.judged_agent,
    presence: row.presence,
  };
}
