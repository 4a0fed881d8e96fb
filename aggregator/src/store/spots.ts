import type { Status } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { statusOf } from './finding-row.ts';
import { statusNumbers } from './verdict-row.ts';

/** Where a verdict stands on a line; `node` is an id, 0 the cluster. */
export interface VerdictSpot {
  readonly node: number;
  readonly subject: string;
  readonly status: Status;
}

/** Reads where verdicts stand, without what they say. */
export interface Spots {
  /** Those that fail or warn on a line, now or at an instant (milliseconds). */
  openSpots(line: number, at?: number): readonly VerdictSpot[];
  /** Is there a current verdict on the line, of any status, that this is true of? The reading ends with the first. */
  anySpot(line: number, isMeant: (spot: VerdictSpot) => boolean): boolean;
}

interface Row {
  readonly node: number;
  readonly subject: string;
  readonly status: number;
}

const select = 'SELECT v.node, s.body AS subject, v.status FROM verdict v';
const open = ['fail', 'warn'].map((one) => statusNumbers.indexOf(one as Status)).join(', ');

/** The places of verdicts on a reading connection: each question is one range of an index. */
export function spots(db: Database): Spots {
  const now = db.prepare<[number], Row>(
    `${select} INDEXED BY verdict_count JOIN text s ON s.id = v.subject WHERE v.line = ? AND v.status IN (${open}) AND v.until IS NULL`,
  );
  const then = db.prepare<[number, number, number], Row>(
    `${select} INDEXED BY verdict_page JOIN text s ON s.id = v.subject
     WHERE v.line = ? AND v.status IN (${open}) AND v."from" <= ? AND (v.until IS NULL OR v.until > ?)`,
  );
  const every = db.prepare<[number], Row>(
    `${select} INDEXED BY verdict_count JOIN text s ON s.id = v.subject WHERE v.line = ? AND v.until IS NULL`,
  );
  return {
    openSpots: (line, at) => (at === undefined ? now.all(line) : then.all(line, at, at)).map(spotOf),
    anySpot(line, isMeant) {
      for (const row of every.iterate(line)) if (isMeant(spotOf(row))) return true;
      return false;
    },
  };
}

function spotOf({ node, subject, status }: Row): VerdictSpot {
  return { node, subject, status: statusOf(status) };
}
