import type { ClusterEntry } from '@plumbline/core';

/** A line that is judged whole rests ten times as long as that took, but never so long that a change is served late. */
const restFactor = 10;
const longestRestMs = 700;

/**
 * Keeps lines that are judged whole from taking all of the processor where something changes all the time: the first change is judged at
 * once, the next ones together after a rest.
 */
export interface Pace {
  isDue(line: ClusterEntry): boolean;
  took(line: ClusterEntry, ms: number): void;
  /** Milliseconds until the first of the resting lines is due; 0 when none rests. */
  wait(): number;
}

/** The pace by a clock in milliseconds that never runs backwards. */
export function pace(clock: () => number = () => performance.now()): Pace {
  const due = new Map<ClusterEntry, number>();
  return {
    isDue: (line) => (due.get(line) ?? 0) <= clock(),
    took: (line, ms) => void due.set(line, clock() + Math.min(ms * restFactor, longestRestMs)),
    wait() {
      const now = clock();
      const resting = [...due.values()].filter((at) => at > now);
      return resting.length === 0 ? 0 : Math.min(...resting) - now;
    },
  };
}
