import type { Store } from '../store/store.ts';

/** Compares what was committed with what was judged. Times are milliseconds. */
export interface JudgingWatch {
  /** When a node, or the cluster (null), was last judged since the start. */
  lastJudged(node: string | null): number | undefined;
  /** Nodes of which something changed that is not judged yet, and since when the first of them waits; null when none does. */
  waiting(): { readonly nodes: number; readonly since: number | null };
}

/** Watches a store; judging gets the one in the answer, which is seen to write verdicts. */
export function watchJudging(store: Store, clock: () => number): JudgingWatch & { readonly store: Store } {
  const judged = new Map<string | null, number>();
  // In the order of their first unjudged change.
  const waiting = new Map<string, number>();
  store.onCommit((node, changed) => {
    if (changed && !waiting.has(node)) waiting.set(node, clock());
  });
  const note = (node: string | null) => {
    judged.set(node, clock());
    if (node !== null) waiting.delete(node);
  };
  return {
    store: {
      ...store,
      judge(node, findings, at, as) {
        const changes = store.judge(node, findings, at, as);
        note(node);
        return changes;
      },
      judgePart(node, part, findings, at) {
        const changes = store.judgePart(node, part, findings, at);
        note(node);
        return changes;
      },
    },
    lastJudged: (node) => judged.get(node),
    waiting() {
      const [since = null] = waiting.values();
      return { nodes: waiting.size, since };
    },
  };
}
