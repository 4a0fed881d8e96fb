import { isJsonObject } from '@plumbline/core';
import type { NodeTable } from '../store/node-table.ts';
import type { KubeClient } from './kube-client.ts';
import { type ListedNode, listedNode } from './listed-node.ts';
import { reflect, type WatchState } from './reflector.ts';

/** What the node watch needs. `changed` is called with the name of a node whose object says something new. */
export interface NodeWatchParts {
  readonly client: KubeClient;
  readonly nodes: NodeTable;
  readonly clock: () => number;
  readonly changed: (node: string) => void;
  /** The API server's version was learnt or changed: `v1.34.4`. */
  readonly versionChanged: (version: string) => void;
  readonly restarted: (reason: string) => void;
  readonly failed: (error: unknown) => void;
}

/** The cluster's own list of its nodes, kept in the store, and the API server's version. */
export interface NodeWatch {
  state(): WatchState;
  /** Resolves when both the nodes and the version were learnt for the first time. */
  readonly first: Promise<void>;
  stop(): Promise<void>;
}

const versionEveryMs = 300_000;
const versionRetryMs = 10_000;

/** Begins to list and watch nodes. */
export function watchNodes(parts: NodeWatchParts): NodeWatch {
  const { nodes, client } = parts;
  const ending = new AbortController();
  const listed = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  let version: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const reflector = reflect<ListedNode>({
    client,
    path: '/api/v1/nodes',
    project: listedNode,
    replace(items) {
      const names = new Set(items.map((item) => item.name));
      for (const item of items) put(item);
      for (const one of nodes.all()) if (one.listed && !names.has(one.name)) remove(one.name);
      listed.resolve();
    },
    change: put,
    gone: (item) => remove(item.name),
    restarted: parts.restarted,
    clock: parts.clock,
    signal: ending.signal,
  });
  const asking = askVersion();
  return {
    state: reflector.state,
    first: Promise.all([listed.promise, told.promise]).then(() => undefined),
    async stop() {
      ending.abort();
      clearTimeout(timer);
      await Promise.all([reflector.done, asking]);
      await client.close();
    },
  };

  function put(item: ListedNode): void {
    const before = nodes.ensure(item.name, parts.clock());
    const { uid, kubeletVersion, providerId, labels } = item;
    nodes.patch(item.name, { uid, kubeletVersion, providerId, labels, listed: true, deletedAt: null });
    if (nodes.get(item.name) !== before || before.documents === null) parts.changed(item.name);
  }

  function remove(name: string): void {
    nodes.patch(name, { listed: false, deletedAt: parts.clock() });
    parts.changed(name);
  }

  async function askVersion(): Promise<void> {
    let wait = versionEveryMs;
    try {
      const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(30_000)]);
      const answer = await client.ask({ path: '/version', signal });
      const body = await answer.json();
      const said = isJsonObject(body) ? body['gitVersion'] : undefined;
      if (answer.status === 200 && typeof said === 'string') {
        if (said !== version) parts.versionChanged(said);
        version = said;
        told.resolve();
      } else wait = versionRetryMs;
    } catch (error) {
      if (ending.signal.aborted) return;
      parts.failed(error);
      wait = versionRetryMs;
    }
    if (!ending.signal.aborted) timer = setTimeout(() => void askVersion(), wait);
  }
}
