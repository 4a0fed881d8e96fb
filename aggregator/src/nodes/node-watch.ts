import type { JsonObject } from '@plumbline/core';
import type { KubeClient } from '../cluster/kube-client.ts';
import { reflect } from '../cluster/reflector.ts';
import type { Server } from '../cluster/server.ts';
import type { Sink } from '../cluster/sink.ts';
import type { WatchState } from '../cluster/watch-state.ts';
import type { WatchTiming } from '../cluster/watch-timing.ts';
import type { NodeTable } from '../store/node-table.ts';
import { type ListedNode, listedNode } from './listed-node.ts';

/** What the node watch needs. `changed` is called with the name of a node whose object says something new. */
export interface NodeWatchParts {
  readonly client: KubeClient;
  readonly server: Server;
  readonly nodes: NodeTable;
  readonly timing: WatchTiming;
  readonly clock: () => number;
  readonly random?: () => number;
  readonly changed: (node: string) => void;
  readonly restarted: (reason: string) => void;
}

/** The cluster's own list of its nodes, kept in the store. */
export interface NodeWatch {
  state(): WatchState;
  /** Resolves when the nodes were listed for the first time. */
  readonly first: Promise<void>;
  stop(): Promise<void>;
}

/** Begins to list and watch nodes. */
export function watchNodes(parts: NodeWatchParts): NodeWatch {
  const ending = new AbortController();
  const listed = Promise.withResolvers<void>();
  const reflector = reflect({
    ...parts,
    resource: 'nodes',
    paths: ['/api/v1/nodes'],
    sink: nodeSink(parts, listed.resolve),
    signal: ending.signal,
  });
  return {
    state: reflector.state,
    first: listed.promise,
    async stop() {
      ending.abort();
      await reflector.done;
    },
  };
}

/** Writes nodes to the store; a node that the cluster does not list any more is kept as deleted. */
function nodeSink({ nodes, clock, changed }: NodeWatchParts, listed: () => void): Sink {
  const named = (object: JsonObject, then: (node: ListedNode) => void) => {
    const node = listedNode(object);
    if (node) then(node);
  };
  const put = (item: ListedNode) => {
    const before = nodes.ensure(item.name, clock());
    const { name, ...said } = item;
    nodes.patch(name, { ...said, listed: true, deletedAt: null });
    if (nodes.get(name) !== before || before.documents === null) changed(name);
  };
  const remove = (name: string) => {
    nodes.patch(name, { listed: false, deletedAt: clock() });
    changed(name);
  };
  const replace = (items: ReadonlyMap<string, ListedNode>) => {
    for (const item of items.values()) put(item);
    for (const one of nodes.all()) if (one.listed && !items.has(one.name)) remove(one.name);
    listed();
  };
  return {
    put: (object) => named(object, put),
    drop: (object) => named(object, ({ name }) => remove(name)),
    begin() {
      const items = new Map<string, ListedNode>();
      return {
        put: (object) => named(object, (node) => void items.set(node.name, node)),
        drop: (object) => named(object, ({ name }) => void items.delete(name)),
        commit: () => replace(items),
      };
    },
    clear: () => replace(new Map()),
  };
}
