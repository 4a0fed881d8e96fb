import type { Database } from 'better-sqlite3';

/** Since when the process that an instance was at an instant is known, in milliseconds; undefined where none was. */
export type FirstSeen = (node: number, subject: string, at: number) => number | undefined;

/** A process is the same while its pid and start are, also where it was not seen for a moment in between. */
export function firstSeen(db: Database): FirstSeen {
  const began = db
    .prepare<[{ node: number; subject: string; at: number }], number | null>(
      `WITH seen AS (SELECT value, "from" FROM fact WHERE node = $node AND "from" <= $at
         AND fact = (SELECT id FROM text WHERE body = 'process.instance') AND subject = (SELECT id FROM text WHERE body = $subject))
       SELECT min("from") FROM seen WHERE value = (SELECT value FROM seen ORDER BY "from" DESC LIMIT 1)`,
    )
    .pluck();
  return (node, subject, at) => began.get({ node, subject, at }) ?? undefined;
}
