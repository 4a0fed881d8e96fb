import type { ConfigAge, ConfigAgeValue, Observation } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { firstSeen } from './first-seen.ts';
import { type FactRow, observationOf, selectFacts } from './intervals.ts';

/** Which content of a configuration file a process runs with, by what was observed until an instant in milliseconds. */
export type RanWithQuery = (node: number, fact: string, subject: string, at: number) => Observation | undefined;

interface Interval extends FactRow {
  readonly from: number;
  readonly until: number | null;
}

const select = selectFacts.replace('observed_at', 'observed_at, "from", until');

/**
 * The last content that was seen while it was older than the process; else the one that stood before the process was first seen. Without
 * either nobody knows, unless only the inode of the oldest content is younger than the process.
 */
export function ranWith(db: Database): RanWithQuery {
  const began = firstSeen(db);
  const intervals = db.prepare<[number, string, string, number], Interval>(
    `${select} AND f.body = ? AND s.body = ? AND "from" <= ? ORDER BY "from" DESC`,
  );
  return (node, fact, subject, at) => {
    const start = began(node, subject, at);
    if (start === undefined) return undefined;
    const ages = intervals.all(node, 'config.age', subject, at);
    let oldest: Interval | undefined;
    for (const content of intervals.iterate(node, fact, subject, at)) {
      const during = { from: Math.max(content.from, start), until: content.until };
      if (content.from < start || wasEver(ages, fact, 'before-start', during)) return observationOf(content);
      oldest = content;
    }
    if (!oldest) return undefined;
    const first = { from: oldest.from, until: oldest.from + 1 };
    return wasEver(ages, fact, 'touched', first) ? observationOf(oldest) : undefined;
  };
}

/** Was the file of this age at any moment of a time? */
function wasEver(
  ages: readonly Interval[],
  fact: string,
  age: ConfigAge,
  { from, until }: Pick<Interval, 'from' | 'until'>,
): boolean {
  return ages.some(
    (one) =>
      (until === null || one.from < until) && (one.until === null || one.until > from) && ageIn(one, fact) === age,
  );
}

function ageIn(row: Interval, fact: string): ConfigAge | undefined {
  const value = observationOf(row).value as Partial<ConfigAgeValue> | undefined;
  return value?.facts?.[fact];
}
