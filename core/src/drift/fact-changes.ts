import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { Observation, Origin } from '../observation.ts';
import { type FlagKind, parseGoFlags, parsePflags } from '../settings/flags.ts';
import { originOf } from './change-origin.ts';
import { type PlaceChange, placesOf } from './value-changes.ts';

/** How a fact stood on one side of a change. */
export interface FactSide extends Pick<Observation, 'state'> {
  readonly detail: string | null;
  readonly value: Json | null;
}

/**
 * One value inside a fact that changed. `key`: a flag as it is written (`--profiling`), else a JSON pointer into the value
 * (`/document/authentication/anonymous/enabled`, `/mode`); '' where the fact came, went or could not be read. Null: nothing was there.
 */
export interface KeyChange {
  readonly key: string;
  readonly from: Json;
  readonly to: Json;
  readonly origin: Origin;
}

/** What changed in a fact, at most `mostChanges`; `total` counts them up to `mostCounted`. */
export interface FactChanges {
  readonly changes: readonly KeyChange[];
  readonly total: number;
}

/** Most changes that are listed, and counted. A value from a node may hold a hundred thousand. */
export const mostChanges = 50;
export const mostCounted = 1000;
/** Characters of a value that are shown. */
const longest = 500;
const noKinds: ReadonlyMap<string, FlagKind> = new Map();

/** A fact that changed, value by value, each with the place it stands in. `fact` `object`: a projected object of the cluster. */
export function factChanges(
  { fact, subject }: Pick<Observation, 'fact' | 'subject'>,
  before: FactSide | null,
  after: FactSide | null,
): FactChanges {
  const whole = before?.state !== 'observed' || after?.state !== 'observed';
  const places = whole ? wholeOf(before, after) : observed(subject, before.value, after.value);
  const value = after?.value ?? before?.value ?? null;
  const changes: KeyChange[] = [];
  let total = 0;
  for (const { path, from, to } of places) {
    if (++total <= mostChanges) {
      const origin = originOf({ fact, subject, value }, path);
      changes.push({ key: keyOf(path), from: shown(from), to: shown(to), origin });
    }
    if (total === mostCounted) break;
  }
  return { changes, total };
}

function* wholeOf(before: FactSide | null, after: FactSide | null): Generator<PlaceChange> {
  const [from, to] = [said(before), said(after)];
  if (JSON.stringify(from) !== JSON.stringify(to)) yield { path: [], from, to };
}

/** The value, or why there is none. */
function said(side: FactSide | null): Json {
  if (side === null) return null;
  if (side.state === 'observed') return side.value;
  return side.detail === null ? side.state : `${side.state}: ${side.detail}`;
}

/** Command lines are compared flag by flag, everything else as it is. */
function* observed(subject: string, before: Json, after: Json): Generator<PlaceChange> {
  const [left, right] = [commandOf(before, subject), commandOf(after, subject)];
  if (!left || !right) {
    yield* placesOf(before, after);
    return;
  }
  const flags = [...placesOf(left.flags, right.flags)].map(flagPlace);
  yield* flags;
  // Words that are no flags, and the order of all.
  for (const place of placesOf(left.rest, right.rest)) if (place.path[0] !== 'argv' || flags.length === 0) yield place;
}

interface Command {
  readonly flags: JsonObject;
  readonly rest: JsonObject;
}

function commandOf(value: Json, subject: string): Command | undefined {
  if (!isJsonObject(value)) return undefined;
  const argv = value['argv'];
  if (!Array.isArray(argv) || !argv.every((word) => typeof word === 'string')) return undefined;
  const parse = subject.startsWith('etcd@') ? parseGoFlags : parsePflags;
  const flags = [...parse(argv, noKinds)].map(([name, texts]): [string, Json] => [
    name,
    texts.length === 1 ? String(texts[0]) : texts,
  ]);
  return { flags: Object.fromEntries(flags), rest: value };
}

function flagPlace({ path, from, to }: PlaceChange): PlaceChange {
  return { path: [`--${path[0]}`], from, to };
}

/** RFC 6901, but for flags. */
function keyOf(path: readonly string[]): string {
  const [first] = path;
  if (first?.startsWith('--')) return cut(first);
  return cut(path.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
}

function shown(value: Json): Json {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= longest ? value : cut(text);
}

/** Half a character is none. */
function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`;
}
