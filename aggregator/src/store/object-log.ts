import type { ResourceState } from '@plumbline/core';
import { type ObjectChange, type ObjectIntervals, stateResource } from './objects.ts';
import type { Transact } from './writer.ts';

/**
 * Takes what the cluster shows and writes what differs from what is stored. Taking never fails and touches no disk; what was taken last of a
 * place is what is written. The objects of a resource wait until all of them were received once: no verdict reads them before.
 */
export interface ObjectLog {
  /** Takes what lies in a place now, undefined when nothing does any more. The value must not be changed afterwards. */
  take(resource: string, place: string, value: object | undefined, at: number): void;
  /**
   * Takes how well a resource is known. Once it is known after a start, what was stored and not taken since has gone, in the time in which
   * nobody looked.
   */
  state(resource: string, state: ResourceState, at: number): void;
  /** Writes at most so many of what waits, in one transaction; how many wait still. Throws PLB_STORE_WRITE, and everything waits on. */
  flush(most?: number): number;
  /** Nobody asks the cluster any more: whatever is stored of it ends. */
  end(at: number): void;
}

/** Places that one transaction writes: a few milliseconds. */
const mostAtOnce = 250;

/** States in which all objects of a resource were received, or there are none to receive. */
const complete: readonly ResourceState['state'][] = ['synced', 'absent', 'unasked'];

interface Waiting {
  readonly value: object | undefined;
  readonly at: number;
}

/**
 * The log on the intervals of the writer. `changed` is called inside the transaction with each change of an object; what a resource shows
 * first is none.
 */
export function objectLog(
  transact: Transact,
  intervals: ObjectIntervals,
  changed: (change: ObjectChange) => void,
): ObjectLog & { readonly within: () => () => void } {
  const waiting = new Map<string, Map<string, Waiting>>();
  const open = new Set<string>([stateResource]);
  const known = new Set<string>();

  return {
    take,
    state(resource, state, at) {
      if (complete.includes(state.state) && !open.has(resource)) {
        open.add(resource);
        rememberWhetherKnown(resource);
        const there = waiting.get(resource);
        for (const place of intervals.places(resource)) if (!there?.has(place)) take(resource, place, undefined, at);
      }
      take(stateResource, resource, state, at);
    },
    flush(most = mostAtOnce) {
      const some = [...ready(most)];
      if (some.length > 0) transact(() => write(some));
      done(some);
      let left = 0;
      for (const [resource, places] of waiting) if (open.has(resource)) left += places.size;
      return left;
    },
    /** Inside a transaction of the caller: writes everything; what it gives is called once that is committed. */
    within() {
      const all = [...ready(Number.POSITIVE_INFINITY)];
      write(all);
      return () => done(all);
    },
    end(at) {
      transact(() => intervals.endAll(at));
    },
  };

  function take(resource: string, place: string, value: object | undefined, at: number): void {
    const places = waiting.get(resource) ?? new Map<string, Waiting>();
    waiting.set(resource, places);
    places.set(place, { value, at });
  }

  /** Objects of a resource that was known before this start became others; those of one that never was are news. */
  function rememberWhetherKnown(resource: string): void {
    const before = intervals.current(stateResource, resource);
    const state = before === undefined ? undefined : (JSON.parse(before) as ResourceState).state;
    const was = state === 'synced' || state === 'absent' || state === 'stale';
    if (was || intervals.places(resource).length > 0) known.add(resource);
  }

  /** Objects before states: a state says that what it speaks of is there. */
  function* ready(most: number): Generator<readonly [resource: string, place: string, Waiting]> {
    let left = most;
    const last = waiting.get(stateResource);
    for (const [resource, places] of waiting) {
      if (!open.has(resource) || resource === stateResource) continue;
      for (const [place, one] of places) {
        if (left-- <= 0) return;
        yield [resource, place, one];
      }
    }
    for (const [place, one] of last ?? []) {
      if (left-- <= 0) return;
      yield [stateResource, place, one];
    }
  }

  function write(some: readonly (readonly [string, string, Waiting])[]): void {
    for (const [resource, place, { value, at }] of some) {
      const json = value === undefined ? null : JSON.stringify(value);
      const change = intervals.put({ resource, place, json, at });
      if (change && known.has(resource)) changed(change);
    }
  }

  function done(some: readonly (readonly [string, string, Waiting])[]): void {
    for (const [resource, place, one] of some) {
      const places = waiting.get(resource);
      if (places?.get(place) === one) places.delete(place);
      if (places?.size === 0) waiting.delete(resource);
      const state = resource === stateResource ? (one.value as ResourceState | undefined)?.state : undefined;
      if (state === 'synced' || state === 'absent') known.add(place);
    }
  }
}
