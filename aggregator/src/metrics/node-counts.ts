import { setImmediate } from 'node:timers/promises';
import type { Summary } from '@plumbline/core';
import type { NodeRecord } from '../store/node-table.ts';
import type { VerdictChange } from '../store/verdict-table.ts';

/** The counts of each node, counted again only where a verdict changed: a scrape of 5,000 quiet nodes asks the store nothing. */
export interface NodeCounts {
  /** Verdicts changed. */
  changed(changes: readonly VerdictChange[]): void;
  /** Counts what is not known of these nodes and forgets others, in slices: nothing else waits for it. */
  refresh(nodes: readonly NodeRecord[]): Promise<void>;
  /** Undefined until it was counted. */
  known(node: string): Summary | undefined;
}

const sliceMs = 10;

/** Counts of nobody yet. */
export function nodeCounts(count: (node: NodeRecord) => Summary): NodeCounts {
  const known = new Map<string, Summary>();
  const outdated = new Set<string>();
  return {
    known: (node) => known.get(node),
    changed(changes) {
      for (const { node } of changes) if (node !== null) outdated.add(node);
    },
    async refresh(nodes) {
      let began = performance.now();
      for (const node of nodes) {
        const changed = outdated.delete(node.name);
        if (known.has(node.name) && !changed) continue;
        known.set(node.name, count(node));
        if (performance.now() - began < sliceMs) continue;
        await setImmediate();
        began = performance.now();
      }
      forgetOthers(nodes);
    },
  };

  function forgetOthers(nodes: readonly NodeRecord[]): void {
    const present = new Set(nodes.map((one) => one.name));
    for (const name of known.keys()) if (!present.has(name)) known.delete(name);
    for (const name of outdated) if (!present.has(name)) outdated.delete(name);
  }
}
