import { facts as dictionary } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { type Cause, causes } from './journal.ts';
import { objectFact } from './object-journal.ts';

/** Lists of changes: what began, what ended without another, and objects of the cluster. */
export type DriftList = 'began' | 'gone' | 'objects';

/** One side of a change as ids: equal ids are equal sides. */
export interface DriftSide {
  readonly state: number;
  readonly word: number | null;
  readonly value: number | null;
}

/** A fact of a node, or an object of the cluster (`node` null), changed. `node` 0: the cluster. */
export interface DriftRow {
  readonly list: DriftList;
  readonly id: number;
  readonly at: number;
  readonly node: number;
  readonly cause: Cause;
  readonly fact: string;
  readonly subject: string;
  readonly before: DriftSide | null;
  readonly after: DriftSide | null;
}

/** Which changes. Absent filters let everything through; times are milliseconds. */
export interface DriftFilter {
  readonly node?: number;
  readonly fact?: string;
  readonly subject?: string;
}

/** Changes of facts and objects over all of history, from the intervals. Never writes. */
export interface DriftQueries {
  /** The id of the youngest change of a list at or before an instant, 0 when there is none. */
  idAt(list: DriftList, at: number): number;
  /**
   * Changes of a list with an id of at most `id`, the youngest first, at most `limit` of them, and where to go on: 0 when nothing is left.
   * Looks at no more than 20,000 ids, so that an answer may be empty and yet not the last.
   */
  back(list: DriftList, id: number, limit: number, filter: DriftFilter): DriftRead;
  /** Current facts of a node, by ids of their values, in the order of fact and subject. */
  current(node: number): readonly CurrentFact[];
  /** A value and the text of a detail by their ids. */
  value(id: number): string | undefined;
  text(id: number): string | undefined;
}

/** A fact as it stands. */
export interface CurrentFact extends DriftSide {
  readonly fact: string;
  readonly subject: string;
}

/** Changes that were read, and the greatest id that was not. */
export interface DriftRead {
  readonly rows: readonly DriftRow[];
  readonly next: number;
}

interface Row {
  readonly id: number;
  readonly at: number;
  readonly node: number;
  readonly cause: number | null;
  readonly fact: string;
  readonly subject: string;
  readonly before_state: number | null;
  readonly before_word: number | null;
  readonly before_value: number | null;
  readonly after_state: number | null;
  readonly after_word: number | null;
  readonly after_value: number | null;
}

interface Bound {
  readonly high: number;
  readonly low: number;
  readonly limit: number;
  readonly node: number | null;
  readonly fact: string | null;
  readonly subject: string | null;
}

/** Ids that one read looks at. */
const span = 20_000;
const still = [...dictionary.values()].filter((one) => !one.drifts).map((one) => `'${one.name}'`);
const sides = (before: string, after: string) => `${before}.state AS before_state, ${before}.detail AS before_word,
  ${before}.value AS before_value, ${after}.state AS after_state, ${after}.detail AS after_word, ${after}.value AS after_value`;
const drifting = `(SELECT id FROM text WHERE body IN (${still.join(', ')}))`;
const wanted = (fact: string) => `${fact}.fact NOT IN ${drifting}
  AND ($fact IS NULL OR ${fact}.fact = (SELECT id FROM text WHERE body = $fact))
  AND ($subject IS NULL OR ${fact}.subject = (SELECT id FROM text WHERE body = $subject))`;
const texts = (fact: string) => `JOIN text f ON f.id = ${fact}.fact JOIN text s ON s.id = ${fact}.subject`;
const none = 'SELECT NULL AS state, NULL AS detail, NULL AS value';

const selects: Readonly<Record<DriftList, string>> = {
  began: `SELECT a.id, a."from" AS at, a.node, a.cause, f.body AS fact, s.body AS subject, ${sides('b', 'a')}
    FROM fact a LEFT JOIN fact b ON b.id = a.previous ${texts('a')}
    WHERE a.id <= $high AND a.id > $low AND a.previous IS NOT NULL AND (a.previous = 0 OR b.id IS NOT NULL)
    AND ($node IS NULL OR a.node = $node) AND ${wanted('a')} ORDER BY a.id DESC LIMIT $limit`,
  gone: `SELECT g.id, b.until AS at, b.node, g.cause, f.body AS fact, s.body AS subject, ${sides('b', 'n')}
    FROM fact_gone g JOIN fact b ON b.id = g.fact JOIN (${none}) n ${texts('b')}
    WHERE g.id <= $high AND g.id > $low AND ($node IS NULL OR b.node = $node) AND ${wanted('b')} ORDER BY g.id DESC LIMIT $limit`,
  objects: `SELECT o.id, o.at, 0 AS node, NULL AS cause, '${objectFact}' AS fact, s.body AS subject,
    CASE WHEN o.before IS NOT NULL THEN 0 END AS before_state, NULL AS before_word, o.before AS before_value,
    CASE WHEN o.after IS NOT NULL THEN 0 END AS after_state, NULL AS after_word, o.after AS after_value
    FROM object_change o JOIN text s ON s.id = o.place
    WHERE o.id <= $high AND o.id > $low AND ($node IS NULL OR $node = 0) AND ($fact IS NULL OR $fact = '${objectFact}')
    AND ($subject IS NULL OR s.body = $subject) ORDER BY o.id DESC LIMIT $limit`,
};
/** All of a node's facts are few; found by their time they need no reading of the others. */
const beganOnNode = selects.began
  .replace('FROM fact a', 'FROM fact a INDEXED BY fact_time')
  .replace('($node IS NULL OR a.node = $node)', 'a.node = $node')
  .replace('ORDER BY a.id', 'ORDER BY a."from" DESC, a.id');
/** An id at most so high that is there, and its time. */
const probes: Readonly<Record<DriftList, string>> = {
  began: 'SELECT id, "from" AS at FROM fact WHERE id <= ? ORDER BY id DESC LIMIT 1',
  gone: 'SELECT g.id, b.until AS at FROM fact_gone g JOIN fact b ON b.id = g.fact WHERE g.id <= ? ORDER BY g.id DESC LIMIT 1',
  objects: 'SELECT id, at FROM object_change WHERE id <= ? ORDER BY id DESC LIMIT 1',
};

/** The changes on a reading connection. */
export function driftQueries(db: Database): DriftQueries {
  const prepared = <T extends readonly unknown[], R>(statements: Readonly<Record<DriftList, string>>) => ({
    began: db.prepare<[...T], R>(statements.began),
    gone: db.prepare<[...T], R>(statements.gone),
    objects: db.prepare<[...T], R>(statements.objects),
  });
  const reads = prepared<[Bound], Row>(selects);
  const readsOfNode = db.prepare<[Bound], Row>(beganOnNode);
  const probe = prepared<[number], { id: number; at: number }>(probes);
  const value = db.prepare<[number], string>('SELECT json FROM fact_value WHERE id = ?').pluck();
  const text = db.prepare<[number], string>('SELECT body FROM text WHERE id = ?').pluck();
  const current = db.prepare<[number], CurrentFact>(
    `SELECT f.body AS fact, s.body AS subject, a.state, a.detail AS word, a.value FROM fact a ${texts('a')}
     WHERE a.node = ? AND a.until IS NULL ORDER BY f.body, s.body`,
  );
  return {
    current: (node) => current.all(node),
    value: (id) => value.get(id),
    text: (id) => text.get(id),
    idAt(list, at) {
      // Ids grow with time: what is written later has a greater one.
      let high = probe[list].get(Number.MAX_SAFE_INTEGER)?.id ?? 0;
      let low = 0;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        const found = probe[list].get(middle);
        if (!found || found.at <= at) low = middle;
        else high = Math.min(found.id, middle) - 1;
      }
      return low;
    },
    back(list, id, limit, { node, fact, subject }) {
      const ofNode = list === 'began' && node !== undefined && node !== 0;
      const low = ofNode ? 0 : Math.max(0, id - span);
      const filter = { node: node ?? null, fact: fact ?? null, subject: subject ?? null };
      const rows = (ofNode ? readsOfNode : reads[list])
        .all({ high: id, low, limit, ...filter })
        .map((row) => rowOf(list, row));
      const last = rows.at(-1);
      return { rows, next: rows.length === limit && last ? last.id - 1 : low };
    },
  };
}

function rowOf(list: DriftList, row: Row): DriftRow {
  const { id, at, node, fact, subject } = row;
  const side = (state: number | null, word: number | null, value: number | null) =>
    state === null ? null : { state, word, value };
  return {
    ...{ list, id, at, node, fact, subject },
    cause: causes[row.cause ?? 0] ?? 'observed',
    before: side(row.before_state, row.before_word, row.before_value),
    after: side(row.after_state, row.after_word, row.after_value),
  };
}
