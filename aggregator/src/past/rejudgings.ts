import { PlumblineError } from '@plumbline/core';
import { type Rejudged, type RejudgeParts, rejudge } from './rejudge.ts';

/** What judging the past on demand needs. Times are milliseconds. */
export interface RejudgingsParts extends RejudgeParts {
  readonly clock: () => number;
  /** Grows with every change of what is stored. */
  readonly generation: () => number;
  /** Resolves when what is seen of the cluster is stored. */
  readonly stored: () => Promise<void>;
  /** How long somebody waits for an answer. */
  readonly patience?: number;
}

/** Moments that were judged once more. One is judged at a time, and who asks for the same gets the same. */
export interface Rejudgings {
  /**
   * The verdicts of an instant, or of now, by a document or what is chosen by the versions of then. Throws PLB_REQUEST_INVALID for a time of
   * which nothing is known, PLB_REJUDGE_BUSY when it takes longer than somebody waits; it goes on then.
   */
  of(at: number | undefined, benchmark: string | undefined): Promise<Rejudged>;
  close(): Promise<void>;
}

/** Results that are kept, and verdicts in all of them (500 bytes each); the youngest always stays for a while. */
const mostKept = 3;
const mostVerdicts = 300_000;
const keptForMs = 10 * 60_000;
/** Moments that wait to be judged. */
const mostWaiting = 4;
const usualPatience = 25_000;
const longestMs = 15 * 60_000;
/** `now` may be this old, or a busy cluster would be judged anew for every page. */
const nowForMs = 60_000;
/** What ends at an instant may be written a moment later. */
const settledMs = 5000;
/** Somebody may still read what is dropped. */
const lingerMs = 120_000;

interface Kept {
  readonly key: string;
  readonly result: Rejudged;
  readonly madeAt: number;
  readonly generation: number;
}

/** Judges the past on demand. */
export function rejudgings(parts: RejudgingsParts): Rejudgings {
  const { clock, past, patience = usualPatience } = parts;
  const ending = new AbortController();
  const running = new Map<string, Promise<Rejudged>>();
  const kept: Kept[] = [];
  const dropped = new Set<Rejudged>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    async of(given, benchmark) {
      const now = clock();
      const at = checked(given, now);
      const known = find(at, given === undefined, benchmark, now);
      if (known) return known;
      const key = `${given === undefined ? 'now' : at} ${benchmark ?? ''}`;
      return within(patience, running.get(key) ?? start(key, at, benchmark));
    },
    async close() {
      ending.abort(new Error('the aggregator ends'));
      await Promise.allSettled(running.values());
      for (const { result } of kept.splice(0)) result.store.close();
      for (const one of dropped) one.store.close();
      dropped.clear();
    },
  };

  function checked(given: number | undefined, now: number): number {
    const first = past.first();
    if (first === undefined) throw invalid('Nothing was judged yet, so nothing can be judged once more.');
    if (given === undefined) return Math.max(now, first);
    if (given < first) {
      const since = new Date(first).toISOString();
      throw invalid(`Of nothing before ${since} is enough known to judge it once more; give a later time.`);
    }
    if (given > now) throw invalid('The parameter at lies in the future.');
    return given;
  }

  function find(at: number, isNow: boolean, benchmark: string | undefined, now: number): Rejudged | undefined {
    return kept.findLast(({ key, result, madeAt, generation }) => {
      if (isNow) return key === `now ${benchmark ?? ''}` && now - madeAt < nowForMs;
      const final = madeAt > at + settledMs || generation === parts.generation();
      return key === `${at} ${benchmark ?? ''}` && result.at === at && final;
    })?.result;
  }

  function start(key: string, at: number, benchmark: string | undefined): Promise<Rejudged> {
    if (running.size >= mostWaiting) throw busy('Several moments wait to be judged once more; ask again in a minute.');
    const job = last.then(() => judge(key, at, benchmark)).finally(() => running.delete(key));
    last = job.catch(() => undefined);
    running.set(key, job);
    return job;
  }

  async function judge(key: string, at: number, benchmark: string | undefined): Promise<Rejudged> {
    await parts.stored();
    const generation = parts.generation();
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(longestMs)]);
    const result = await rejudge(parts, at, benchmark, signal);
    const fresh: Kept = { key, result, madeAt: clock(), generation };
    kept.push(fresh);
    setTimeout(() => forget(fresh), keptForMs).unref();
    const verdicts = () => kept.reduce((sum, one) => sum + one.result.store.count(), 0);
    while (kept.length > 1 && (kept.length > mostKept || verdicts() > mostVerdicts)) drop(kept.shift());
    return result;
  }

  function forget(one: Kept): void {
    const index = kept.indexOf(one);
    if (index >= 0) drop(kept.splice(index, 1)[0]);
  }

  function drop(one: Kept | undefined): void {
    if (!one) return;
    const { result } = one;
    dropped.add(result);
    setTimeout(() => {
      if (dropped.delete(result)) result.store.close();
    }, lingerMs).unref();
  }
}

async function within<T>(ms: number, job: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(busy('Judging this moment once more takes longer; ask again in a minute.')),
    ms,
  );
  try {
    return await Promise.race([job, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function invalid(message: string): PlumblineError {
  return new PlumblineError('PLB_REQUEST_INVALID', message);
}

function busy(message: string): PlumblineError {
  return new PlumblineError('PLB_REJUDGE_BUSY', message);
}
