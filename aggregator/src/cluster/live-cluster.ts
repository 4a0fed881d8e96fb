import {
  type ClusterNode,
  type ClusterView,
  constraints,
  resources as everyResource,
  matchesGlob,
  type ResourceState,
} from '@plumbline/core';
import { type Custom, constraintResources, customResource } from './custom.ts';
import type { RequestCount } from './kube-client.ts';
import { staleAfterMs } from './watch-state.ts';
import { type TakePlace, unasked, type Watched, type WatchParts, watchObjects, watchPods } from './watched.ts';

/** Remembers what a cluster shows over time. */
export interface ClusterRecorder {
  readonly place: TakePlace;
  /** How well a resource is known from now on; told after what lies in its places. */
  readonly state: (resource: string, state: ResourceState) => void;
}

/** What the live cluster needs. */
export interface LiveClusterParts
  extends Pick<WatchParts, 'client' | 'server' | 'timing' | 'clock' | 'random' | 'restarted'> {
  /** The nodes, their watch and their facts, which others keep. */
  readonly nodes: () => readonly ClusterNode[];
  readonly nodeGeneration: () => number;
  readonly nodeState: () => ResourceState;
  /** Globs of namespaces of which nothing is kept; cluster-wide objects that name them stay. */
  readonly exclude: readonly string[];
  /** Watch the metadata of the secrets that controls ask for. */
  readonly watchSecrets: boolean;
  readonly recorder?: ClusterRecorder;
  /** Milliseconds without a sign of life after which a resource is `stale`. */
  readonly staleAfter?: number;
}

/**
 * Something of a resource changed. `namespace`: the one whose objects, workloads or own Namespace object changed; null for objects of the
 * whole cluster, and when the state of the resource changed.
 */
export interface ClusterChange {
  readonly resource: string;
  readonly namespace: string | null;
}

/** How a resource is doing. Times in milliseconds; `requests` counts lists and watches since the start. */
export interface ResourceReport {
  readonly state: ResourceState;
  readonly lastEventAt: number | null;
  readonly objects: number;
  readonly requests: number;
}

/** A cluster that is watched. Its view changes by itself; whoever looks at it sees one consistent moment until the next await. */
export interface LiveCluster {
  readonly view: ClusterView;
  onChange(listener: (change: ClusterChange) => void): void;
  states(): ReadonlyMap<string, ResourceReport>;
  /** Resolves when every resource was answered or refused for the first time. */
  readonly synced: Promise<void>;
  /** Notices now what the mere passing of time changed. */
  look(): void;
  stop(): Promise<void>;
}

/** Silence shows only by the clock. */
const lookEveryMs = 5000;
const crdList = 'customresourcedefinitions';

/** Begins one watch for each resource that some control reads, for life. */
export function startLiveCluster(parts: LiveClusterParts): LiveCluster {
  const told = changes();
  const inner: WatchParts = {
    ...parts,
    staleAfter: parts.staleAfter ?? staleAfterMs,
    wanted: (namespace) => namespace === '' || !matchesGlob(parts.exclude, namespace),
    changed(resource, namespace, name) {
      told.tell(resource, (resource === 'namespaces' ? name : namespace) || null);
      if (resource === crdList) lookSoon();
    },
    record: (resource, place, value) => parts.recorder?.place(resource, place, value),
    look: () => lookSoon(),
  };
  const { watched, customs, workloads } = begin(inner, parts.watchSecrets);
  const states = new Map<string, string>();
  const lookSoon = once(look);
  const timer = setInterval(look, lookEveryMs);
  parts.server.onAnswer(() => {
    for (const one of watched.values()) one.nudge();
  });
  lookSoon();
  return {
    view: {
      state: (name) => (name === 'nodes' ? parts.nodeState() : (watched.get(name)?.state() ?? { state: 'absent' })),
      all: (name) => watched.get(name)?.all() ?? [],
      within: (name, namespace) => watched.get(name)?.within(namespace) ?? [],
      get: (name, namespace, object) => watched.get(name)?.get(namespace, object),
      workloads,
      nodes: parts.nodes,
      generation: (name) => (name === 'nodes' ? parts.nodeGeneration() : told.generation(name)),
    },
    onChange: told.listen,
    states: () => reports(watched, parts.client.requests()),
    synced: Promise.all([...watched.values()].map((one) => one.settled)).then(() => undefined),
    look,
    async stop() {
      clearInterval(timer);
      await Promise.all([...watched.values()].map((one) => one.stop()));
    },
  };

  /** Follows the CRDs, then tells whose state changed. */
  function look(): void {
    const list = watched.get(crdList);
    if (list)
      for (const one of customs)
        one.crds(list, `${list.isSettled()} ${list.state().state} ${told.generation(crdList)}`);
    for (const [name, one] of watched) {
      const before = states.get(name);
      if (stateChanged(name, one.state()) && before !== undefined) told.tell(name, null);
    }
    stateChanged('nodes', parts.nodeState());
  }

  function stateChanged(name: string, state: ResourceState): boolean {
    const now = JSON.stringify(state);
    if (states.get(name) === now) return false;
    states.set(name, now);
    parts.recorder?.state(name, state);
    return true;
  }
}

interface Begun {
  readonly watched: ReadonlyMap<string, Watched>;
  readonly customs: readonly Custom[];
  readonly workloads: ClusterView['workloads'];
}

function begin(parts: WatchParts, watchSecrets: boolean): Begun {
  const watched = new Map<string, Watched>();
  const customs = new Map<string, Custom>([[constraints, constraintResources(parts)]]);
  let workloads: ClusterView['workloads'] = () => [];
  for (const resource of everyResource) {
    const { name, presence } = resource;
    if (presence === 'crd') customs.set(name, customResource(parts, resource));
    else if (presence === 'opt-in' && !watchSecrets) watched.set(name, unasked());
    else if (name === 'pods') {
      const pods = watchPods(parts, resource);
      workloads = pods.workloads;
      watched.set(name, pods);
    } else watched.set(name, watchObjects(parts, resource));
  }
  for (const [name, one] of customs) watched.set(name, one);
  return { watched, customs: [...customs.values()], workloads };
}

/** Who listens to changes, and how many there were of each resource. */
function changes() {
  const listeners: ((change: ClusterChange) => void)[] = [];
  const generations = new Map<string, number>();
  return {
    listen: (listener: (change: ClusterChange) => void) => void listeners.push(listener),
    generation: (resource: string) => generations.get(resource) ?? 0,
    tell(resource: string, namespace: string | null) {
      generations.set(resource, (generations.get(resource) ?? 0) + 1);
      for (const listener of listeners) listener({ resource, namespace });
    },
  };
}

/** Calls at the end of this turn, once however often it was asked. */
function once(call: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    queueMicrotask(() => {
      asked = false;
      call();
    });
  };
}

function reports(
  watched: ReadonlyMap<string, Watched>,
  requests: readonly RequestCount[],
): ReadonlyMap<string, ResourceReport> {
  const sums = new Map<string, number>();
  for (const { resource, count } of requests) sums.set(resource, (sums.get(resource) ?? 0) + count);
  return new Map(
    [...watched].map(([name, one]) => [
      name,
      {
        state: one.state(),
        lastEventAt: one.lastEventAt(),
        objects: one.count(),
        requests: sums.get(name) ?? 0,
      },
    ]),
  );
}
