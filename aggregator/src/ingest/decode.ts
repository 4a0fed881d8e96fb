import { facts, isJsonObject, type Json, type Observation } from '@plumbline/core';
import { fromWire, keyOf, type WireKey, type WireObservation } from '@plumbline/proto';
import { Refusal } from './refusal.ts';

/** Bytes of the longest subject or detail; a path on Linux has at most 4,096. */
const longestText = 8_192;

/** Nesting beyond this is no configuration file but an attack on whoever walks it. */
const deepest = 100;

/** The names of every fact that may arrive. */
export const knownFacts: readonly string[] = [...facts.values()]
  .filter((fact) => fact.sensitivity !== 'never')
  .map((fact) => fact.name);

const admitted = new Set(knownFacts);

/** Reads one observation from the wire, or refuses the message that carries it. */
export function decode(wire: WireObservation): Observation {
  if (!admitted.has(wire.fact))
    throw new Refusal('PLB_STREAM_UNKNOWN_FACT', `the fact ${quoted(wire.fact)} is not known here`);
  if (wire.subject.length > longestText || wire.detail.length > longestText)
    throw malformed(wire, 'has a text that is too long');
  if (!isInstant(wire.observedAt)) throw malformed(wire, 'has no time');
  const observation = fromWire(wire);
  if (!observation) throw malformed(wire, 'cannot be read');
  if (observation.state === 'observed') checkValue(wire, observation.value);
  return observation;
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** ISO 8601 in UTC and nothing else: what Date.parse takes for a time may be a megabyte of comment, and is no text that sorts. */
export function isInstant(text: string): boolean {
  return instant.test(text) && !Number.isNaN(Date.parse(text));
}

/** Observations by key; the same key twice is refused. */
export function decodeAll(wires: readonly WireObservation[], into: Map<string, Observation>): void {
  for (const wire of wires) {
    const key = keyOf(wire);
    if (into.has(key)) throw malformed(wire, 'comes twice');
    into.set(key, decode(wire));
  }
}

/** Keys that are gone; one that also changed is refused. */
export function decodeGone(keys: readonly WireKey[], changed: ReadonlyMap<string, Observation>): readonly WireKey[] {
  const both = keys.find((key) => changed.has(keyOf(key)));
  if (both) throw malformed(both, 'has changed and is gone');
  const strange = keys.find((key) => !admitted.has(key.fact));
  if (strange) throw new Refusal('PLB_STREAM_UNKNOWN_FACT', `the fact ${quoted(strange.fact)} is not known here`);
  const long = keys.find((key) => key.subject.length > longestText);
  if (long) throw malformed(long, 'has a text that is too long');
  return keys;
}

function checkValue(wire: WireObservation, value: Json | undefined): void {
  const type = facts.get(wire.fact)?.type;
  if (type === 'object' && !isJsonObject(value)) throw malformed(wire, 'is no object');
  if (type === 'string' && typeof value !== 'string') throw malformed(wire, 'is no text');
  if (isTooDeep(value)) throw malformed(wire, `is nested deeper than ${deepest}`);
}

/** Breadth first, so that the depth cannot exhaust the stack. */
function isTooDeep(value: Json | undefined): boolean {
  let level: readonly (Json | undefined)[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

function malformed(key: WireKey, why: string): Refusal {
  return new Refusal('PLB_STREAM_MALFORMED', `the observation ${quoted(key.fact)} of ${quoted(key.subject)} ${why}`);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
