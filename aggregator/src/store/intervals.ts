import { type Observation, type ObservationState, observationStates } from '@plumbline/core';
import { contentDigest, keyOf } from '@plumbline/proto';
import type { Database } from 'better-sqlite3';
import type { Intern } from './intern.ts';
import { type Cause, causes, type Side } from './journal.ts';

interface OpenFact {
  readonly id: number;
  readonly content: Buffer;
  readonly from: number;
  readonly state: number;
  readonly word: number | null;
  readonly value: number | null;
  readonly previous: number | null;
}

/** A fact that changed, as ids of texts and values; a side is absent where the fact was not there. */
export interface FactChange {
  readonly fact: number;
  readonly subject: number;
  readonly before: Side | undefined;
  readonly after: Side | undefined;
}

/** When something is written, in milliseconds, and why it changes; `first`: the node was not known, so it is no change. */
export interface Written {
  readonly at: number;
  readonly cause: Cause | 'first';
}

/** Facts of nodes as intervals. All writes happen inside a transaction of the caller; times are milliseconds. */
export interface FactIntervals {
  /** Opens a new interval where the content changed; undefined when nothing did. */
  put(node: number, observation: Observation, when: Written): FactChange | undefined;
  /** Ends the interval of a key; undefined when there is none. */
  end(node: number, key: { readonly fact: string; readonly subject: string }, when: Written): FactChange | undefined;
  /** Content digest (hex) of every open fact of a node, by `keyOf`. */
  contents(node: number): ReadonlyMap<string, string>;
  /** Current observations of one fact of a node, and what tells their content apart from another. */
  ofFact(node: number, fact: string): { readonly content: string; readonly read: () => readonly Observation[] };
  /** Observations of a node, as of an instant or now, in the order of fact and subject. */
  read(node: number, at?: number): readonly Observation[];
}

/** The intervals on one connection; `intern` only where it writes. */
export function factIntervals(db: Database, intern: Intern): FactIntervals {
  const open = db.prepare<[number, number, number], OpenFact>(
    'SELECT id, content, "from", state, detail AS word, value, previous FROM fact WHERE node = ? AND fact = ? AND subject = ? AND until IS NULL',
  );
  const insert = db.prepare(
    'INSERT INTO fact (node, fact, subject, state, detail, value, content, observed_at, "from", previous, cause) VALUES (?,?,?,?,?,?,?,?,?,?,?)',
  );
  // The digest tells what an agent has to send; of what ended nobody asks it. Without it the row that gets its end does not grow, so that
  // full pages stay full: a third of the file.
  const close = db.prepare<[number, number]>("UPDATE fact SET until = ?, content = x'' WHERE id = ?");
  const drop = db.prepare<[number]>('DELETE FROM fact WHERE id = ?');
  const contents = db.prepare<[number], { fact: string; subject: string; content: Buffer }>(
    `SELECT f.body AS fact, s.body AS subject, content FROM fact JOIN text f ON f.id = fact.fact JOIN text s ON s.id = fact.subject
     WHERE node = ? AND until IS NULL`,
  );
  const factContents = db
    .prepare<[number, number], Buffer>(
      'SELECT content FROM fact WHERE node = ? AND fact = ? AND until IS NULL ORDER BY subject',
    )
    .pluck();
  const oneFact = db.prepare<[number, number], FactRow>(
    `${selectFacts} AND fact = ? AND until IS NULL ORDER BY s.body`,
  );
  // An interval that would have no length never was.
  const finish = (fact: OpenFact, at: number) => (fact.from >= at ? drop.run(fact.id) : close.run(at, fact.id));
  const gone = db.prepare<[number, number | null]>('INSERT INTO fact_gone (fact, cause) VALUES (?,?)');
  const last = (fact: OpenFact, at: number) => (fact.from >= at ? fact.previous : fact.id);
  return {
    put(node, observation, { at, cause }) {
      const content = Buffer.from(contentDigest(observation), 'hex');
      const fact = intern.text(observation.fact);
      const subject = intern.text(observation.subject);
      const before = open.get(node, fact, subject);
      if (before?.content.equals(content)) return undefined;
      if (before) finish(before, at);
      const after = sideOf(observation);
      const { state, word, value } = after;
      const previous = before ? last(before, at) : cause === 'first' ? null : 0;
      const observedAt = millis(observation.observedAt, at);
      insert.run(node, fact, subject, state, word, value, content, observedAt, at, previous, causeNumber(cause));
      return { fact, subject, before, after };
    },
    end(node, key, { at, cause }) {
      const fact = intern.known(key.fact) ?? 0;
      const subject = intern.known(key.subject) ?? 0;
      const before = open.get(node, fact, subject);
      if (before) {
        finish(before, at);
        const interval = last(before, at);
        if (interval) gone.run(interval, causeNumber(cause));
      }
      return before && { fact, subject, before, after: undefined };
    },
    contents(node) {
      return new Map(contents.all(node).map((row) => [keyOf(row), row.content.toString('hex')]));
    },
    ofFact(node, fact) {
      const id = intern.known(fact) ?? -1;
      const content = Buffer.concat(factContents.all(node, id)).toString('base64');
      return { content, read: () => oneFact.all(node, id).map(observationOf) };
    },
    read: factReader(db),
  };

  function sideOf({ state, detail, value }: Observation) {
    return {
      state: observationStates.indexOf(state),
      word: detail === undefined ? null : intern.text(detail),
      value: state === 'observed' ? intern.value(JSON.stringify(value ?? null)) : null,
    };
  }
}

/** Most changes were observed: then nothing is stored. */
function causeNumber(cause: Written['cause']): number | null {
  return cause === 'first' || cause === 'observed' ? null : causes.indexOf(cause);
}

/** A node's clock may be wrong or unreadable; then the moment of arrival stands in. */
function millis(observedAt: string, at: number): number {
  const time = Date.parse(observedAt);
  return Number.isFinite(time) ? time : at;
}

/** A fact as `selectFacts` reads it. */
export interface FactRow {
  readonly fact: string;
  readonly subject: string;
  readonly state: number;
  readonly detail: string | null;
  readonly json: string | null;
  readonly observed_at: number;
}

/** What to select of facts of a node, its id the first parameter. */
export const selectFacts = `SELECT f.body AS fact, s.body AS subject, state, d.body AS detail, v.json, observed_at
  FROM fact JOIN text f ON f.id = fact.fact JOIN text s ON s.id = fact.subject
  LEFT JOIN text d ON d.id = fact.detail LEFT JOIN fact_value v ON v.id = fact.value WHERE node = ?`;

/** The reading half alone, for a connection that may not write. */
export function factReader(db: Database): FactIntervals['read'] {
  const order = ' ORDER BY f.body, s.body';
  const current = db.prepare<[number], FactRow>(`${selectFacts} AND until IS NULL${order}`);
  const past = db.prepare<[number, number, number], FactRow>(
    `${selectFacts} AND "from" <= ? AND (until IS NULL OR until > ?)${order}`,
  );
  return (node, at) => (at === undefined ? current.all(node) : past.all(node, at, at)).map(observationOf);
}

/** The observation of a row. */
export function observationOf(row: FactRow): Observation {
  const state: ObservationState = observationStates[row.state] ?? 'malformed';
  return {
    fact: row.fact,
    subject: row.subject,
    state,
    ...(row.json === null ? {} : { value: JSON.parse(row.json) }),
    ...(row.detail === null ? {} : { detail: row.detail }),
    observedAt: new Date(row.observed_at).toISOString(),
  };
}
