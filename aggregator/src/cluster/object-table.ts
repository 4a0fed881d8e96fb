import { byPlace, type ClusterObject, type JsonObject } from '@plumbline/core';
import type { Draft, Sink } from './sink.ts';

/** The objects of one resource, by namespace ('' for those of the whole cluster) and name. */
export interface ObjectTable {
  readonly sink: Sink;
  all(): readonly ClusterObject[];
  within(namespace: string): readonly ClusterObject[];
  get(namespace: string, name: string): ClusterObject | undefined;
  count(): number;
}

type Content = Map<string, Map<string, ClusterObject>>;

/**
 * A table of what `project` keeps; what it leaves out (undefined) is not there. `changed` is called with each namespace of which
 * something that is kept changed, once an event; `now` is undefined where it is gone.
 */
export function objectTable(
  project: (object: JsonObject) => ClusterObject | undefined,
  changed: (object: ClusterObject, now: ClusterObject | undefined) => void,
): ObjectTable {
  let content: Content = new Map();
  let everything: readonly ClusterObject[] | undefined;
  const lists = new Map<string, readonly ClusterObject[]>();
  const tell = (one: ClusterObject) => {
    everything = undefined;
    lists.delete(one.namespace);
    changed(one, content.get(one.namespace)?.get(one.name));
  };
  const replace = (fresh: Content) => {
    const old = content;
    content = fresh;
    for (const one of differences(old, fresh)) tell(one);
  };
  return {
    all: () => (everything ??= [...content.values()].flatMap((names) => [...names.values()]).sort(byPlace)),
    within: (namespace) => listOf(namespace),
    get: (namespace, name) => content.get(namespace)?.get(name),
    count: () => [...content.values()].reduce((sum, names) => sum + names.size, 0),
    sink: {
      put(object) {
        const one = project(object);
        if (one === undefined) return;
        const before = content.get(one.namespace)?.get(one.name);
        if (before !== undefined && same(before, one)) return;
        add(content, one);
        tell(one);
      },
      drop(object) {
        const one = project(object);
        if (one !== undefined && remove(content, one)) tell(one);
      },
      begin: () => draftOf(project, replace),
      clear: () => replace(new Map()),
    },
  };

  function listOf(namespace: string): readonly ClusterObject[] {
    const known = lists.get(namespace);
    if (known) return known;
    const list = [...(content.get(namespace)?.values() ?? [])].sort(byPlace);
    // What does not exist is not remembered: anybody may ask for anything.
    if (list.length > 0) lists.set(namespace, list);
    return list;
  }
}

function draftOf(
  project: (object: JsonObject) => ClusterObject | undefined,
  replace: (content: Content) => void,
): Draft {
  const fresh: Content = new Map();
  return {
    put(object) {
      const one = project(object);
      if (one !== undefined) add(fresh, one);
    },
    drop(object) {
      const one = project(object);
      if (one !== undefined) remove(fresh, one);
    },
    commit: () => replace(fresh),
  };
}

function add(content: Content, one: ClusterObject): void {
  const names = content.get(one.namespace) ?? new Map<string, ClusterObject>();
  if (names.size === 0) content.set(one.namespace, names);
  names.set(one.name, one);
}

function remove(content: Content, one: ClusterObject): boolean {
  const names = content.get(one.namespace);
  const was = names?.delete(one.name) ?? false;
  if (names?.size === 0) content.delete(one.namespace);
  return was;
}

/** Both come from the same projection, so equal objects have equal texts. */
function same(a: ClusterObject, b: ClusterObject): boolean {
  return a.uid === b.uid && JSON.stringify(a) === JSON.stringify(b);
}

function* differences(old: Content, fresh: Content): Generator<ClusterObject> {
  for (const [namespace, names] of fresh) {
    for (const [name, one] of names) {
      const before = old.get(namespace)?.get(name);
      if (before === undefined || !same(before, one)) yield one;
    }
  }
  for (const [namespace, names] of old) {
    for (const [name, one] of names) if (!fresh.get(namespace)?.has(name)) yield one;
  }
}
