import type { Attestation, Decision, DecisionContent, Json, Waiver } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import type { AuditLog } from './audit.ts';
import type { Transact } from './writer.ts';

/** What a decision is. */
export type DecisionKind = 'waiver' | 'attestation';

/** A version of a decision. Times are milliseconds; `from`: since when it stands like this, `until`: when it was changed or removed. */
export interface DecisionRecord {
  readonly kind: DecisionKind;
  readonly decision: Decision;
  /** Name of the caller who made it, and when; whoever changes it later stands in the audit log. */
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expires: number;
  readonly from: number;
  readonly until: number | null;
}

/** Who writes, and when. */
export interface Author {
  readonly who: string;
  readonly at: number;
}

/**
 * Waivers and attestations as intervals: what held at any instant can be told. Every write is in the audit log, in the same
 * transaction. Ids are numbers in the order in which they were made, of each kind, and never used again.
 */
export interface DecisionTable {
  /** Those that are not removed, expired ones included, oldest first. */
  all(kind: DecisionKind): readonly DecisionRecord[];
  get(kind: DecisionKind, id: string): DecisionRecord | undefined;
  /** Those that held at an instant, oldest first. */
  heldAt(kind: DecisionKind, at: number): readonly DecisionRecord[];
  add(kind: DecisionKind, content: DecisionContent, by: Author): DecisionRecord;
  /** Undefined where there is none with this id. */
  change(kind: DecisionKind, id: string, content: DecisionContent, by: Author): DecisionRecord | undefined;
  remove(kind: DecisionKind, id: string, by: Author): DecisionRecord | undefined;
  /** Those that expired by now and of which nobody was told yet; from now on they count as told. */
  expire(now: number): readonly DecisionRecord[];
  /** When it last was about a finding; 0 where nobody saw that. */
  lastMatched(kind: DecisionKind, id: string): number;
  rememberMatched(kind: DecisionKind, id: string, at: number): void;
  /** Grows with every change: what was computed for one version holds for it. */
  version(): number;
  /** Called after every write. */
  onChange(listener: () => void): void;
}

interface Row {
  readonly overlay: DecisionKind;
  readonly number: number;
  readonly body: string;
  readonly created_by: string;
  readonly created_at: number;
  readonly expires: number;
  readonly from: number;
  readonly until: number | null;
}

const columns = 'overlay, number, body, created_by, created_at, expires, "from", until';
const program = 'plumbline';

/** The table on both connections; `changed` is called after every write, `reload` drops what is remembered after a rollback. */
export function decisionTable(
  { writer, reader }: { readonly writer: Database; readonly reader: Database },
  audit: Pick<AuditLog, 'add'>,
  transact: Transact,
  changed: () => void,
): DecisionTable & { reload(): void } {
  const open = writer.prepare<[], Row>(`SELECT ${columns} FROM decision WHERE until IS NULL ORDER BY number`);
  const held = reader.prepare<[DecisionKind, number, number, number], Row>(
    `SELECT ${columns} FROM decision WHERE overlay = ? AND "from" <= ? AND (until IS NULL OR until > ?) AND expires > ? ORDER BY number`,
  );
  const last = writer
    .prepare<[DecisionKind], number>('SELECT coalesce(max(number), 0) FROM decision WHERE overlay = ?')
    .pluck();
  const insert = writer.prepare(
    'INSERT INTO decision (overlay, number, body, created_by, created_at, expires, "from") VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const end = writer.prepare<[number, DecisionKind, number]>(
    'UPDATE decision SET until = ? WHERE overlay = ? AND number = ? AND until IS NULL',
  );
  const untold = writer.prepare<[number], Row>(
    `SELECT ${columns} FROM decision WHERE until IS NULL AND told = 0 AND expires <= ? ORDER BY expires, id`,
  );
  const tell = writer.prepare<[DecisionKind, number]>(
    'UPDATE decision SET told = 1 WHERE overlay = ? AND number = ? AND until IS NULL',
  );
  const matched = writer
    .prepare<[DecisionKind, number], number>('SELECT at FROM decision_matched WHERE overlay = ? AND number = ?')
    .pluck();
  const setMatched = writer.prepare<[DecisionKind, number, number]>(
    'INSERT OR REPLACE INTO decision_matched (overlay, number, at) VALUES (?, ?, ?)',
  );
  const listeners = [changed];
  let version = 0;
  let current: readonly DecisionRecord[] | undefined;
  const records = () => {
    current ??= open.all().map(recordOf);
    return current;
  };
  const find = (kind: DecisionKind, id: string) => records().find((one) => one.kind === kind && one.decision.id === id);
  const write = <T>(work: () => T): T => {
    const done = transact(work);
    current = undefined;
    version++;
    for (const listener of listeners) listener();
    return done;
  };
  const log = (
    { who, at }: Author,
    action: string,
    before: DecisionRecord | undefined,
    after: DecisionRecord | undefined,
  ) => {
    const one = after ?? before;
    if (!one) return;
    const side = (record: DecisionRecord | undefined) => (record ? (record.decision as unknown as Json) : null);
    audit.add({ at, who, action, kind: one.kind, target: one.decision.id, before: side(before), after: side(after) });
  };
  const begin = (record: DecisionRecord) => {
    const { id, ...body } = record.decision;
    const { kind, createdBy, createdAt, expires, from } = record;
    insert.run(kind, Number(id), JSON.stringify(body), createdBy, createdAt, expires, from);
  };
  return {
    all: (kind) => records().filter((one) => one.kind === kind),
    get: find,
    heldAt: (kind, at) => held.all(kind, at, at, at).map(recordOf),
    add: (kind, content, by) =>
      write(() => {
        const decision = { ...content, id: String((last.get(kind) ?? 0) + 1) } as Decision;
        const made = { kind, decision, createdBy: by.who, createdAt: by.at, from: by.at, until: null };
        const record = { ...made, expires: Date.parse(content.expires) };
        begin(record);
        log(by, 'created', undefined, record);
        return record;
      }),
    change(kind, id, content, by) {
      const before = find(kind, id);
      if (!before) return undefined;
      return write(() => {
        const from = Math.max(by.at, before.from);
        const decision = { ...content, id } as Decision;
        const record = { ...before, decision, expires: Date.parse(content.expires), from };
        end.run(from, kind, Number(id));
        begin(record);
        log(by, 'changed', before, record);
        return record;
      });
    },
    remove(kind, id, by) {
      const before = find(kind, id);
      if (!before) return undefined;
      return write(() => {
        end.run(Math.max(by.at, before.from), kind, Number(id));
        log(by, 'removed', before, undefined);
        return before;
      });
    },
    expire(now) {
      const over = untold.all(now).map(recordOf);
      if (over.length === 0) return over;
      return write(() => {
        for (const one of over) {
          tell.run(one.kind, Number(one.decision.id));
          log({ who: program, at: now }, 'expired', one, one);
        }
        return over;
      });
    },
    lastMatched: (kind, id) => matched.get(kind, Number(id)) ?? 0,
    rememberMatched: (kind, id, at) => void transact(() => setMatched.run(kind, Number(id), at)),
    version: () => version,
    onChange: (listener) => void listeners.push(listener),
    reload() {
      current = undefined;
      version++;
    },
  };
}

function recordOf(row: Row): DecisionRecord {
  const decision = { ...JSON.parse(row.body), id: String(row.number) } as Waiver | Attestation;
  const { overlay: kind, created_by: createdBy, created_at: createdAt, expires, from, until } = row;
  return { kind, decision, createdBy, createdAt, expires, from, until };
}
