import { hash } from 'node:crypto';
import { type JsonObject, type ProjectedPod, projectPod, type Workload, workloadKey } from '@plumbline/core';
import { type Interner, interner } from './interner.ts';
import type { Sink, Taker } from './sink.ts';

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
  readonly pods: Map<string, Group>;
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
      put: (object) => take(object, (to, pod) => add(to, pod, parts)),
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

/** True when a workload or its number changed. */
function add(content: Content, pod: ProjectedPod, parts: Interner): boolean {
  if (!pod.counts) return remove(content, pod);
  const key = keyOf(pod);
  if (content.get(pod.namespace)?.pods.get(pod.name)?.key === key) return false;
  remove(content, pod);
  const place = content.get(pod.namespace) ?? { groups: new Map(), pods: new Map() };
  content.set(pod.namespace, place);
  const group = place.groups.get(key) ?? { key, workload: shared(pod.workload, parts) };
  group.workload = { ...group.workload, pods: group.workload.pods + 1 };
  place.groups.set(key, group);
  place.pods.set(pod.name, group);
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
  const group = place?.pods.get(name);
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
