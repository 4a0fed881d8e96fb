import type { ClusterEntry } from '@plumbline/core';

/** What of a line waits to be judged: some namespaces, or all of it. */
export type Pending = 'all' | Set<string>;

/** Lines that wait. What is small goes first: one changed object must not wait for ten thousand namespaces. */
export interface PendingLines {
  /** `namespace` null: all of the line. */
  add(line: ClusterEntry, namespace: string | null): void;
  /** The next line with only some namespaces, taken out. */
  takeSome(): { readonly line: ClusterEntry; readonly namespaces: ReadonlySet<string> } | undefined;
  /** The next line that is judged whole and whose turn it is, taken out. */
  takeWhole(isDue: (line: ClusterEntry) => boolean): ClusterEntry | undefined;
  readonly size: number;
  clear(): void;
}

/** An empty list. */
export function pendingLines(): PendingLines {
  const some = new Map<ClusterEntry, Set<string>>();
  const whole = new Set<ClusterEntry>();
  return {
    add(line, namespace) {
      if (whole.has(line)) return;
      if (namespace === null || line.survey?.each !== 'namespace') {
        some.delete(line);
        whole.add(line);
        return;
      }
      some.set(line, (some.get(line) ?? new Set()).add(namespace));
    },
    takeSome() {
      const [first] = some;
      if (!first) return undefined;
      some.delete(first[0]);
      return { line: first[0], namespaces: first[1] };
    },
    takeWhole(isDue) {
      const first = [...whole].find(isDue);
      if (first) whole.delete(first);
      return first;
    },
    get size() {
      return some.size + whole.size;
    },
    clear() {
      some.clear();
      whole.clear();
    },
  };
}
