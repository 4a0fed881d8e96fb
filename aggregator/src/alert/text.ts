import type { Json } from '@plumbline/core';
import type { AlertMessage } from './message.ts';

/** Controls, and marks that turn the direction of text around or cannot be seen. */
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A text without what terminals, mail and chat take for orders; line breaks and tabs stay. */
export function clean(text: string): string {
  return text.toWellFormed().replaceAll('\r\n', '\n').replace(unseen, '');
}

/** The text in one line, cut to so many characters of UTF-16. */
export function oneLine(text: string, most: number): string {
  return cut(clean(text).replace(/\s+/g, ' ').trim(), most);
}

/** The text, or its beginning and how much is missing. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const mark = (left: number) => `… (+${left} characters)`;
  const keep = Math.max(0, most - mark(text.length).length);
  // Half a character is none.
  const head = text.slice(0, keep).replace(/[\ud800-\udbff]$/, '');
  return `${head}${mark(text.length - head.length)}`.slice(0, most);
}

/** `a, b and 48 more` within so many characters; `total` counts also what `names` does not hold. */
export function listed(names: readonly string[], total: number, most: number): string {
  const shown: string[] = [];
  let length = 0;
  for (const name of names) {
    const one = oneLine(name, 100);
    if (length + one.length + 2 > most - 20) break;
    shown.push(one);
    length += one.length + 2;
  }
  const left = Math.max(total, names.length) - shown.length;
  const head = shown.join(', ');
  if (left <= 0) return head;
  return shown.length === 0 ? `${left}` : `${head} and ${left} more`;
}

/** `fact of subject key: from → to (origin)`, one a value. */
export function valueLines(message: AlertMessage, most: number): readonly string[] {
  const lines = message.values.slice(0, most).map(({ fact, subject, key, from, to, origin }) => {
    const what = [fact, ...(key === null ? [] : [key])].join(' ');
    const where = origin === null ? '' : ` (${oneLine(origin, 200)})`;
    return `${oneLine(what, 100)} of ${oneLine(subject, 150)}: ${shown(from)} → ${shown(to)}${where}`;
  });
  const left = message.values.length - lines.length;
  return left > 0 ? [...lines, `and ${left} more values`] : lines;
}

function shown(value: Json | null): string {
  if (value === null) return 'nothing';
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value), 120);
}

/** The facts of a message as pairs of name and one line, for receivers that show a table. */
export function factLines(message: AlertMessage): readonly (readonly [string, string])[] {
  const { control, cluster, nodes, nodesTotal, subjects, subjectsTotal, statusBefore, statusAfter } = message;
  const rows: (readonly [string, string | null])[] = [
    ['Status', message.status],
    ['Severity', message.severity],
    ['Cluster', cluster],
    ['Rule', message.rule],
    ['Control', control && `${control.number} ${control.title} (${control.benchmark})`],
    ['Verdict', statusAfter && `${statusBefore ?? 'none'} → ${statusAfter}`],
    [`Nodes (${nodesTotal})`, nodesTotal === 0 ? null : listed(nodes, nodesTotal, 600)],
    [`Subjects (${subjectsTotal})`, subjectsTotal === 0 ? null : listed(subjects, subjectsTotal, 600)],
    ['Since', new Date(message.startsAt).toISOString()],
    ['Until', message.endsAt === null ? null : new Date(message.endsAt).toISOString()],
  ];
  return rows.flatMap(([name, text]) => (text === null ? [] : [[name, oneLine(text, 700)] as const]));
}

/** One line that says how things stand and what it is about. */
export function headline(message: AlertMessage, most: number): string {
  return oneLine(`${message.status === 'firing' ? 'FIRING' : 'RESOLVED'} ${message.title}`, most);
}

/** The message with every text in it clean. */
export function cleaned(message: AlertMessage): AlertMessage {
  return JSON.parse(JSON.stringify(message), (_key, value: unknown) =>
    typeof value === 'string' ? clean(value) : value,
  ) as AlertMessage;
}

/** ISO 8601 of milliseconds, null of null. */
export function isoOrNull(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
