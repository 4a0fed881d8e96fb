import type { Database } from 'better-sqlite3';
import { mostNames } from '../alert/message.ts';
import type { Detail } from '../alert/problem.ts';

/** What an alert is about: at most `mostNames` names of a kind, and how many there are. */
export interface Content {
  readonly nodes: readonly string[];
  readonly nodesTotal: number;
  readonly subjects: readonly string[];
  readonly subjectsTotal: number;
  /** Different ones only, at most 200. */
  readonly details: readonly Detail[];
}

/** Reads what alerts are about. */
export interface AlertContent {
  /** Of the places that are wrong and were worth a message at an instant; of all that ever were, for null. */
  content(alert: number, ripeAt: number | null): Content;
  /** When the next place that is wrong becomes worth a message, after an instant; null when none does. */
  nextRipe(alert: number, after: number): number | null;
}

/** The questions on one connection. */
export function alertContent(db: Database): AlertContent {
  // What ended before it was worth a message was never told.
  const where = `alert = @alert AND CASE WHEN @ripe IS NULL THEN closed IS NULL OR closed >= ripe
    ELSE closed IS NULL AND ripe <= @ripe END`;
  type Given = { readonly alert: number; readonly ripe: number | null };
  const names = (column: string, more: string) =>
    db
      .prepare<[Given], string>(
        `SELECT DISTINCT ${column} FROM alert_place WHERE ${where} AND ${more} ORDER BY ${column} LIMIT ${mostNames}`,
      )
      .pluck();
  const count = (column: string, more: string) =>
    db.prepare<[Given], number>(`SELECT count(DISTINCT ${column}) FROM alert_place WHERE ${where} AND ${more}`).pluck();
  const nodes = names('node', 'node IS NOT NULL');
  const nodesTotal = count('node', 'node IS NOT NULL');
  const subjects = names('subject', "subject <> ''");
  const subjectsTotal = count('subject', "subject <> ''");
  const details = db
    .prepare<[Given], string>(
      `SELECT json FROM alert_detail WHERE id IN (SELECT DISTINCT detail FROM alert_place WHERE ${where}) ORDER BY id LIMIT 200`,
    )
    .pluck();
  const nextRipe = db
    .prepare<[number, number], number>(
      'SELECT min(ripe) FROM alert_place WHERE alert = ? AND closed IS NULL AND ripe > ?',
    )
    .pluck();
  return {
    content(alert, ripe) {
      const given = { alert, ripe };
      return {
        nodes: nodes.all(given),
        nodesTotal: nodesTotal.get(given) ?? 0,
        subjects: subjects.all(given),
        subjectsTotal: subjectsTotal.get(given) ?? 0,
        details: details.all(given).map((json) => JSON.parse(json) as Detail),
      };
    },
    nextRipe: (alert, after) => nextRipe.get(alert, after) ?? null,
  };
}
