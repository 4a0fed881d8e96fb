import type { OperatorName, Operators } from '../control.ts';
import { operatorNames } from '../control.ts';
import type { Json } from '../json.ts';
import { isJsonObject } from '../json.ts';
import { parseDuration } from '../settings/values.ts';

/** An operator with its operand resolved to literals. */
export interface Comparison {
  readonly operator: OperatorName;
  readonly operand: null | string | boolean | readonly string[];
}

/** The operator of a leaf; `undefined` when it has none. `resolve` turns `{param}` into its text. */
export function comparisonOf(
  leaf: Operators,
  resolve: (param: string) => string | readonly string[],
): Comparison | undefined {
  const operator = operatorNames.find((name) => leaf[name] !== undefined);
  if (!operator) return undefined;
  const operand = leaf[operator];
  if (typeof operand === 'object' && operand !== null && 'param' in operand) {
    return { operator, operand: resolve(operand.param) };
  }
  return { operator, operand: operand as Comparison['operand'] };
}

/** What the comparison asks for, in words for evidence. */
export function expectation({ operator, operand }: Comparison): string {
  const text = Array.isArray(operand) ? operand.join(', ') : String(operand);
  switch (operator) {
    case 'equals':
      return text;
    case 'oneOf':
      return `one of ${text}`;
    case 'contains':
      return `contains ${text}`;
    case 'excludes':
      return `without ${text}`;
    case 'subsetOf':
      return `only ${text}`;
    case 'atLeast':
      return `at least ${text}`;
    case 'atMost':
      return `at most ${text}`;
    case 'set':
      return 'set';
    case 'unset':
      return 'not set';
    case 'matches':
      return `matches ${text}`;
    case 'modeAtMost':
      return `mode ${text} or stricter`;
    case 'ownedBy':
      return `owner ${text}`;
  }
}

/** What the comparison asks of this value: a list that is not a subset is told which of its items offend. */
export function expectationOf(value: Json, comparison: Comparison): string {
  const { operator, operand } = comparison;
  if (operator !== 'subsetOf' || !Array.isArray(operand)) return expectation(comparison);
  const offending = itemsOf(value).filter((item) => !operand.includes(item));
  const without = offending.length > 0 ? `without ${offending.join(', ')}; ` : '';
  return `${without}${expectation(comparison)}`;
}

/** Does the value satisfy the comparison? An unset value satisfies only `unset`, `excludes` and `equals: null`. */
export function compare(value: Json, comparison: Comparison): boolean {
  const { operator, operand } = comparison;
  const wanted = Array.isArray(operand) ? operand : [String(operand)];
  const empty = value === null || value === '' || (Array.isArray(value) && value.length === 0);
  switch (operator) {
    case 'set':
      return !empty;
    case 'unset':
      return empty;
    case 'equals':
      return operand === null ? empty : same(value, String(operand));
    case 'oneOf':
      return wanted.some((one) => same(value, one));
    case 'contains':
      return wanted.every((one) => itemsOf(value).includes(one));
    case 'excludes':
      return wanted.every((one) => !itemsOf(value).includes(one));
    case 'subsetOf':
      return !empty && itemsOf(value).every((item) => wanted.includes(item));
    case 'atLeast':
    case 'atMost':
      return ordered(value, String(operand), operator);
    case 'matches':
      return !empty && new RegExp(String(operand)).test(textOf(value));
    case 'modeAtMost':
      return modeWithin(textOf(value), String(operand));
    case 'ownedBy':
      return textOf(value) === String(operand);
  }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function itemsOf(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.map(textOf);
  if (isJsonObject(value)) return Object.keys(value);
  return value === null || value === '' ? [] : [textOf(value)];
}

function same(value: Json, wanted: string): boolean {
  if (value === null) return false;
  const text = textOf(value);
  if (text === wanted) return true;
  const left = numberOf(value);
  return left !== undefined && left === numberOf(wanted);
}

/** Numbers as they are, durations in nanoseconds. */
function numberOf(value: Json): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  return /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : parseDuration(value);
}

function ordered(value: Json, wanted: string, operator: 'atLeast' | 'atMost'): boolean {
  const left = numberOf(value);
  const right = numberOf(wanted);
  if (left === undefined || right === undefined) return false;
  return operator === 'atLeast' ? left >= right : left <= right;
}

/** Bitwise: no bit outside the allowed ones, special bits included (`4644` exceeds `0644`). */
export function modeWithin(mode: string, allowed: string): boolean {
  const actual = Number.parseInt(mode, 8);
  const mask = Number.parseInt(allowed, 8);
  return Number.isInteger(actual) && Number.isInteger(mask) && (actual & 0o7777 & ~mask) === 0;
}
