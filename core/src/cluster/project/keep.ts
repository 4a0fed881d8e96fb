import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { requestSubject } from './request-subject.ts';

/**
 * Which part of a value is kept, and of what type it has to be. `present` keeps that a key exists and nothing of what it holds;
 * `beginning` the start of a text of any length; `request-subject` of a certificate request whom it is for; an object keeps its keys
 * alone; a list of one mask keeps each item.
 */
export type Mask =
  | 'any'
  | 'boolean'
  | 'string'
  | 'number'
  | 'number-or-string'
  | 'strings'
  | 'map'
  | 'present'
  | 'beginning'
  | 'request-subject'
  | readonly [Mask]
  | { readonly [key: string]: Mask };

/** Most items of a list and keys of a map, and longest text, that are kept of one object. What is more is `malformed`. */
export const mostItems = 5000;
export const longestText = 4096;
/** How much is kept of a text whose beginning alone is read. */
export const longestBeginning = 16_384;
const deepest = 12;

/** Keeps what the mask asks for. Paths of what had another type, or was too large, are added to `malformed` (at most 20). */
export function keep(value: Json | undefined, mask: Mask, path: string, malformed: string[]): Json | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof mask === 'string') return scalar(value, mask, path, malformed);
  if (Array.isArray(mask)) return list(value, mask[0], path, malformed);
  return object(value, mask as { readonly [key: string]: Mask }, path, malformed);
}

function wrong(path: string, malformed: string[]): undefined {
  if (malformed.length < 20 && !malformed.includes(path)) malformed.push(path);
  return undefined;
}

const requestedSubject: Mask = { commonName: 'string', organizations: 'strings' };

function scalar(value: Json, mask: Extract<Mask, string>, path: string, malformed: string[]): Json | undefined {
  switch (mask) {
    case 'any':
      return bounded(value, path, malformed, 0);
    case 'present':
      return isJsonObject(value) ? {} : wrong(path, malformed);
    case 'beginning':
      return typeof value === 'string' ? value.slice(0, longestBeginning) : wrong(path, malformed);
    case 'request-subject':
      // A recorded cluster holds what was kept before: projecting twice is projecting once.
      if (isJsonObject(value)) return keep(value, requestedSubject, path, malformed);
      return (typeof value === 'string' ? requestSubject(value) : undefined) ?? wrong(path, malformed);
    case 'strings':
      return list(value, 'string', path, malformed);
    case 'map':
      return map(value, path, malformed);
    case 'number-or-string':
      return typeof value === 'number' ? value : scalar(value, 'string', path, malformed);
    case 'string':
      if (typeof value !== 'string' || value.length > longestText) return wrong(path, malformed);
      return value;
    case 'number':
      return typeof value === 'number' ? value : wrong(path, malformed);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrong(path, malformed);
  }
}

function list(value: Json, mask: Mask, path: string, malformed: string[]): Json | undefined {
  if (!Array.isArray(value)) return wrong(path, malformed);
  if (value.length > mostItems) wrong(path, malformed);
  return value
    .slice(0, mostItems)
    .map((item: Json) => keep(item, mask, `${path}[]`, malformed))
    .filter((item) => item !== undefined);
}

function object(
  value: Json,
  mask: { readonly [key: string]: Mask },
  path: string,
  malformed: string[],
): JsonObject | undefined {
  if (!isJsonObject(value)) return wrong(path, malformed);
  const kept: Record<string, Json> = {};
  for (const key of Object.keys(mask)) {
    if (!Object.hasOwn(value, key)) continue;
    const inner = mask[key];
    const item =
      inner === undefined ? undefined : keep(value[key], inner, path === '' ? key : `${path}.${key}`, malformed);
    if (item !== undefined) kept[key] = item;
  }
  return kept;
}

function map(value: Json, path: string, malformed: string[]): JsonObject | undefined {
  if (!isJsonObject(value)) return wrong(path, malformed);
  const entries = Object.entries(value);
  if (entries.length > mostItems) wrong(path, malformed);
  const kept = entries.slice(0, mostItems).flatMap(([key, item]) => {
    const text = scalar(item, 'string', `${path}.${key.slice(0, 100)}`, malformed);
    return text === undefined ? [] : [[key, text] as const];
  });
  return Object.fromEntries(kept);
}

/** Whatever it is, as long as it is small. */
function bounded(value: Json, path: string, malformed: string[], depth: number): Json | undefined {
  if (typeof value === 'string') return scalar(value, 'string', path, malformed);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return wrong(path, malformed);
  if (Array.isArray(value)) {
    if (value.length > mostItems) wrong(path, malformed);
    return value.slice(0, mostItems).flatMap((item: Json) => bounded(item, `${path}[]`, malformed, depth + 1) ?? []);
  }
  const entries = Object.entries(value);
  if (entries.length > mostItems) wrong(path, malformed);
  return Object.fromEntries(
    entries.slice(0, mostItems).flatMap(([key, item]) => {
      const inner = bounded(item, `${path}.${key.slice(0, 100)}`, malformed, depth + 1);
      return inner === undefined ? [] : [[key, inner] as const];
    }),
  );
}
