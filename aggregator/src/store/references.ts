/** A table whose rows name texts, values, lines and nodes by their ids. */
export interface Referring {
  readonly table: string;
  readonly texts: readonly string[];
  readonly values: readonly string[];
  readonly lines: readonly string[];
  readonly nodes: readonly string[];
}

/** What of a table may go by age: its intervals that ended. */
export type IntervalTable = 'fact' | 'verdict' | 'object' | 'circumstance';

/** The tables of intervals, in the order in which they are purged. */
export const intervalTables: readonly IntervalTable[] = ['fact', 'verdict', 'object', 'circumstance'];

/** Tables of changes that go with the intervals they are about, and which rows of theirs (`t`) do, with `$cut`. */
export const changeTables = {
  fact_gone: 'NOT EXISTS (SELECT 1 FROM fact f WHERE f.id = t.fact)',
  object_change: 't.at <= $cut',
} as const;

/**
 * Every table that refers to `text`, `fact_value`, `line` or `node`: what none of them names is forgotten. The journal comes last: it
 * takes ids from rows of the others. Its `what` is a text or a line, and keeps both.
 */
export const referring: readonly Referring[] = [
  { table: 'fact', texts: ['fact', 'subject', 'detail'], values: ['value'], lines: [], nodes: ['node'] },
  {
    table: 'verdict',
    texts: ['subject', 'kind', 'namespace', 'reason', 'message'],
    values: ['evidence'],
    lines: ['line'],
    nodes: ['node'],
  },
  { table: 'object', texts: ['resource', 'place'], values: ['value'], lines: [], nodes: [] },
  { table: 'object_change', texts: ['place'], values: ['before', 'after'], lines: [], nodes: [] },
  { table: 'circumstance', texts: [], values: ['value'], lines: [], nodes: ['node'] },
  {
    table: 'journal',
    texts: ['what', 'subject', 'before_word', 'before_message', 'after_word', 'after_message'],
    values: ['before_value', 'after_value'],
    lines: ['what'],
    nodes: ['node'],
  },
];
