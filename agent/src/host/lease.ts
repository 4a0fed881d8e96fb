/** Something that is let go once nobody uses it any more; who hangs keeps it, and nobody waits for that. */
export class Lease {
  readonly #free: () => Promise<void>;
  #users = 0;
  #ended = false;

  constructor(free: () => Promise<void>) {
    this.#free = free;
  }

  /** Keeps it while the work lasts. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work();
    } finally {
      this.#users--;
      if (this.#ended && this.#users === 0) await this.#free();
    }
  }

  /** Lets it go: now, or when the last user is done. */
  async end(): Promise<void> {
    this.#ended = true;
    if (this.#users === 0) await this.#free();
  }
}
