import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** One place inside a value that differs; null on the side that has nothing there. */
export interface PlaceChange {
  /** Keys from the outside in; items of lists by their name or path where all have one, else by position. */
  readonly path: readonly string[];
  readonly from: Json;
  readonly to: Json;
}

/** Fields that name an item of a list, best first. */
const names = ['name', 'path', 'file', 'mountPath', 'subject'] as const;
/** Below this a value counts as one; nobody writes configuration so deep. */
const deepest = 32;
/** A list of more items is compared item by item. */
const shortList = 20;

/** Every place in which two values differ, in the order of the keys; nothing for equal ones. */
export function* placesOf(
  from: Json | undefined,
  to: Json | undefined,
  path: readonly string[] = [],
): Generator<PlaceChange> {
  if (from === to) return;
  if (path.length >= deepest) {
    if (JSON.stringify(from) !== JSON.stringify(to)) yield { path, from: from ?? null, to: to ?? null };
  } else if (isJsonObject(from) && isJsonObject(to)) {
    yield* entries(new Map(Object.entries(from)), new Map(Object.entries(to)), path);
  } else if (isList(from) && isList(to)) {
    yield* lists(from, to, path);
  } else {
    yield { path, from: from ?? null, to: to ?? null };
  }
}

type Entries = ReadonlyMap<string, Json>;

function* entries(from: Entries, to: Entries, path: readonly string[]): Generator<PlaceChange> {
  for (const [key, value] of from) yield* placesOf(value, to.get(key), [...path, key]);
  for (const [key, value] of to) if (!from.has(key)) yield* placesOf(undefined, value, [...path, key]);
}

function* lists(from: readonly Json[], to: readonly Json[], path: readonly string[]): Generator<PlaceChange> {
  if (from.every(isScalar) && to.every(isScalar)) {
    if (JSON.stringify(from) !== JSON.stringify(to)) yield* scalars(from, to, path);
    return;
  }
  const name = names.find((field) => isName(field, from) && isName(field, to));
  const keyed = (list: readonly Json[]): Entries =>
    new Map(list.map((item, index) => [name === undefined ? String(index) : String((item as JsonObject)[name]), item]));
  yield* entries(keyed(from), keyed(to), path);
}

/** A short list is read as a whole; of a long one only what came and went. */
function* scalars(from: readonly Json[], to: readonly Json[], path: readonly string[]): Generator<PlaceChange> {
  const [left, right] = [new Set(from), new Set(to)];
  const [gone, come] = [from.filter((one) => !right.has(one)), to.filter((one) => !left.has(one))];
  if ((from.length <= shortList && to.length <= shortList) || gone.length + come.length === 0) {
    yield { path, from, to };
    return;
  }
  for (const item of gone) yield { path: [...path, String(item)], from: item, to: null };
  for (const item of come) yield { path: [...path, String(item)], from: null, to: item };
}

function isName(field: string, list: readonly Json[]): boolean {
  const found = list.map((item) => (isJsonObject(item) && Object.hasOwn(item, field) ? item[field] : undefined));
  return found.every((one) => typeof one === 'string') && new Set(found).size === list.length;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isScalar(value: Json): boolean {
  return typeof value !== 'object' || value === null;
}
