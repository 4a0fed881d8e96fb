/** Waits that grow: 1 s, 2 s … up to a limit, each between half and all of that, so that many clients do not come at once. */
export interface Backoff {
  /** Milliseconds until the next try; `atLeast` is what the server asked for. */
  next(atLeast?: number): number;
  reset(): void;
}

const firstMs = 1000;
const usualMostMs = 30_000;

/** A fresh back-off of at most `mostMs`; `random` gives numbers in [0, 1). */
export function backoff(random: () => number = Math.random, mostMs = usualMostMs): Backoff {
  let wait = Math.min(firstMs, mostMs);
  return {
    next(atLeast = 0) {
      const now = wait * (0.5 + random() / 2);
      wait = Math.min(wait * 2, mostMs);
      return Math.max(now, atLeast);
    },
    reset() {
      wait = Math.min(firstMs, mostMs);
    },
  };
}
