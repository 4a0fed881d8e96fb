/** A pause that ends early when the signal aborts or somebody wakes it. */
export interface Pauses {
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends the pause that is going on, if any. */
  wake(): void;
}

/** One sleeper: at most one pause at a time. */
export function pauses(): Pauses {
  let end: (() => void) | undefined;
  return {
    pause(ms, signal) {
      return new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const finish = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', finish);
          end = undefined;
          resolve();
        };
        const timer = setTimeout(finish, ms);
        signal.addEventListener('abort', finish, { once: true });
        end = finish;
      });
    },
    wake: () => end?.(),
  };
}
