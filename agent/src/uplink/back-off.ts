/** Shortest and longest wait between two attempts to reach the aggregator, in milliseconds. */
export interface Bounds {
  readonly first: number;
  readonly longest: number;
}

/** 1 s to 60 s. */
export const reconnectBounds: Bounds = { first: 1_000, longest: 60_000 };

/**
 * Full jitter: anywhere between 0 and the bound that doubles with every failure, so that agents which lost the aggregator together
 * do not come back together. `random` gives [0, 1); `floorSeconds` is what the aggregator asked for.
 */
export function backOff(failures: number, random: () => number, floorSeconds = 0, bounds = reconnectBounds): number {
  const bound = Math.min(bounds.longest, bounds.first * 2 ** Math.min(failures, 20));
  return Math.min(floorSeconds, 3_600) * 1_000 + Math.floor(random() * bound);
}
