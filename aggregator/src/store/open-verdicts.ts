import type { Database } from 'better-sqlite3';
import type { Intern } from './intern.ts';
import type { LineKey, LineTable } from './line-table.ts';
import type { VerdictContent } from './verdict-row.ts';

/**
 * A part of the verdicts of a node: some subjects of one line, whole lines, or all but some lines. Lines are meant with whatever title
 * they had.
 */
export type VerdictPart =
  | { readonly line: LineKey; readonly subjects: readonly string[] }
  | { readonly lines: readonly LineKey[] }
  | { readonly except: readonly LineKey[] };

/** A current verdict. */
export interface OpenVerdict extends VerdictContent {
  readonly id: number;
  readonly line: number;
  readonly subject: number;
  readonly from: number;
}

/** Reads current verdicts. */
export interface OpenVerdicts {
  all(node: number): readonly OpenVerdict[];
  part(node: number, part: VerdictPart): readonly OpenVerdict[];
  /** Subjects with a current verdict on a line. */
  subjects(node: number, line: LineKey): readonly string[];
}

const select = 'SELECT id, line, subject, status, reason, message, evidence, valid_until, "from" FROM verdict';

/** The current verdicts on a connection; each question is one range of the index (node, line, subject). */
export function openVerdicts(db: Database, lines: LineTable, intern: Intern): OpenVerdicts {
  const ofNode = db.prepare<[number], OpenVerdict>(`${select} WHERE node = ? AND until IS NULL`);
  const onLine = db.prepare<[number, number], OpenVerdict>(`${select} WHERE node = ? AND line = ? AND until IS NULL`);
  const one = db.prepare<[number, number, number], OpenVerdict>(
    `${select} WHERE node = ? AND line = ? AND subject = ? AND until IS NULL`,
  );
  const linesOf = db
    .prepare<[number], number>('SELECT DISTINCT line FROM verdict WHERE node = ? AND until IS NULL')
    .pluck();
  const bodies = db
    .prepare<[number, number], string>(
      'SELECT t.body FROM verdict v JOIN text t ON t.id = v.subject WHERE v.node = ? AND v.line = ? AND v.until IS NULL',
    )
    .pluck();
  return {
    all: (node) => ofNode.all(node),
    subjects: (node, line) => lines.ids(line).flatMap((id) => bodies.all(node, id)),
    part(node, part) {
      if ('subjects' in part) {
        const subjects = part.subjects.flatMap((subject) => intern.known(subject) ?? []);
        return lines
          .ids(part.line)
          .flatMap((line) => subjects.flatMap((subject) => one.get(node, line, subject) ?? []));
      }
      if ('lines' in part) {
        return part.lines.flatMap((key) => lines.ids(key)).flatMap((line) => onLine.all(node, line));
      }
      const kept = new Set(part.except.flatMap((key) => lines.ids(key)));
      return linesOf.all(node).flatMap((line) => (kept.has(line) ? [] : onLine.all(node, line)));
    },
  };
}
