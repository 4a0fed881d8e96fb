import { createHash } from 'node:crypto';
import {
  commonText,
  commonValue,
  type FactSide,
  isCommonFact,
  type Json,
  neutral,
  observationStates,
} from '@plumbline/core';
import type { CurrentFact, DriftQueries } from '../../store/drift.ts';
import type { NodeRecord } from '../../store/node-table.ts';

/** Nodes whose facts are the same but for what is peculiar to each. */
export interface NodeGroup {
  readonly digest: string;
  /** In the order of their names. */
  readonly nodes: readonly NodeRecord[];
}

/** What a node shows, without what is peculiar to it: by fact and subject. */
export type CommonFacts = ReadonlyMap<string, FactSide & { readonly fact: string; readonly subject: string }>;

/** Groups nodes, and remembers each node's digest for as long as its facts stay. */
export interface NodeGroups {
  /** The biggest first; `unobserved` are those of which nothing is known. */
  of(
    nodes: readonly NodeRecord[],
  ): Promise<{ readonly groups: readonly NodeGroup[]; readonly unobserved: readonly NodeRecord[] }>;
  facts(node: NodeRecord): CommonFacts;
}

/** Nodes that are read before others get their turn. */
const slice = 10;
const mostValues = 20_000;

/** The groups over the facts of the store. The first answer reads every node, in slices; then only those that changed. */
export function nodeGroups(queries: DriftQueries): NodeGroups {
  const digests = new Map<number, { readonly of: string; readonly digest: string | undefined }>();
  const values = new Map<string, { readonly json: string; readonly common: string }>();
  let reading: Promise<void> = Promise.resolve();
  return {
    async of(nodes) {
      // Two who ask at once read once.
      reading = reading.then(() => refresh(nodes));
      await reading;
      const groups = Map.groupBy(nodes, (node) => digests.get(node.id)?.digest ?? '');
      const unobserved = groups.get('') ?? [];
      groups.delete('');
      const sorted = [...groups].map(([digest, members]) => ({ digest, nodes: members.toSorted(byName) }));
      sorted.sort((a, b) => b.nodes.length - a.nodes.length || (a.digest < b.digest ? -1 : 1));
      return { groups: sorted, unobserved };
    },
    facts(node) {
      return new Map(
        common(node).map(({ fact, subject, state, word, value }) => [
          `${fact}\0${subject}`,
          {
            ...{ fact, subject },
            state: observationStates[state] ?? 'malformed',
            detail: word === null ? null : unnamed(queries.text(word) ?? '', node.name),
            value: value === null ? null : (JSON.parse(value) as Json),
          },
        ]),
      );
    },
  };

  async function refresh(nodes: readonly NodeRecord[]): Promise<void> {
    let read = 0;
    for (const node of nodes) {
      if (digests.get(node.id)?.of === node.digest) continue;
      digests.set(node.id, { of: node.digest, digest: digestOf(node) });
      if (++read % slice === 0) await new Promise((turn) => setImmediate(turn));
    }
  }

  function digestOf(node: NodeRecord): string | undefined {
    const facts = common(node);
    if (facts.length === 0) return undefined;
    const hash = createHash('sha256');
    for (const one of facts.map((fact) => JSON.stringify(fact)).sort()) hash.update(one).update('\n');
    return hash.digest('hex').slice(0, 16);
  }

  function common(node: NodeRecord) {
    return queries
      .current(node.id)
      .filter((one) => isCommonFact(one.fact))
      .map((one) => ({
        ...one,
        subject: commonText(unnamed(one.subject, node.name)),
        value: one.value === null ? null : commonJson(one, one.value, node.name),
      }));
  }

  /** Most nodes have most values in common. */
  function commonJson({ fact }: CurrentFact, id: number, node: string): string {
    const key = `${fact} ${id}`;
    const known = values.get(key) ?? learn(key, fact, queries.value(id) ?? 'null');
    if (!known.json.includes(node)) return known.common;
    return unnamed(known.common, node);
  }

  function learn(key: string, fact: string, json: string) {
    const learnt = { json, common: JSON.stringify(commonValue(fact, JSON.parse(json) as Json)) };
    if (values.size >= mostValues) values.clear();
    values.set(key, learnt);
    return learnt;
  }
}

function byName(a: NodeRecord, b: NodeRecord): number {
  return a.name < b.name ? -1 : 1;
}

/** The name of a node as a word that JSON takes. */
function unnamed(text: string, node: string): string {
  return neutral(text, node).replaceAll('\0', '<node>');
}
