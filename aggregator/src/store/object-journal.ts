import { observationStates } from '@plumbline/core';
import type { Intern } from './intern.ts';
import type { JournalWriter, Side } from './journal.ts';
import type { ObjectChange } from './objects.ts';

/** The fact under which the journal knows objects of the cluster; their subject is their place. */
export const objectFact = 'object';

/** Appends changed objects to the journal, as drift of the cluster. */
export function objectJournal(journal: JournalWriter, intern: Intern): (change: ObjectChange) => void {
  const side = (value: number | null): Side | undefined =>
    value === null ? undefined : { state: observationStates.indexOf('observed'), value };
  return ({ place, at, before, after }) =>
    journal.append({
      ...{ at, node: 0, kind: 'drift', cause: 'observed' },
      what: intern.text(objectFact),
      subject: intern.text(place),
      before: side(before),
      after: side(after),
    });
}
