import type { Observation } from '@plumbline/core';
import {
  contentDigest,
  fromWire,
  keyOf,
  stateDigest,
  toWire,
  type WireKey,
  type WireObservation,
} from '@plumbline/proto';

/** One observation as it travels, with the digest of its content. */
export interface Held {
  readonly wire: WireObservation;
  readonly digest: string;
}

/** Everything that is known of a node at one moment, by `keyOf`. */
export type State = ReadonlyMap<string, Held>;

/** How one state becomes another. Keys of `changed` and `gone` are disjoint. */
export interface Change {
  readonly changed: readonly Held[];
  readonly gone: readonly WireKey[];
}

/**
 * The state that a list of observations describes; the last of equal keys wins. What a receiver would read is what is digested, so
 * both ends agree. `before` saves work: equal wire texts keep their digest.
 */
export function stateOf(observations: readonly Observation[], before: State = new Map()): State {
  const state = new Map<string, Held>();
  for (const observation of observations) {
    const held = hold(wellFormed(toWire(observation)), before);
    state.set(keyOf(held.wire), held);
  }
  return state;
}

/** An observation read back from the wire, ready to be sent again; undefined when it cannot be read. */
export function holdWire(wire: WireObservation): Held | undefined {
  const read = fromWire(wire);
  return read && { wire, digest: contentDigest(read) };
}

/** What must be said for a holder of `from` to hold `to`. Observations that differ only in time do not differ. */
export function diff(from: State, to: State): Change {
  const changed = [...to].filter(([key, held]) => from.get(key)?.digest !== held.digest).map(([, held]) => held);
  const gone = [...from]
    .filter(([key]) => !to.has(key))
    .map(([, { wire }]) => ({ fact: wire.fact, subject: wire.subject }));
  return { changed, gone };
}

/** The state after a change. */
export function apply(state: State, change: Change): State {
  const next = new Map(state);
  for (const key of change.gone) next.delete(keyOf(key));
  for (const held of change.changed) next.set(keyOf(held.wire), held);
  return next;
}

/** SHA-256 over the state's contents; see Snapshot.digest of the protocol. */
export function digestOf(state: State): string {
  return stateDigest([...state].map(([key, held]) => [key, held.digest] as const));
}

/** True when a change says nothing. */
export function isEmpty(change: Change): boolean {
  return change.changed.length === 0 && change.gone.length === 0;
}

function hold(wire: WireObservation, before: State): Held {
  const known = before.get(keyOf(wire));
  if (known && known.wire.state === wire.state && known.wire.value === wire.value && known.wire.detail === wire.detail)
    return known;
  const held = holdWire(wire);
  if (held) return held;
  const unreadable = { ...wire, state: 'MALFORMED', value: '', detail: 'the value is not JSON' };
  return holdWire(unreadable) ?? { wire: unreadable, digest: '' };
}

/** Lone surrogates do not survive UTF-8; without this the digests of both ends would differ for ever. */
function wellFormed(wire: WireObservation): WireObservation {
  return {
    ...wire,
    subject: wire.subject.toWellFormed(),
    value: wire.value.toWellFormed(),
    detail: wire.detail.toWellFormed(),
  };
}
