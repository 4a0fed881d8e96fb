import { hash, randomBytes } from 'node:crypto';
import {
  byOwner,
  type JsonObject,
  type ProjectedPod,
  projectPod,
  subjectOf,
  type Workload,
  workloadKey,
} from '@plumbline/core';
import { parsed, readEvent, type WatchEvent } from './event.ts';
import { type Interner, interner } from './interner.ts';
import type { Sink, Taker } from './sink.ts';
import { skim } from './skim.ts';

/** Pods as workloads: of a pod itself only its name stays, and which workload it counts for. */
export interface PodTable {
  readonly sink: Sink;
  workloads(namespace: string): readonly Workload[];
  /** Pods that count. */
  count(): number;
}

/** Alike pods of one owner. */
interface Group {
  readonly key: string;
  readonly place: string;
  readonly workload: Workload;
  pods: number;
}

interface Place {
  /** Groups by owner, each in the order of views: one, but for owners in the middle of a rollout. */
  readonly owners: Map<string, readonly Group[]>;
  /** By name; a pod costs an entry here and nothing else. */
  readonly pods: Map<string, Counted>;
}

/** A pod that counts: for which workload, and the print of what was read of it, 0 when that is not known. */
interface Counted {
  readonly group: Group;
  readonly print: number;
}

/** The workloads of an owner came, went or became others. */
type Changed = (namespace: string, place: string, workloads: readonly Workload[]) => void;

type Content = Map<string, Place>;

const none: readonly Workload[] = [];

/**
 * A table without what `wanted` refuses by its namespace. `changed` gets the workloads that an owner has now; how many pods there are of
 * each is no change.
 */
export function podTable(wanted: (namespace: string) => boolean, changed: Changed): PodTable {
  let content: Content = new Map();
  const parts = interner();
  const tell = (namespace: string, place: string) => changed(namespace, place, workloadsOf(content, namespace, place));
  /** Puts and drops pods of the content that `into` gives; `told` is called for each owner that is another then. */
  const taker = (into: () => Content, told: (namespace: string, place: string) => void): Taker => {
    const take = (object: JsonObject, apply: (content: Content, pod: ProjectedPod) => readonly string[]) => {
      const pod = projectPod(object);
      if (pod === undefined || !wanted(pod.namespace)) return;
      for (const place of apply(into(), pod)) told(pod.namespace, place);
    };
    return {
      put: (object, print = 0) => take(object, (to, pod) => add(to, { ...pod, print }, parts)),
      drop: (object) => take(object, remove),
    };
  };
  const replace = (fresh: Content) => {
    const old = content;
    content = fresh;
    for (const namespace of new Set([...old.keys(), ...fresh.keys()])) {
      for (const place of differing(old.get(namespace), fresh.get(namespace))) tell(namespace, place);
    }
  };
  return {
    workloads(namespace) {
      const owners = content.get(namespace)?.owners;
      if (owners === undefined) return none;
      const groups = [...owners.values()].sort(byFirst);
      return groups.flatMap((own) => own.map((group) => group.workload));
    },
    count: () => [...content.values()].reduce((sum, place) => sum + place.pods.size, 0),
    sink: {
      ...taker(() => content, tell),
      read: (line, fresh) => readPod(line, fresh ? undefined : content),
      begin() {
        const fresh: Content = new Map();
        const silent = taker(
          () => fresh,
          () => undefined,
        );
        return { ...silent, commit: () => replace(fresh) };
      },
      clear: () => replace(new Map()),
    },
  };
}

function workloadsOf(content: Content, namespace: string, place: string): readonly Workload[] {
  return (content.get(namespace)?.owners.get(place) ?? []).map((group) => group.workload);
}

/** An owner without a group is not kept, so each has a first. */
function byFirst([a]: readonly Group[], [b]: readonly Group[]): number {
  return a && b ? byOwner(a.workload, b.workload) : 0;
}

const kinds: Readonly<Record<string, 'put' | 'drop'>> = { ADDED: 'put', MODIFIED: 'put', DELETED: 'drop' };

/** Most events say nothing new of what is read; they are recognized by a hash that nobody outside can aim at. */
function readPod(line: string, content: Content | undefined): WatchEvent {
  const event = skim(line);
  const kind = kinds[event?.type ?? ''];
  if (!event || !kind) return readEvent(line);
  const { namespace, name, position, text } = event;
  const print = hash('sha256', salt + text, 'buffer').readUIntBE(0, 6);
  const common = { position, end: false, print };
  if (kind === 'put' && content?.get(namespace)?.pods.get(name)?.print === print) {
    return { ...common, kind: 'same', object: {} };
  }
  return { ...common, kind, object: parsed(text) as JsonObject };
}

const salt = randomBytes(16).toString('hex');

/** The owners whose workloads are others then. */
function add(content: Content, pod: ProjectedPod & { readonly print: number }, parts: Interner): readonly string[] {
  if (!pod.counts) return remove(content, pod);
  const { print, namespace, name } = pod;
  const key = keyOf(pod);
  const before = content.get(namespace)?.pods.get(name);
  if (before?.group.key === key) {
    content.get(namespace)?.pods.set(name, { group: before.group, print });
    return [];
  }
  const left = remove(content, pod);
  const inside: Place = content.get(namespace) ?? { owners: new Map(), pods: new Map() };
  content.set(namespace, inside);
  const { owner } = pod.workload;
  const place = subjectOf(owner.kind, namespace, owner.name);
  const groups: readonly Group[] = inside.owners.get(place) ?? [];
  const known = groups.find((one) => one.key === key);
  const group = known ?? { key, place, workload: shared(pod.workload, parts), pods: 0 };
  group.pods++;
  inside.pods.set(name, { group, print });
  if (known) return left;
  inside.owners.set(
    place,
    [...groups, group].sort((a, b) => byOwner(a.workload, b.workload)),
  );
  return left.includes(place) ? left : [...left, place];
}

/** Most of what is kept is containers, and most containers have sisters in other workloads: each is kept once. */
function shared(workload: Workload, parts: Interner): Workload {
  const { labels, annotations, spec } = workload;
  return {
    ...workload,
    labels: parts.share(labels),
    annotations: parts.share(annotations),
    spec: parts.share(spec),
  };
}

/** The owner that lost a workload with this pod. */
function remove(content: Content, { namespace, name }: ProjectedPod): readonly string[] {
  const inside = content.get(namespace);
  const group = inside?.pods.get(name)?.group;
  if (!inside || !group) return [];
  inside.pods.delete(name);
  if (inside.pods.size === 0) content.delete(namespace);
  group.pods--;
  if (group.pods > 0) return [];
  const { place } = group;
  const left = (inside.owners.get(place) ?? []).filter((one) => one !== group);
  if (left.length === 0) inside.owners.delete(place);
  else inside.owners.set(place, left);
  return [place];
}

/** The key of a workload is as long as its specification; its hash is not. */
function keyOf(pod: ProjectedPod): string {
  return hash('sha256', workloadKey(pod.workload), 'base64');
}

function differing(a: Place | undefined, b: Place | undefined): readonly string[] {
  const keys = (place: Place | undefined, owner: string) =>
    place?.owners
      .get(owner)
      ?.map((one) => one.key)
      .join();
  const owners = new Set([...(a?.owners.keys() ?? []), ...(b?.owners.keys() ?? [])]);
  return [...owners].filter((owner) => keys(a, owner) !== keys(b, owner));
}
