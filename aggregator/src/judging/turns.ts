const turnMs = 8;

/** Gives the event loop its turn, but only when the own one has been long enough. */
export type Breathe = () => Promise<void>;

/** A breath for one piece of work. */
export function turns(): Breathe {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < turnMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    began = performance.now();
  };
}
