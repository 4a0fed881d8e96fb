import {
  type ClusterObject,
  type JsonObject,
  projectObject,
  type Resource,
  type ResourceState,
  subjectOf,
} from '@plumbline/core';
import type { KubeClient } from './kube-client.ts';
import { objectTable } from './object-table.ts';
import { pathsOf } from './paths.ts';
import { podTable } from './pod-table.ts';
import { reflect } from './reflector.ts';
import type { Server } from './server.ts';
import type { Sink } from './sink.ts';
import { resourceState } from './watch-state.ts';
import type { WatchTiming } from './watch-timing.ts';

/** Takes what lies in a place of a resource: an object, or the workloads of an owner. What is given must not be changed afterwards. */
export type TakePlace = (resource: string, place: string, value: object | undefined) => void;

/** What every watch of a cluster shares. */
export interface WatchParts {
  readonly client: KubeClient;
  readonly server: Server;
  readonly timing: WatchTiming;
  /** Milliseconds without a sign of life after which a resource is `stale`. */
  readonly staleAfter: number;
  readonly clock: () => number;
  readonly random?: () => number;
  readonly restarted: (resource: string, reason: string) => void;
  /** False for namespaces of which nothing is kept. */
  readonly wanted: (namespace: string) => boolean;
  /** Something of the resource changed in a namespace, '' for the whole cluster. `name` is that of the object, '' for workloads. */
  readonly changed: (resource: string, namespace: string, name: string) => void;
  /** What lies in a place is like this now; undefined when nothing does any more. */
  readonly record: TakePlace;
  /** A state may have changed. */
  readonly look: () => void;
}

/** What is kept of the objects of a resource. */
export interface Kept {
  all(): readonly ClusterObject[];
  within(namespace: string): readonly ClusterObject[];
  get(namespace: string, name: string): ClusterObject | undefined;
  count(): number;
}

/** One resource of the view, whatever it takes to watch it. */
export interface Watched extends Kept {
  state(): ResourceState;
  lastEventAt(): number | null;
  /** Resolves when it was answered or refused for the first time. */
  readonly settled: Promise<void>;
  /** Was it answered or refused by now? */
  isSettled(): boolean;
  /** Tries again now what was refused or not served. */
  nudge(): void;
  stop(): Promise<void>;
}

/** Nothing at all. */
export const nothing: Kept = { all: () => [], within: () => [], get: () => undefined, count: () => 0 };

/** A resource that nobody opted in to. */
export function unasked(): Watched {
  const state: ResourceState = { state: 'unasked', detail: 'secrets are not watched: --watch-secrets is off' };
  return {
    ...nothing,
    state: () => state,
    lastEventAt: () => null,
    settled: Promise.resolve(),
    isSettled: () => true,
    nudge: () => undefined,
    stop: async () => undefined,
  };
}

/** Watches the objects of a resource. `project` keeps what controls read of each. */
export function watchObjects(parts: WatchParts, resource: Resource, project = projectObject): Watched {
  const keep = (object: JsonObject) => {
    const one = project(resource, object);
    const wanted = one !== undefined && (resource.bears === 'even-excluded' || parts.wanted(one.namespace));
    return wanted ? one : undefined;
  };
  const table = objectTable(keep, (one, now) => {
    parts.changed(resource.name, one.namespace, one.name);
    parts.record(resource.name, placeOf(one), now);
  });
  return watchInto(parts, resource, table, table.sink);
}

/** Watches pods, of which only workloads are kept. */
export function watchPods(
  parts: WatchParts,
  resource: Resource,
): Watched & Pick<ReturnType<typeof podTable>, 'workloads'> {
  const table = podTable(parts.wanted, (namespace, place, workloads) => {
    parts.changed(resource.name, namespace, '');
    parts.record(resource.name, place, workloads.length === 0 ? undefined : workloads);
  });
  return { ...watchInto(parts, resource, { ...nothing, count: table.count }, table.sink), workloads: table.workloads };
}

/** The place of an object, as findings call it. */
export function placeOf({ kind, namespace, name }: ClusterObject): string {
  return subjectOf(kind, namespace, name);
}

function watchInto(parts: WatchParts, resource: Resource, kept: Kept, sink: Sink): Watched {
  const ending = new AbortController();
  const settled = Promise.withResolvers<void>();
  const reflector = reflect({
    ...parts,
    resource: resource.name,
    paths: pathsOf(resource),
    ...(resource.fieldSelector === undefined ? {} : { fieldSelector: resource.fieldSelector }),
    metadata: resource.depth === 'metadata',
    expected: resource.presence === 'crd',
    sink,
    restarted: (reason) => parts.restarted(resource.name, reason),
    phaseChanged() {
      settled.resolve();
      parts.look();
    },
    signal: ending.signal,
  });
  return {
    all: kept.all,
    within: kept.within,
    get: kept.get,
    count: kept.count,
    state: () => expected(resource, resourceState(reflector.state(), parts.clock(), parts.staleAfter)),
    lastEventAt: () => reflector.state().lastEventAt,
    settled: settled.promise,
    isSettled: () => reflector.state().phase !== 'unsynced',
    nudge: reflector.nudge,
    async stop() {
      ending.abort();
      await reflector.done;
      settled.resolve();
    },
  };
}

/** What every API server serves and this one does not is not known to be empty: something else may answer in its place. */
function expected({ presence, name }: Resource, state: ResourceState): ResourceState {
  if (state.state !== 'absent' || presence !== 'always') return state;
  return { state: 'unsynced', detail: `the API server does not serve ${name}` };
}
