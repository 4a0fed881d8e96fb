import { setTimeout as sleep } from 'node:timers/promises';
import { type ComponentValue, type Observation, observedValue } from '@plumbline/core';

export interface LoopOptions {
  /** One whole look; may reject when `signal` fires. */
  readonly observe: (signal: AbortSignal) => Promise<readonly Observation[]>;
  readonly onLook: (observations: readonly Observation[], pass: Pass) => void;
  readonly onFailure: (error: unknown) => void;
  readonly clock: () => Date;
  readonly random: () => number;
  readonly intervalSeconds: number;
  /** An interval went by in which nothing had to be looked at. */
  readonly onQuiet?: () => void;
  /** Longest rest while `isWatched`; without, every rest is an interval. */
  readonly rescanSeconds?: number;
  /** Would a change of the node be noticed, so that the next look may wait? */
  readonly isWatched?: () => boolean;
  /** After this a pass is told to end, in milliseconds. */
  readonly passWithin?: number;
  /** Looks that are asked for come at most this often, in milliseconds. */
  readonly atMostEvery?: number;
}

/** How one pass went. `startedAt` is the node's clock. */
export interface Pass {
  readonly startedAt: Date;
  readonly seconds: number;
  readonly repeated: boolean;
  /** Token of the last request to look that it began after, empty when it was not asked for. */
  readonly answers: string;
}

/** Bounds of what an aggregator may ask for, in seconds. */
const interval = { shortest: 10, longest: 3_600 };

/**
 * Looks every interval, or where somebody watches, when something changed and seldom besides. Passes never overlap, whatever a pass does with its deadline; after the first the loop waits a random part
 * of the interval, so that the agents of a rollout spread.
 */
export class Loop {
  readonly #options: LoopOptions;
  #intervalSeconds: number;
  #wake: AbortController | undefined;
  #asked = false;
  #token = '';
  #changed = false;
  #startedAt: number | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#intervalSeconds = options.intervalSeconds;
  }

  get intervalSeconds(): number {
    return this.#intervalSeconds;
  }

  /** Looks as soon as it is due again; the pass that does says whom it answers. */
  lookNow(token = ''): void {
    this.#asked = true;
    this.#token = token;
    this.#wake?.abort();
  }

  /** Looks now, or again when a pass is on: something changed. */
  lookAgain(): void {
    this.#changed = true;
    this.#wake?.abort();
  }

  /** Changes the interval, within 10 s and an hour. */
  setInterval(seconds: number): void {
    this.#intervalSeconds = Math.min(interval.longest, Math.max(interval.shortest, seconds));
    this.#wake?.abort(); // the rest that is on goes on for the new interval
  }

  /** Looks until `signal`; resolves when the last pass has ended. */
  async run(signal: AbortSignal): Promise<void> {
    for (let first = true; !signal.aborted; first = false) {
      await this.#pass(signal);
      const share = first ? this.#options.random() : 1;
      await this.#rest(share, signal);
    }
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const { observe, onLook, onFailure, clock, passWithin = 45_000 } = this.#options;
    const startedAt = clock();
    const start = performance.now();
    this.#startedAt = start;
    this.#asked = false;
    this.#changed = false;
    const answers = this.#token;
    const within = AbortSignal.any([signal, AbortSignal.timeout(passWithin)]);
    try {
      const found = await observe(within);
      const repeated = restartedMeanwhile(found) && !within.aborted;
      const observations = repeated ? await observe(within) : found;
      if (signal.aborted) return;
      // Who asked while this pass was on is answered by the next.
      if (this.#token === answers) this.#token = '';
      onLook(observations, { startedAt, seconds: (performance.now() - start) / 1_000, repeated, answers });
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    }
  }

  /** Rests this share of the time between looks, whatever it is by then, and says after each interval that all is quiet. */
  async #rest(share: number, signal: AbortSignal): Promise<void> {
    const { atMostEvery = 10_000, random, onQuiet } = this.#options;
    const from = performance.now();
    const spread = 0.9 + 0.2 * random();
    const interval = () => this.#intervalSeconds * 1_000;
    const until = () => from + share * this.#between(spread);
    for (let quietFrom = from; !signal.aborted && performance.now() < until() && !this.#changed; ) {
      const now = performance.now();
      const due = (this.#startedAt ?? 0) + atMostEvery - now;
      if (this.#asked && due <= 0) return;
      if (now >= quietFrom + interval()) {
        quietFrom = now;
        onQuiet?.();
      }
      const wait = Math.min(until() - now, quietFrom + interval() - now, this.#asked ? due : Number.POSITIVE_INFINITY);
      await this.#sleep(wait, signal);
    }
  }

  /** Milliseconds between two looks. */
  #between(spread: number): number {
    const { rescanSeconds = 0, isWatched } = this.#options;
    const interval = this.#intervalSeconds * 1_000;
    return isWatched?.() ? Math.max(interval, spread * rescanSeconds * 1_000) : interval;
  }

  async #sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.#wake = new AbortController();
    const woken = AbortSignal.any([signal, this.#wake.signal]);
    await sleep(Math.max(0, milliseconds), undefined, { signal: woken }).catch(() => undefined);
  }
}

/** True when an instance that a component lists was gone by the time its process was read. */
export function restartedMeanwhile(observations: readonly Observation[]): boolean {
  const listed = new Set(
    observations
      .filter((one) => one.fact === 'component')
      .flatMap((one) => observedValue<ComponentValue>(one)?.instances ?? []),
  );
  return observations.some(
    (one) =>
      (one.fact === 'process' || one.fact === 'process.instance') && one.state === 'absent' && listed.has(one.subject),
  );
}
