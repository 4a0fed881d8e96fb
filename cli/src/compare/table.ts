import { type Delta, deltas, originText, ratiosOf, type Summary, type ValueAt } from '@plumbline/core';
import type { Sheet } from '../formats/format.ts';
import { escapeText } from '../text/escape.ts';
import type { Style } from '../text/paint.ts';
import { wrap } from '../text/wrap.ts';
import type { Shown, ShownChange } from './shown.ts';

const styles: Readonly<Record<Delta, Style>> = {
  regressed: 'red',
  fixed: 'green',
  new: 'yellow',
  gone: 'yellow',
  incomparable: 'magenta',
  'ruleset-changed': 'cyan',
  'now-not-applicable': 'dim',
  'now-applicable': 'dim',
  waived: 'cyan',
  'no-longer-waived': 'yellow',
  changed: 'dim',
};
const mostValues = 3;

/** The comparison for people: the sides, the numbers, then every change with its values. */
export function compareTable(shown: Shown, { width, paint }: Sheet): string {
  const lines = [
    ...wrap(`before: ${escapeText(shown.names.before)}`, width),
    ...wrap(`after: ${escapeText(shown.names.after)}`, width),
    ...shown.notes.flatMap((note) => wrap(escapeText(note), width)).map((line) => paint('yellow', line)),
    '',
    ...shown.sections.map(
      ({ section, before, after }) => `Section ${section}    ${scoreOf(before)} → ${scoreOf(after)}`,
    ),
    `All          ${scoreOf(shown.totals.before)} → ${scoreOf(shown.totals.after)}`,
    '',
    paint('bold', countsText(shown)),
  ];
  for (const delta of deltas) {
    const own = shown.changes.filter((one) => one.delta === delta);
    if (own.length > 0) lines.push('', paint(styles[delta], delta.toUpperCase()));
    for (const change of own) lines.push(...changeLines(change, width));
  }
  return `${lines.join('\n')}\n`;
}

function scoreOf(summary: Summary | null): string {
  if (!summary) return 'none';
  const { score } = ratiosOf(summary);
  return score.whole === 0 ? score.text : `${score.text} (${score.part}/${score.whole})`;
}

function countsText({ deltas: counts, unchanged }: Shown): string {
  const said = deltas.filter((one) => counts[one] > 0).map((one) => `${counts[one]} ${one}`);
  return [...said, `${unchanged} unchanged`].join(', ');
}

function changeLines(change: ShownChange, width: number): readonly string[] {
  const { before, after, title, values } = change;
  const place = after ?? before;
  const number =
    before && after && before.number !== after.number ? `${before.number} → ${after.number}` : place?.number;
  const turn =
    before?.status === after?.status ? before?.status : `${before?.status ?? 'none'} → ${after?.status ?? 'none'}`;
  const where = [place?.node, place?.subject].filter(Boolean).join(' ');
  const check = change.rulesetChanged ? ['The check changed too.'] : [];
  const rest = values.length - mostValues;
  const details = [
    `${where}: ${turn}`,
    ...values.slice(0, mostValues).map((one) => `${one.subject}: ${valueText(one.from)} → ${valueText(one.to)}`),
    ...(rest > 0 ? [`and ${rest} more`] : []),
    ...(values.length === 0 && place ? [place.message] : []),
    ...(change.delta === 'ruleset-changed' ? [] : check),
  ];
  return [
    ...indented(escapeText(`${number} ${title}`), width, '  '),
    ...details.flatMap((line) => indented(escapeText(line), width, '      ')),
  ];
}

function valueText(value: ValueAt | null): string {
  if (!value) return 'nothing';
  const { actual, origin } = value;
  return `${typeof actual === 'string' ? actual : JSON.stringify(actual)} (${originText(origin)})`;
}

function indented(text: string, width: number, indent: string): readonly string[] {
  return wrap(text, width - indent.length).map((line) => `${indent}${line}`);
}
