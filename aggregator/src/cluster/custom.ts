import { byPlace, type ClusterObject, constraints, type Resource, type ResourceState } from '@plumbline/core';
import { constraintOf, crdOf, projectConstraint } from './paths.ts';
import { placeOf, type Watched, type WatchParts, watchObjects } from './watched.ts';

/** A resource that exists only where CRDs bring it. */
export interface Custom extends Watched {
  /** Takes the list of CRDs; nothing is done while `stamp` is that of the last call. */
  crds(list: Watched, stamp: string): void;
}

/** Watches the resource of one CRD while that exists. */
export function customResource(parts: WatchParts, resource: Resource): Custom {
  return members(parts, resource.name, {
    wanted: (list) => (list.get('', crdOf(resource)) ? [resource] : []),
    begin: watchObjects,
  });
}

/** Most kinds of constraints that are watched; each is a connection. */
const mostConstraints = 200;

/** Watches every kind of Gatekeeper constraint, all in one. */
export function constraintResources(parts: WatchParts): Custom {
  return members(parts, constraints, {
    wanted: (list) => list.all().flatMap(({ name }) => constraintOf(name) ?? []),
    begin: (inner, resource) => watchObjects(inner, resource, projectConstraint),
  });
}

/** Which resources the CRDs bring, and how each is watched. */
interface Members {
  readonly wanted: (list: Watched) => readonly Resource[];
  readonly begin: (parts: WatchParts, resource: Resource) => Watched;
}

function members(parts: WatchParts, resource: string, { wanted, begin }: Members): Custom {
  const running = new Map<string, Watched>();
  const ending = new Set<Promise<void>>();
  const listed = Promise.withResolvers<void>();
  let list: Watched | undefined;
  let stamp = '';
  let tooMany = false;
  const each = () => [...running.values()];
  const joined = (ask: (one: Watched) => readonly ClusterObject[]) => {
    const lists = each().map(ask);
    return lists.length > 1 ? lists.flat().sort(byPlace) : (lists[0] ?? []);
  };
  return {
    all: () => joined((one) => one.all()),
    within: (namespace) => joined((one) => one.within(namespace)),
    get: (namespace, name) => first(each(), (one) => one.get(namespace, name)),
    count: () => each().reduce((sum, one) => sum + one.count(), 0),
    lastEventAt: () => oldest(each()) ?? list?.lastEventAt() ?? null,
    settled: listed.promise.then(async () => void (await Promise.all(each().map((one) => one.settled)))),
    isSettled: () => (list?.isSettled() ?? false) && each().every((one) => one.isSettled()),
    nudge() {
      for (const one of each()) one.nudge();
    },
    state: () => (tooMany ? over : stateOf(running, list)),
    crds(fresh, now) {
      if (now === stamp) return;
      list = fresh;
      stamp = now;
      const { state } = fresh.state();
      // While nobody knows which CRDs there are, what runs goes on.
      if (state === 'synced' || state === 'absent') follow(wanted(fresh));
      if (fresh.isSettled()) listed.resolve();
    },
    async stop() {
      follow([]);
      listed.resolve();
      await Promise.all(ending);
    },
  };

  function follow(resources: readonly Resource[]): void {
    tooMany = resources.length > mostConstraints;
    const names = new Map(resources.slice(0, mostConstraints).map((one) => [crdOf(one), one]));
    for (const [name, one] of running) if (!names.has(name)) end(name, one);
    for (const [name, member] of names) {
      const known = running.get(name);
      // Its CRD may serve now what it did not.
      if (known?.state().state === 'absent') known.nudge();
      if (!known) running.set(name, begin(parts, member));
    }
  }

  function end(name: string, one: Watched): void {
    const before = one.all();
    running.delete(name);
    const ended = one.stop().finally(() => ending.delete(ended));
    ending.add(ended);
    for (const object of before) {
      parts.changed(resource, object.namespace, object.name);
      parts.record(resource, placeOf(object), undefined);
    }
  }
}

const over: ResourceState = {
  state: 'unsynced',
  detail: `there are more than ${mostConstraints} kinds of constraints`,
};

const worst: readonly ResourceState['state'][] = ['denied', 'unsynced', 'stale', 'absent', 'synced'];

/** As well as the worst member is known; without members, as well as it is known that there are none. */
function stateOf(running: ReadonlyMap<string, Watched>, list: Watched | undefined): ResourceState {
  if (running.size === 0) return stateWithout(list);
  const states = [...running].map(([name, one]) => ({ name, ...served(one.state()) }));
  const found = worst.map((state) => states.find((one) => one.state === state)).find((one) => one !== undefined);
  if (!found) return { state: 'absent' };
  const { name, state, detail } = found;
  return { state, ...(detail === undefined ? {} : { detail: running.size > 1 ? `${name}: ${detail}` : detail }) };
}

/** What its CRD announces and nobody serves is not known to be empty. */
function served(state: ResourceState): ResourceState {
  if (state.state !== 'absent') return state;
  return { state: 'unsynced', detail: 'its CRD exists and serves no version that is understood' };
}

function stateWithout(list: Watched | undefined): ResourceState {
  const { state, detail } = list?.state() ?? { state: 'unsynced' as const };
  if (state === 'synced' || state === 'absent') return { state: 'absent' };
  return { state, detail: `which CRDs exist is not known: ${detail ?? state}` };
}

function first<T>(list: readonly Watched[], ask: (one: Watched) => T | undefined): T | undefined {
  for (const one of list) {
    const answer = ask(one);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function oldest(list: readonly Watched[]): number | null {
  const times = list.map((one) => one.lastEventAt() ?? 0);
  return times.length === 0 ? null : Math.min(...times) || null;
}
