import type { Entry } from './benchmark.ts';
import type { Check, Control } from './control.ts';

const known = new WeakMap<Control, WeakMap<Entry, string>>();

/**
 * What tells one way to judge a control from another: its check, on what it is judged, and its parameters as the document sets them.
 * Titles, numbers, levels and remedies do not judge. 16 hexadecimal digits; not proof against somebody who wants a collision.
 */
export function rulesetOf(control: Control, entry: Entry): string {
  const entries = known.get(control) ?? new WeakMap<Entry, string>();
  known.set(control, entries);
  const before = entries.get(entry);
  if (before !== undefined) return before;
  const made = rulesetBy(control, entry, control.check);
  entries.set(entry, made);
  return made;
}

/** The same where another check than the control's own judges: the letter of the document. */
export function rulesetBy(control: Control, entry: Entry, check: Check | undefined): string {
  const defaults = Object.entries(control.params).map(([name, param]) => [name, param.default]);
  const params = { ...Object.fromEntries(defaults), ...entry.params };
  const { subject, alsoOn = [] } = control;
  return digestOf(JSON.stringify({ check: check ?? null, subject, alsoOn, role: entry.role, params }, sorted));
}

/** The order of keys in a file means nothing. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** FNV-1a over UTF-16 code units, in two lanes of 32 bits: core has no cryptography, and nobody gains by a collision. */
function digestOf(text: string): string {
  let left = 0x811c9dc5;
  let right = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    left = Math.imul(left ^ unit, 0x01000193);
    right = Math.imul(right ^ unit ^ (left >>> 15), 0x85ebca6b);
  }
  return [left, right].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}
