import { observationStates } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import type { Intern } from './intern.ts';
import type { JournalWriter, Side } from './journal.ts';
import type { ObjectChange } from './objects.ts';

/** The fact under which the journal knows objects of the cluster; their subject is their place. */
export const objectFact = 'object';

/** Remembers changed objects, and appends them to the journal, as drift of the cluster. */
export function objectJournal(db: Database, journal: JournalWriter, intern: Intern): (change: ObjectChange) => void {
  const remember = db.prepare<[number, number, number | null, number | null]>(
    'INSERT INTO object_change (at, place, before, after) VALUES (?,?,?,?)',
  );
  const side = (value: number | null): Side | undefined =>
    value === null ? undefined : { state: observationStates.indexOf('observed'), value };
  return ({ place, at, before, after }) => {
    const subject = intern.text(place);
    remember.run(at, subject, before, after);
    journal.append({
      ...{ at, node: 0, kind: 'drift', cause: 'observed' },
      what: intern.text(objectFact),
      subject,
      before: side(before),
      after: side(after),
    });
  };
}
