import type { Json, JsonObject } from '../json.ts';
import { at, isJsonObject } from '../json.ts';
import { type FlagKind, splitSlice } from './flags.ts';
import type { SettingType, SettingValue } from './setting.ts';

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falsehoods = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Go's strconv.ParseBool; undefined for any other text. */
export function parseBool(text: string): boolean | undefined {
  if (truths.has(text)) return true;
  return falsehoods.has(text) ? false : undefined;
}

const unitNanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A Go duration text in nanoseconds (`4h0m0s`, `1.5h`, `0`); undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  const whole = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/.exec(text);
  if (!whole) return undefined;
  let sum = 0;
  for (const part of String(whole[2]).matchAll(/(\d*\.?\d*)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g)) {
    sum += Number(part[1]) * Number(unitNanoseconds[String(part[2])]);
  }
  return whole[1] === '-' ? -sum : sum;
}

/** Go reads integers of flags with base 0: `0x10`, `0o17`, `017`, `1_000`. */
export function parseInteger(text: string): number | undefined {
  const found = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|[1-9][0-9_]*|0)$/.exec(text);
  if (!found) return undefined;
  const digits = String(found[2]).replaceAll('_', '');
  const octal = /^0[oO]?[0-7]+$/.test(digits);
  const value = octal ? Number.parseInt(digits.replace(/^0[oO]?/, ''), 8) : Number(digits);
  return found[1] === '-' ? -value : value;
}

/** The value that the texts of one flag add up to; undefined when a text cannot be read. */
export function fromFlag(
  type: SettingType,
  kind: FlagKind | undefined,
  texts: readonly string[],
): SettingValue | undefined {
  const last = texts.at(-1) ?? '';
  switch (type) {
    case 'bool':
      return parseBool(last);
    case 'int':
      return parseInteger(last);
    case 'duration':
      return parseDuration(last) === undefined ? undefined : last;
    case 'string':
      return last === '' ? null : last;
    case 'list':
      if (kind === 'array') return [...texts];
      return kind === 'value' ? splitSlice(last).map((item) => item.trim()) : texts.flatMap(splitSlice);
    case 'map':
      return mapOf(texts.flatMap((text) => text.split(',')));
  }
}

function mapOf(pairs: readonly string[]): Readonly<Record<string, string | boolean>> {
  const map: Record<string, string | boolean> = {};
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    if (cut <= 0) continue;
    const text = pair.slice(cut + 1).trim();
    // From 1.31 on gates may name their component: kube:Gate=true.
    map[
      pair
        .slice(0, cut)
        .trim()
        .replace(/^kube:/, '')
    ] = parseBool(text) ?? text;
  }
  return map;
}

/** The value of a field in a configuration file; undefined when it has the wrong type. */
export function fromField(type: SettingType, field: Json): SettingValue | undefined {
  switch (type) {
    case 'bool':
      return typeof field === 'boolean' ? field : undefined;
    case 'int':
      return typeof field === 'number' && Number.isInteger(field) ? field : undefined;
    case 'duration':
      return typeof field === 'string' && parseDuration(field) !== undefined ? field : undefined;
    case 'string':
      if (typeof field !== 'string') return undefined;
      return field === '' ? null : field;
    case 'list':
      return Array.isArray(field) && field.every((item) => typeof item === 'string') ? (field as string[]) : undefined;
    case 'map':
      return isJsonObject(field) ? scalarMap(field) : undefined;
  }
}

/**
 * The first step on the way to a field that holds something else than an object; undefined when the way is free or ends. Such a file
 * was changed after its reader started: nothing can be said about the fields below.
 */
export function blockedAt(document: Json, field: string): string | undefined {
  const steps = field.split('.');
  for (let length = 1; length < steps.length; length++) {
    const path = steps.slice(0, length).join('.');
    const value = at(document, path);
    if (value === undefined || value === null) return undefined;
    if (!isJsonObject(value)) return path;
  }
  return undefined;
}

/** undefined where an item is no scalar: null removes a gate in one merge and zeroes it in another, so nothing is guessed. */
function scalarMap(field: JsonObject): Readonly<Record<string, string | boolean>> | undefined {
  const items = Object.entries(field);
  if (items.some(([, value]) => typeof value === 'object')) return undefined;
  return Object.fromEntries(items.map(([key, value]) => [key, typeof value === 'boolean' ? value : String(value)]));
}

/** A default as the data files write it: always text, empty for unset. */
export function fromDefault(type: SettingType, text: string): SettingValue {
  if (type === 'list') return text === '' ? [] : text.split(',');
  if (type === 'map') return mapOf(text === '' ? [] : text.split(','));
  if (text === '') return null;
  return fromFlag(type, 'value', [text]) ?? null;
}
