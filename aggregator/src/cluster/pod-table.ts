import { hash, randomBytes } from 'node:crypto';
import { type JsonObject, type ProjectedPod, projectPod, type Workload, workloadKey } from '@plumbline/core';
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

/** Alike pods of one owner. The object is replaced at each change of the number: who holds one sees no change under it. */
interface Group {
  readonly key: string;
  workload: Workload;
}

interface Place {
  readonly groups: Map<string, Group>;
  /** By name; a pod costs an entry here and nothing else. */
  readonly pods: Map<string, Counted>;
}

/** A pod that counts: for which workload, and the print of what was read of it, 0 when that is not known. */
interface Counted {
  readonly group: Group;
  readonly print: number;
}

type Content = Map<string, Place>;

const none: readonly Workload[] = [];

/** A table without what `wanted` refuses by its namespace. `changed`: workloads of a namespace came, went, or their numbers changed. */
export function podTable(wanted: (namespace: string) => boolean, changed: (namespace: string) => void): PodTable {
  let content: Content = new Map();
  const parts = interner();
  /** Puts and drops pods of the content that `into` gives; `tell` is called when that changed something. */
  const taker = (into: () => Content, tell: (namespace: string) => void): Taker => {
    const take = (object: JsonObject, apply: (content: Content, pod: ProjectedPod) => boolean) => {
      const pod = projectPod(object);
      if (pod !== undefined && wanted(pod.namespace) && apply(into(), pod)) tell(pod.namespace);
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
      if (!alike(old.get(namespace), fresh.get(namespace))) changed(namespace);
    }
  };
  return {
    workloads(namespace) {
      const place = content.get(namespace);
      return place === undefined ? none : [...place.groups.values()].map((group) => group.workload);
    },
    count: () => [...content.values()].reduce((sum, place) => sum + place.pods.size, 0),
    sink: {
      ...taker(() => content, changed),
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

/** True when a workload or its number changed. */
function add(content: Content, pod: ProjectedPod & { readonly print: number }, parts: Interner): boolean {
  if (!pod.counts) return remove(content, pod);
  const { print } = pod;
  const key = keyOf(pod);
  const before = content.get(pod.namespace)?.pods.get(pod.name);
  if (before?.group.key === key) {
    content.get(pod.namespace)?.pods.set(pod.name, { group: before.group, print });
    return false;
  }
  remove(content, pod);
  const place = content.get(pod.namespace) ?? { groups: new Map(), pods: new Map() };
  content.set(pod.namespace, place);
  const group = place.groups.get(key) ?? { key, workload: shared(pod.workload, parts) };
  group.workload = { ...group.workload, pods: group.workload.pods + 1 };
  place.groups.set(key, group);
  place.pods.set(pod.name, { group, print });
  return true;
}

/** Most of what is kept is containers, and most containers have sisters in other workloads: each is kept once. */
function shared(workload: ProjectedPod['workload'], parts: Interner): Workload {
  const { labels, annotations, spec } = workload;
  return {
    ...workload,
    labels: parts.share(labels),
    annotations: parts.share(annotations),
    spec: parts.share(spec),
    pods: 0,
  };
}

/** True when the pod counted until now. */
function remove(content: Content, { namespace, name }: ProjectedPod): boolean {
  const place = content.get(namespace);
  const group = place?.pods.get(name)?.group;
  if (!place || !group) return false;
  place.pods.delete(name);
  const pods = group.workload.pods - 1;
  if (pods === 0) place.groups.delete(group.key);
  else group.workload = { ...group.workload, pods };
  if (place.pods.size === 0) content.delete(namespace);
  return true;
}

/** The key of a workload is as long as its specification; its hash is not. */
function keyOf(pod: ProjectedPod): string {
  return hash('sha256', workloadKey(pod.workload), 'base64');
}

function alike(a: Place | undefined, b: Place | undefined): boolean {
  if (a?.groups.size !== b?.groups.size) return false;
  return [...(a?.groups ?? [])].every(([key, { workload }]) => b?.groups.get(key)?.workload.pods === workload.pods);
}
