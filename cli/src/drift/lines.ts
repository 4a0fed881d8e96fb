import type { Json } from '@plumbline/core';
import type { Sheet } from '../formats/format.ts';
import { escapeText } from '../text/escape.ts';
import type { Style } from '../text/paint.ts';
import { wrap } from '../text/wrap.ts';
import type { ServedChange } from './change.ts';

const mostValues = 3;
const mostNodes = 3;
const longest = 80;
const styles: Readonly<Record<string, Style>> = { fail: 'red', error: 'magenta', warn: 'yellow', pass: 'green' };

/** One change for people: when, where, what from which value to which, and the verdicts that followed. */
export function changeLines(change: ServedChange, { width, paint }: Sheet): string {
  const when = `${change.at.slice(0, 19).replace('T', ' ')}Z`;
  const text = `${whereOf(change)} ${whatOf(change)}${causeOf(change)}`;
  const indent = ' '.repeat(when.length + 2);
  const [first = '', ...rest] = wrap(escapeText(text), width - indent.length);
  const verdicts = change.verdicts.flatMap(({ number, title, before, after }) => {
    const lines = wrap(escapeText(`→ ${number} ${title}: ${before ?? 'none'} → ${after}`), width - indent.length);
    return lines.map((line) => paint(styles[after] ?? 'dim', line));
  });
  return [`${paint('dim', when)}  ${first}`, ...[...rest, ...verdicts].map((line) => `${indent}${line}`)]
    .map((line) => `${line}\n`)
    .join('');
}

function whereOf({ nodes, nodesTotal }: ServedChange): string {
  if (nodesTotal === 0) return 'cluster';
  if (nodesTotal === 1) return nodes[0] ?? '';
  const some = nodes.slice(0, mostNodes).join(', ');
  return `${nodesTotal} nodes (${some}${nodesTotal > mostNodes ? ', …' : ''})`;
}

function whatOf(change: ServedChange): string {
  const { kind, fact, subject, before, after, number, title } = change;
  const turn = `${before ?? 'none'} → ${after ?? 'none'}`;
  if (kind === 'presence') return turn;
  if (kind === 'verdict') return `${subject}: ${number} ${title}: ${turn}`;
  return `${fact} ${subject}: ${valuesOf(change)}`;
}

function valuesOf({ changes, changesTotal, before, after }: ServedChange): string {
  const shown = changes.slice(0, mostValues).map(({ key, from, to, origin }) => {
    const turn = `${valueText(from)} → ${valueText(to)}`;
    return key === '' ? turn : `${key} ${turn} (${origin.text})`;
  });
  const rest = changesTotal - shown.length;
  if (before === null) return 'appeared';
  if (after === null) return 'is gone';
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

function valueText(value: Json): string {
  const text = value === null ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

/** Only what was observed is anybody's doing. */
function causeOf({ cause }: ServedChange): string {
  return cause === 'observed' ? '' : ` (cause: ${cause})`;
}
