const firstMs = 1000;
const mostMs = 120_000;

/** Milliseconds to wait after so many failures in a row: up to 1 s, 2 s, 4 s … two minutes, anywhere in between (full jitter). */
export function waitAfter(failures: number, random: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20)) * random;
}
