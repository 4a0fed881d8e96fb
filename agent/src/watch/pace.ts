/** When a look follows changes, in milliseconds. */
export const pace = {
  /** Who writes one file often writes the next at once. */
  settle: 50,
  /** However long changes go on, the first of them is looked at after this. */
  longest: 250,
  /** Between looks that found something. */
  busy: 200,
  /** Between looks that found nothing: doubles from the first to the last. */
  vain: [250, 5_000],
  /** After this without a look nothing is remembered of vain ones. */
  calm: 30_000,
} as const;

/**
 * Decides when to look, so that a storm of changes costs a bounded number of looks, and one that says nothing costs fewer and
 * fewer. Pure: times are handed in, on a clock that never goes back.
 */
export class Pace {
  #first: number | undefined;
  #last = 0;
  #rest = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #endedAt = Number.NEGATIVE_INFINITY;
  #looking = false;

  /** Something may have changed. */
  note(now: number): void {
    this.#first ??= now;
    this.#last = now;
  }

  /** A look begins: it sees whatever was noted. */
  begins(): void {
    this.#first = undefined;
    this.#looking = true;
  }

  /** A look ended and found a difference or none. */
  ends(now: number, different: boolean): void {
    const [least, most] = pace.vain;
    const before = now - this.#endedAt > pace.calm ? 0 : this.#rest;
    this.#rest = different ? 0 : Math.min(most, Math.max(least, before * 2));
    this.#notBefore = now + (different ? pace.busy : this.#rest);
    this.#endedAt = now;
    this.#looking = false;
  }

  /** When the next look is due; undefined when nothing was noted since the last began, or while one is on. */
  get due(): number | undefined {
    if (this.#first === undefined || this.#looking) return undefined;
    return Math.max(Math.min(this.#last + pace.settle, this.#first + pace.longest), this.#notBefore);
  }
}
