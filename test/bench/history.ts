import { chooseDocument, type Finding, type Pack } from '@plumbline/core';
import Database from 'better-sqlite3';
import { openStore } from '../../aggregator/src/store/store.ts';

/** How much history there is. Times are milliseconds. */
export interface History {
  readonly pack: Pack;
  readonly nodes: number;
  /** Verdict intervals, those that are open at the end included. */
  readonly intervals: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Writes a database in which every node has a verdict on every line of a document from the start on, and verdicts turn, evenly spread
 * over nodes, lines and time, until there are as many intervals as asked for.
 */
export async function writeHistory(file: string, history: History): Promise<void> {
  const { nodes, intervals, start, end } = history;
  const store = await openStore(file);
  for (let n = 0; n < nodes; n++) store.nodes.ensure(`node-${n}`, start);
  // Both sides of every line, so that lines, texts and values are as the store writes them.
  for (const side of ['pass', 'fail'] as const) {
    store.judge('node-0', matchedOf(history.pack, side), start + (side === 'pass' ? 1 : 2));
  }
  store.close();
  const db = new Database(file);
  const rows = db
    .prepare<[], Turned>('SELECT line, subject, status, reason, message, evidence FROM verdict ORDER BY line, status')
    .all();
  const sides = [...Map.groupBy(rows, (row) => row.line).values()];
  const insert = db.prepare(
    `INSERT INTO verdict (node, line, subject, status, reason, message, evidence, "from", until) VALUES (?,?,?,?,?,?,?,?,?)`,
  );
  const places = nodes * sides.length;
  const turns = intervals - places;
  const step = (end - start) / turns;
  const began = new Float64Array(places).fill(start);
  const side = new Uint8Array(places);
  const write = (place: number, until: number | null) => {
    const row = sides[place % sides.length]?.[side[place] ?? 0];
    if (!row) throw new Error('every line has two sides');
    const { line, subject, status, reason, message, evidence } = row;
    const node = 1 + Math.floor(place / sides.length);
    insert.run(node, line, subject, status, reason, message, evidence, Math.floor(began[place] ?? start), until);
  };
  db.transaction(() => {
    db.exec('DELETE FROM verdict');
    for (let turn = 0; turn < turns; turn++) {
      // A stride that shares no factor with the number of places reaches them all.
      const place = (turn * 7919) % places;
      const at = Math.floor(start + (turn + 1) * step);
      write(place, at);
      began[place] = at;
      side[place] = 1 - (side[place] ?? 0);
    }
    for (let place = 0; place < places; place++) write(place, null);
  })();
  db.close();
}

interface Turned {
  readonly line: number;
  readonly subject: number;
  readonly status: number;
  readonly reason: number;
  readonly message: number;
  readonly evidence: number;
}

function matchedOf(pack: Pack, status: 'pass' | 'fail') {
  const choice = chooseDocument(pack, { major: 1, minor: 34 });
  return choice.document.controls.map((entry) => {
    const control = pack.controls.get(entry.control);
    const actual = status === 'pass' ? '0600' : '0644';
    const finding: Finding = {
      benchmark: choice.document.benchmark,
      number: entry.number,
      control: entry.control,
      title: control?.title ?? entry.control,
      severity: control?.severity ?? 'medium',
      level: entry.level,
      by: entry.by,
      subject: `${control?.subject}@service`,
      status,
      reason: status === 'pass' ? 'as-expected' : 'not-as-expected',
      message: `${entry.control} is ${actual}`,
      evidence: [
        {
          fact: 'file',
          subject: `/etc/${entry.control}`,
          actual,
          expected: '0600',
          origin: { kind: 'stat', path: `/etc/${entry.control}` },
          holds: status === 'pass',
        },
      ],
      remedy: control?.remedy ?? '',
    };
    return { finding, match: choice.match };
  });
}
