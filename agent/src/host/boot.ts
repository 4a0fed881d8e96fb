import { uptime } from 'node:os';

/** Two clocks are read one after the other; what comes between them must not count. */
const mostBetweenMs = 20;
/** Below this a new reading is noise: the answer stays, so that what is compared with it does not come and go. */
const noiseMs = 500;

/** When this machine was booted, in milliseconds of its clock; moves only when the clock was set. `wall` is that clock. */
export function bootClock(wall: () => number, up: () => number = uptime): () => number | undefined {
  let known: number | undefined;
  return () => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const before = wall();
      const seconds = up();
      const after = wall();
      if (Math.abs(after - before) > mostBetweenMs) continue;
      const read = after - seconds * 1000;
      if (known === undefined || Math.abs(read - known) > noiseMs) known = read;
      return known;
    }
    return known;
  };
}
