import { paced } from './pace.ts';
import { type RollUpParts, rollUp } from './roll-up.ts';

/** What keeping history rests on. */
export interface KeepingParts extends RollUpParts {
  /** False while what is stored has not been judged: its scores are not those of the cluster. */
  readonly ready: () => boolean;
  readonly failed: (error: unknown) => void;
}

/** Keeps history as long as it should be kept. */
export interface Keeping {
  /** Does now what is due. */
  run(): Promise<void>;
  /** Stops after the step under way. */
  stop(): Promise<void>;
}

/** How often somebody looks whether a day has ended. */
const everyMs = 60_000;

/** Starts keeping: rolls up what ended, a little at a time. */
export function startKeeping(parts: KeepingParts): Keeping {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const run = () => {
    running ??= keep().finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => {
    if (parts.ready()) run().catch(parts.failed);
  }, everyMs);
  return {
    run,
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running?.catch(parts.failed);
    },
  };

  async function keep(): Promise<void> {
    await paced(rollUp(parts), stopping.signal);
  }
}
