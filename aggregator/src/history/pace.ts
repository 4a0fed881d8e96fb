import { setTimeout as pause } from 'node:timers/promises';

/** How long work may hold up everything else, and how long others then have. */
const sliceMs = 10;
const pauseMs = 10;

/** Runs the steps of a long work in slices. Stops, without an error, when the signal says so; true when all were taken. */
export async function paced(steps: Iterator<void>, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const began = performance.now();
    do {
      if (steps.next().done) return true;
    } while (performance.now() - began < sliceMs);
    await pause(pauseMs);
  }
  steps.return?.();
  return false;
}
