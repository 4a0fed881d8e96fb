import type { ConfigAgeValue } from '@plumbline/core';
import type { Database } from 'better-sqlite3';
import { firstSeen } from './first-seen.ts';

/** Rows of facts of a node that ended and yet say what a process ran with, at an instant (milliseconds) or later. */
export type StillRead = (node: number, cut: number) => readonly number[];

/**
 * Where a configuration file was younger than its process, its verdict follows from what stood when the process started: everything of the
 * instance since then stays, and of each fact the last before.
 */
export function stillRead(db: Database): StillRead {
  const ages = db.prepare<[number, number], { subject: string; from: number; json: string }>(
    `SELECT s.body AS subject, "from", v.json FROM fact JOIN text s ON s.id = fact.subject JOIN fact_value v ON v.id = fact.value
     WHERE node = ? AND fact = (SELECT id FROM text WHERE body = 'config.age') AND (until IS NULL OR until > ?)`,
  );
  const rows = db
    .prepare<[{ node: number; subject: string; start: number }], number>(
      `SELECT id FROM fact AS f WHERE node = $node AND subject = (SELECT id FROM text WHERE body = $subject) AND until IS NOT NULL
       AND (until > $start OR id = (SELECT id FROM fact AS g WHERE g.node = f.node AND g.subject = f.subject AND g.fact = f.fact
         AND g."from" < $start ORDER BY g."from" DESC LIMIT 1))`,
    )
    .pluck();
  const began = firstSeen(db);
  return (node, cut) =>
    ages.all(node, cut).flatMap(({ subject, from, json }) => {
      const { facts = {} } = JSON.parse(json) as Partial<ConfigAgeValue>;
      const start = began(node, subject, Math.max(from, cut));
      if (start === undefined || Object.values(facts).every((age) => age === 'before-start')) return [];
      return rows.all({ node, subject, start });
    });
}
