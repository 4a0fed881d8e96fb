import type { Database } from 'better-sqlite3';
import { digestOf, type Intern } from './intern.ts';

/** What lies in a place of a resource at one time: JSON text, or null where nothing does. */
export interface ObjectPut {
  readonly resource: string;
  readonly place: string;
  readonly json: string | null;
  readonly at: number;
}

/** A place of which something changed, with the ids of what lay there before and lies there now; null where nothing does. */
export interface ObjectChange {
  readonly place: string;
  readonly at: number;
  readonly before: number | null;
  readonly after: number | null;
}

/** A value that lay in a place. */
export interface ObjectRow {
  readonly resource: string;
  readonly place: string;
  readonly json: string;
}

/** The objects of the cluster as intervals. Writes happen inside a transaction of the caller; times are milliseconds. */
export interface ObjectIntervals {
  /** Opens, replaces or ends an interval; undefined when nothing changed. */
  put(put: ObjectPut): ObjectChange | undefined;
  /** Places of a resource in which something lies. */
  places(resource: string): readonly string[];
  /** What lies in a place now, as JSON text. */
  current(resource: string, place: string): string | undefined;
  /** Ends every interval; false when none was open. */
  endAll(at: number): boolean;
}

interface OpenObject {
  readonly id: number;
  readonly from: number;
  readonly digest: Buffer;
  readonly value: number;
  readonly json: string;
}

/** The resource under which the states of all resources are kept. */
export const stateResource = 'state';

/** The intervals on a writing connection. */
export function objectIntervals(db: Database, intern: Intern): ObjectIntervals {
  const open = db.prepare<[number, number], OpenObject>(
    `SELECT o.id, o."from", v.digest, o.value, v.json FROM object o JOIN fact_value v ON v.id = o.value
     WHERE resource = ? AND place = ? AND until IS NULL`,
  );
  const insert = db.prepare<[number, number, number, number]>(
    'INSERT INTO object (resource, place, value, "from") VALUES (?,?,?,?)',
  );
  const close = db.prepare<[number, number]>('UPDATE object SET until = ? WHERE id = ?');
  const drop = db.prepare<[number]>('DELETE FROM object WHERE id = ?');
  const places = db
    .prepare<[number], string>(
      'SELECT t.body FROM object o JOIN text t ON t.id = o.place WHERE resource = ? AND until IS NULL',
    )
    .pluck();
  const closeAll = db.prepare<[number]>('UPDATE object SET until = max(?, "from") WHERE until IS NULL');
  return {
    put({ resource, place, json, at: given }) {
      const resourceId = intern.text(resource);
      const placeId = intern.text(place);
      const before = open.get(resourceId, placeId);
      if (before === undefined && json === null) return undefined;
      if (before && json !== null && before.digest.equals(digestOf(json))) return undefined;
      // A clock that was set back must not end an interval before it began.
      const at = Math.max(given, before?.from ?? given);
      if (before && at === before.from) drop.run(before.id);
      else if (before) close.run(at, before.id);
      const value = json === null ? null : intern.value(json);
      if (value !== null) insert.run(resourceId, placeId, value, at);
      return { place, at, before: before?.value ?? null, after: value };
    },
    places: (resource) => places.all(intern.known(resource) ?? -1),
    current: (resource, place) => open.get(intern.known(resource) ?? -1, intern.known(place) ?? -1)?.json,
    endAll: (at) => closeAll.run(at).changes > 0,
  };
}
