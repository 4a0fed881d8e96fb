import {
  type Evidence,
  type Finding,
  type Json,
  type ObservationState,
  observationStates,
  type Status,
} from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { statusNumbers } from './verdict-row.ts';

/**
 * Why something changed. `observed`: it did, on the node or in the cluster. `ruleset`: another check, document or program judges. `agent`:
 * another version of the agent looks. `silence`: nobody could look. What is seen for the first time is no change and has no entry.
 */
export type Cause = 'observed' | 'ruleset' | 'agent' | 'silence';

/** Whether somebody reports from a node; `deleted`: the cluster lists it no more. */
export type NodePresence = 'reporting' | 'stale' | 'no-agent' | 'deleted';

/** What was seen of a fact. */
export interface FactState {
  readonly state: ObservationState;
  readonly detail: string | null;
  readonly value: Json | null;
}

/** What a verdict says. */
export interface VerdictState {
  readonly status: Status;
  readonly reason: string;
  readonly message: string;
  readonly evidence: readonly Evidence[];
}

interface Common {
  /** Grows with every entry, never used twice. */
  readonly id: number;
  /** Milliseconds. */
  readonly at: number;
  readonly cause: Cause;
}

/** A fact of a node, or of an object of the cluster (`node` null), changed. Null where it was not there. */
export interface DriftEntry extends Common {
  readonly kind: 'drift';
  readonly node: string | null;
  readonly fact: string;
  readonly subject: string;
  readonly before: FactState | null;
  readonly after: FactState | null;
}

/** A verdict changed, or what a failing or doubtful one rests on. Null where there is none. */
export interface VerdictEntry extends Common, Pick<Finding, 'benchmark' | 'number' | 'control' | 'title' | 'severity'> {
  readonly kind: 'verdict';
  readonly node: string | null;
  readonly subject: string;
  readonly before: VerdictState | null;
  readonly after: VerdictState | null;
}

/** A node fell silent, came back, was deleted, or came without an agent. */
export interface PresenceEntry extends Common {
  readonly kind: 'presence';
  readonly node: string;
  readonly before: NodePresence | null;
  readonly after: NodePresence;
}

/** One change. */
export type Entry = DriftEntry | VerdictEntry | PresenceEntry;

/** Every change, written in the transaction of the intervals it belongs to. Who remembers an id misses nothing. */
export interface Journal {
  /** Entries with a greater id, in their order. */
  after(id: number, limit: number, kinds?: readonly Entry['kind'][]): readonly Entry[];
  /** Entries with a lesser id and no later than an instant (milliseconds), the youngest first. */
  before(id: number, at: number, limit: number, kinds: readonly Entry['kind'][]): readonly Entry[];
  /** Id of the oldest entry that is kept, 0 when there is none. */
  first(): number;
  /** Id of the youngest entry, also when it was forgotten since; 0 when there never was one. */
  last(): number;
  /** Called after a commit that appended something; the listener does not throw. */
  onAppend(listener: () => void): void;
  /** Forgets the entries before an instant (milliseconds), at most 1,000 at once; how many they were. */
  prune(before: number): number;
}

/** One side of a change as ids of texts and values; `state` is a number of the kind of entry. */
export interface Side {
  readonly state: number;
  readonly word?: number | null;
  readonly message?: number | null;
  readonly value?: number | null;
}

/** What is appended. `what`: id of a fact's name or of a line. */
export interface Appended {
  readonly at: number;
  readonly node: number;
  readonly kind: Entry['kind'];
  readonly cause: Cause;
  readonly what: number | null;
  readonly subject: number | null;
  readonly before: Side | undefined;
  readonly after: Side | undefined;
}

/** The writing half, inside a transaction of the caller. */
export interface JournalWriter {
  append(entry: Appended): void;
  /** Tells the listeners, after the commit. */
  committed(): void;
  /** Nothing was appended after all. */
  forget(): void;
}

const kinds: readonly Entry['kind'][] = ['drift', 'verdict', 'presence'];
/** Causes by their number in the database; never reorder. */
export const causes: readonly Cause[] = ['observed', 'ruleset', 'agent', 'silence'];
/** Presences by their number in the database; never reorder. */
export const presences: readonly NodePresence[] = ['reporting', 'stale', 'no-agent', 'deleted'];

/** The journal over a writing and a reading connection. */
export function openJournal(
  writer: Database,
  reader: Database,
  transact: <T>(work: () => T) => T,
): { readonly journal: Journal; readonly writer: JournalWriter } {
  const insert = writer.prepare(
    `INSERT INTO journal (at, node, kind, cause, what, subject, before_state, before_word, before_message, before_value,
     after_state, after_word, after_message, after_value) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
  );
  const forget = writer.prepare<[number]>(
    'DELETE FROM journal WHERE at < ? AND id IN (SELECT id FROM journal ORDER BY id LIMIT 1000)',
  );
  const select = reader.prepare<[number, string, number], Row>(`${selectRows} WHERE j.id > ? AND j.kind IN
    (SELECT value FROM json_each(?)) ORDER BY j.id LIMIT ?`);
  const selectBack = reader.prepare<
    [number, number, string, number],
    Row
  >(`${selectRows} WHERE j.id < ? AND j.at <= ? AND j.kind IN
    (SELECT value FROM json_each(?)) ORDER BY j.id DESC LIMIT ?`);
  const first = reader.prepare<[], number | null>('SELECT min(id) FROM journal').pluck();
  const last = reader.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").pluck();
  const listeners: (() => void)[] = [];
  let appended = false;
  return {
    journal: {
      after: (id, limit, wanted = kinds) => select.all(id, numbersOf(wanted), limit).map(entryOf),
      before: (id, at, limit, wanted) => selectBack.all(id, at, numbersOf(wanted), limit).map(entryOf),
      first: () => first.get() ?? 0,
      last: () => last.get() ?? 0,
      onAppend: (listener) => void listeners.push(listener),
      prune: (before) => transact(() => forget.run(before).changes),
    },
    writer: {
      append({ at, node, kind, cause, what, subject, before, after }) {
        const place = [at, node, kinds.indexOf(kind), causes.indexOf(cause), what, subject];
        insert.run(...place, ...cells(before), ...cells(after));
        appended = true;
      },
      committed() {
        if (!appended) return;
        appended = false;
        for (const listener of listeners) listener();
      },
      forget() {
        appended = false;
      },
    },
  };
}

function numbersOf(wanted: readonly Entry['kind'][]): string {
  return JSON.stringify(wanted.map((kind) => kinds.indexOf(kind)));
}

function cells(side: Side | undefined): readonly (number | null)[] {
  return [side?.state ?? null, side?.word ?? null, side?.message ?? null, side?.value ?? null];
}

interface Row {
  readonly id: number;
  readonly at: number;
  readonly kind: number;
  readonly cause: number;
  readonly node: string | null;
  readonly fact: string | null;
  readonly subject: string | null;
  readonly benchmark: string | null;
  readonly number: string | null;
  readonly control: string | null;
  readonly title: string | null;
  readonly severity: string | null;
  readonly before_state: number | null;
  readonly before_word: string | null;
  readonly before_message: string | null;
  readonly before_value: string | null;
  readonly after_state: number | null;
  readonly after_word: string | null;
  readonly after_message: string | null;
  readonly after_value: string | null;
}

const selectRows = `SELECT j.id, j.at, j.kind, j.cause, n.name AS node, f.body AS fact, s.body AS subject,
  l.benchmark, l.number, l.control, l.title, l.severity,
  j.before_state, bw.body AS before_word, bm.body AS before_message, bv.json AS before_value,
  j.after_state, aw.body AS after_word, am.body AS after_message, av.json AS after_value
  FROM journal j LEFT JOIN node n ON n.id = j.node LEFT JOIN text f ON j.kind = 0 AND f.id = j.what
  LEFT JOIN line l ON j.kind = 1 AND l.id = j.what LEFT JOIN text s ON s.id = j.subject
  LEFT JOIN text bw ON bw.id = j.before_word LEFT JOIN text bm ON bm.id = j.before_message LEFT JOIN fact_value bv ON bv.id = j.before_value
  LEFT JOIN text aw ON aw.id = j.after_word LEFT JOIN text am ON am.id = j.after_message LEFT JOIN fact_value av ON av.id = j.after_value`;

function entryOf(row: Row): Entry {
  const common = { id: row.id, at: row.at, cause: causes[row.cause] ?? 'observed', node: row.node };
  const subject = row.subject ?? '';
  switch (kinds[row.kind]) {
    case 'drift':
      return {
        ...common,
        kind: 'drift',
        fact: row.fact ?? '',
        subject,
        before: fact(row, 'before'),
        after: fact(row, 'after'),
      };
    case 'verdict':
      return {
        ...common,
        kind: 'verdict',
        ...placeOf(row),
        subject,
        before: verdict(row, 'before'),
        after: verdict(row, 'after'),
      };
    default:
      return {
        ...common,
        kind: 'presence',
        node: row.node ?? '',
        before: row.before_state === null ? null : (presences[row.before_state] ?? null),
        after: presences[row.after_state ?? 0] ?? 'reporting',
      };
  }
}

function placeOf(row: Row): Pick<VerdictEntry, 'benchmark' | 'number' | 'control' | 'title' | 'severity'> {
  const { benchmark, number, control, title } = row;
  return {
    benchmark: benchmark ?? '',
    number: number ?? '',
    control: control ?? '',
    title: title ?? '',
    severity: (row.severity ?? 'medium') as VerdictEntry['severity'],
  };
}

function fact(row: Row, side: 'before' | 'after'): FactState | null {
  const state = row[`${side}_state`];
  if (state === null) return null;
  const json = row[`${side}_value`];
  return {
    state: observationStates[state] ?? 'malformed',
    detail: row[`${side}_word`],
    value: json === null ? null : (JSON.parse(json) as Json),
  };
}

function verdict(row: Row, side: 'before' | 'after'): VerdictState | null {
  const state = row[`${side}_state`];
  if (state === null) return null;
  return {
    status: statusNumbers[state] ?? 'error',
    reason: row[`${side}_word`] ?? '',
    message: row[`${side}_message`] ?? '',
    evidence: JSON.parse(row[`${side}_value`] ?? '[]') as readonly Evidence[],
  };
}
