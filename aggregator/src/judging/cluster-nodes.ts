import { type ClusterNode, type NodeView, nodeView, type Pack, runningView } from '@plumbline/core';
import type { NodeRecord, NodeTable } from '../store/node-table.ts';
import type { Store } from '../store/store.ts';
import { isCurrent } from './presence.ts';

/** What the nodes of a view rest on. */
export interface ClusterNodesParts {
  readonly store: { readonly nodes: Pick<NodeTable, 'all' | 'get'> } & Pick<Store, 'fact' | 'ran'>;
  readonly pack: Pack;
  /** The API server's version, which says what it reads again while it runs. */
  readonly controlPlaneVersion: () => string | undefined;
  readonly reporting: (node: NodeRecord) => boolean;
}

/**
 * The nodes as controls of the cluster see them. A fact is read when somebody asks for it, once while it stays the same, and shared by
 * nodes that are alike in it.
 */
export interface ClusterNodes {
  nodes(): readonly ClusterNode[];
  /** Grows when the nodes change, or a fact that was asked for. */
  generation(): number;
  /** Looks whether this node changed in what was asked for. */
  touched(node: string): boolean;
  /** Looks at what may change of any node by the mere passing of time; facts aside. */
  refresh(): boolean;
}

interface LoadedFact {
  readonly content: string;
  readonly view: NodeView;
}

/** Contents of facts that are remembered for nodes that are alike. */
const mostShared = 2000;

/** The nodes of a store. */
export function clusterNodes({ store, pack, controlPlaneVersion, reporting }: ClusterNodesParts): ClusterNodes {
  const signatures = new Map<string, string>();
  const loaded = new Map<string, Map<string, LoadedFact>>();
  const alike = new Map<string, NodeView>();
  let list: readonly ClusterNode[] | undefined;
  let generation = 0;

  const changed = () => {
    list = undefined;
    generation++;
    return true;
  };
  refresh();
  return {
    nodes() {
      // By name, whenever each of them came: evidence that names several of them must not depend on when this program started.
      list ??= store.nodes.all().filter(isCurrent).sort(byName).map(nodeOf);
      return list;
    },
    generation: () => generation,
    refresh,
    touched(name) {
      const record = store.nodes.get(name);
      const sign = record !== undefined && signed(record);
      const stale = [...(loaded.get(name) ?? [])].filter(
        ([fact, { content }]) => store.fact(name, fact).content !== content,
      );
      for (const [fact] of stale) loaded.get(name)?.delete(fact);
      return sign || stale.length > 0 ? changed() : false;
    },
  };

  function refresh(): boolean {
    const news = store.nodes.all().filter(signed);
    return news.length > 0 ? changed() : false;
  }

  /** True when what the list says of a node is new. */
  function signed(record: NodeRecord): boolean {
    const { name, roles, os } = record;
    const now = isCurrent(record) ? `${os} ${roles.join()} ${reporting(record)}` : '';
    const before = signatures.get(name) ?? '';
    signatures.set(name, now);
    if (now === '') loaded.delete(name);
    return now !== before;
  }

  function nodeOf(record: NodeRecord): ClusterNode {
    const { name, os, roles } = record;
    const reports = reporting(record);
    // Agents run on Linux alone.
    const system = os ?? (reports ? 'linux' : '');
    return {
      name,
      os: system,
      roles,
      reporting: reports,
      view: reports ? running(name) : () => nodeView(name, []),
    };
  }

  /** Made anew when a fact changed, for then the list is, and when the version did. */
  function running(name: string): () => NodeView {
    let made: { readonly version: string | undefined; readonly view: NodeView } | undefined;
    return () => {
      const version = controlPlaneVersion();
      if (!made || made.version !== version) {
        const versions = version === undefined ? {} : { controlPlane: version };
        made = { version, view: runningView(pack, lazyView(name), versions, store.ran(name)) };
      }
      return made.view;
    };
  }

  function lazyView(node: string): NodeView {
    return {
      node,
      get: (fact, subject) => load(node, fact).get(fact, subject),
      all: (fact) => load(node, fact).all(fact),
    };
  }

  function load(node: string, fact: string): NodeView {
    const facts = loaded.get(node) ?? new Map<string, LoadedFact>();
    loaded.set(node, facts);
    const before = facts.get(fact);
    if (before) return before.view;
    const { content, read } = store.fact(node, fact);
    const key = `${fact} ${content}`;
    const view = alike.get(key) ?? nodeView(node, read());
    if (alike.size >= mostShared) alike.clear();
    alike.set(key, view);
    facts.set(fact, { content, view });
    return view;
  }
}

function byName(a: NodeRecord, b: NodeRecord): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
