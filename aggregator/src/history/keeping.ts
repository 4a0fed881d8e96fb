import type { Store } from '../store/store.ts';
import { dayMs, dayOf } from './calendar.ts';
import { exportEnded } from './export.ts';
import { paced } from './pace.ts';
import { type RollUpParts, rollUp } from './roll-up.ts';

/** What keeping history rests on. */
export interface KeepingParts extends RollUpParts {
  readonly store: Pick<
    Store,
    'scans' | 'scores' | 'queries' | 'nodes' | 'purging' | 'vacuum' | 'ended' | 'rememberExported'
  >;
  /** Days that detail is kept; 0 for ever. */
  readonly retention: number;
  /** Where intervals are written before they are purged. */
  readonly exportDir: string | undefined;
  /** False while what is stored has not been judged: its scores are not those of the cluster. */
  readonly ready: () => boolean;
  readonly failed: (error: unknown) => void;
}

/** How keeping is doing. */
export interface KeepingState {
  /** Why it could not do what was due; null when it could. */
  readonly problem: string | null;
  /** Intervals purged since the start. */
  readonly purged: number;
}

/** Keeps history as long as it should be kept. */
export interface Keeping {
  /** Does now what is due; throws what stopped it. */
  run(): Promise<void>;
  state(): KeepingState;
  /** Stops after the step under way. */
  stop(): Promise<void>;
}

/** How often somebody looks whether a day has ended. */
const everyMs = 60_000;
/** The journal is for those that follow changes; what is older is told by the intervals. */
const journalDays = 90;

/** Starts keeping: rolls up what ended, exports and purges what is too old, a little at a time. */
export function startKeeping(parts: KeepingParts): Keeping {
  const { store, clock, retention } = parts;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let problem: string | null = null;
  let purged = 0;
  /** Up to when this process has purged: once after each start, then once a day. */
  let done = Number.NEGATIVE_INFINITY;
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
    state: () => ({ problem, purged }),
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running?.catch(parts.failed);
    },
  };

  async function keep(): Promise<void> {
    try {
      if ((await steps(rollUp(parts))) && retention > 0) await purge();
      problem = null;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  /** False when it was told to stop. */
  function steps(work: Iterator<void>): Promise<boolean> {
    return paced(work, stopping.signal);
  }

  async function purge(): Promise<void> {
    const rolledUp = store.scores.rolledUp();
    if (rolledUp === undefined) return;
    // Nothing goes that was not rolled up.
    const firstKept = Math.min(dayOf(clock()) - retention, rolledUp + 1);
    const cut = firstKept * dayMs;
    if (cut <= done || (store.queries.firstMoment() ?? cut) >= cut) return;
    if (!(await steps(store.purging.endDeleted(cut)))) return;
    if (!(await exported(cut))) return;
    // Before the intervals: what only the journal names goes with what only they name.
    if (!(await steps(store.purging.pruneJournal((dayOf(clock()) - Math.min(retention, journalDays)) * dayMs)))) return;
    if (!(await steps(counted(store.purging.purge(cut))))) return;
    if (!(await steps(forgetDays(firstKept)))) return;
    if (!(await steps(forgetScans(cut)))) return;
    if (await steps(store.vacuum.shrink())) done = cut;
  }

  async function exported(cut: number): Promise<boolean> {
    if (parts.exportDir === undefined) return true;
    const { ended, rememberExported: remember } = store;
    return exportEnded({ ended, remember, directory: parts.exportDir }, cut, stopping.signal);
  }

  function* counted(work: ReturnType<Store['purging']['purge']>): Generator<void> {
    const gone = yield* work;
    purged += Object.values(gone).reduce((sum, one) => sum + one, 0);
  }

  /** Those with a name stay, with their counts. */
  function* forgetScans(before: number): Generator<void> {
    while (store.scans.prune(before) > 0) yield;
  }

  function* forgetDays(before: number): Generator<void> {
    for (let after: number | undefined = 0; after !== undefined; ) {
      after = store.scores.forgetDays(before, after, 200);
      yield;
    }
  }
}

/** What metrics tell of it. */
export function historyOf({ scores, queries, vacuum }: KeepingParts['store'], { problem, purged }: KeepingState) {
  const day = scores.rolledUp();
  return {
    unused: vacuum.unused(),
    oldest: queries.firstMoment(),
    rolledUp: day === undefined ? undefined : (day + 1) * dayMs,
    failed: problem !== null,
    purged,
  };
}
