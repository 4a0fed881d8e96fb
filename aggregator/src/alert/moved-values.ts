import { type Evidence, type Json, neutral, originText, valuesOf } from '@plumbline/core';
import type { VerdictEntry, VerdictState } from '../store/journal.ts';
import { type AlertValue, mostValues } from './message.ts';

/** Most characters of a value that alerts keep; longer ones are cut, and say so. */
const mostCharacters = 1000;

/** The values that moved under a verdict; of one without a before those that do not hold. */
export function movedValues(entry: VerdictEntry): readonly AlertValue[] {
  const { node, before, after } = entry;
  if (!after) return [];
  if (!before)
    return after.evidence
      .filter((one) => one.holds === false)
      .slice(0, mostValues)
      .map(newValue);
  const sides = node === null ? {} : { nodes: { before: node, after: node } };
  return valuesOf(findingOf(entry, before), findingOf(entry, after), sides)
    .slice(0, mostValues)
    .map(({ fact, subject, from, to }) => ({
      fact,
      subject,
      key: (to ?? from)?.origin.key ?? null,
      from: from ? bounded(from.actual) : null,
      to: to ? bounded(to.actual) : null,
      origin: to ? originText(to.origin) : null,
    }));
}

function newValue({ fact, subject, actual, origin }: Evidence): AlertValue {
  return { fact, subject, key: origin.key ?? null, from: null, to: bounded(actual), origin: originText(origin) };
}

function findingOf(entry: VerdictEntry, { status, reason, message, evidence }: VerdictState) {
  const { benchmark, number, control, title, severity, subject } = entry;
  const place = { benchmark, number, control, title, severity, subject, level: '1' as const, by: 'automated' as const };
  return { ...place, remedy: '', status, reason, message, evidence };
}

/** What tells values that moved alike on several nodes: without the name of the node and numbers of instances. */
export function sameChange(values: readonly AlertValue[], node: string | null): string {
  const texts = values.map(({ fact, subject, key, from, to }) => {
    const component = /^[a-z-]+(?=@)/.exec(subject)?.[0] ?? subject;
    return neutral(JSON.stringify([fact, component, key, from, to]), node ?? undefined);
  });
  return [...new Set(texts)].sort().join('\n');
}

/** The values of a later change on top of an earlier one: from what it was at first to what it is now. */
export function onTop(earlier: readonly AlertValue[], later: readonly AlertValue[]): readonly AlertValue[] {
  const keyOf = ({ fact, subject, key }: AlertValue) => JSON.stringify([fact, subject, key]);
  const first = new Map(earlier.map((one) => [keyOf(one), one.from]));
  const news = later.map((one) => ({
    ...one,
    from: first.has(keyOf(one)) ? (first.get(keyOf(one)) ?? null) : one.from,
  }));
  const replaced = new Set(news.map(keyOf));
  return [...earlier.filter((one) => !replaced.has(keyOf(one))), ...news].slice(0, mostValues);
}

/** The value, or its beginning where it is long. */
export function bounded(value: Json): Json {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= mostCharacters) return value;
  return `${text.slice(0, mostCharacters).replace(/[\ud800-\udbff]$/, '')}… (${text.length} characters)`;
}
