/** What a bucket holds and how fast it fills. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** What one node may cost. Times in milliseconds. */
export interface Limits {
  /** From the start of a stream to its hello. */
  readonly helloWithin: number;
  /** Silence after which a stream is given up. */
  readonly idle: number;
  /** After this a connection must prove its identity anew. */
  readonly connectionAge: number;
  /** How long a peer may take to read what it is told. */
  readonly drainWithin: number;
  /** How long a node may be slowed down without pause before its stream is closed. */
  readonly throttledFor: number;
  readonly messages: Rate;
  readonly bytes: Rate;
  readonly streams: Rate;
  /** Milliseconds of this process that the messages of one node may take: what a message costs depends on the state it changes. */
  readonly work: Rate;
  /** Streams from one address that prove no node. */
  readonly unproven: Rate;
  /** Observations and bytes of one node's whole state. */
  readonly stateObservations: number;
  readonly stateBytes: number;
  /** Observations and keys of one message. */
  readonly entries: number;
  /** Resyncs of one stream before it is closed. */
  readonly resyncs: number;
}

/** Generous to a node with 20,000 observations, tight to one that floods. */
export const defaultLimits: Limits = {
  helloWithin: 10_000,
  idle: 15 * 60_000,
  connectionAge: 10 * 60_000,
  drainWithin: 30_000,
  throttledFor: 5 * 60_000,
  messages: { burst: 500, perSecond: 100 },
  bytes: { burst: 64 * 1024 * 1024, perSecond: 2 * 1024 * 1024 },
  streams: { burst: 10, perSecond: 0.1 },
  work: { burst: 2_000, perSecond: 50 },
  unproven: { burst: 1_000, perSecond: 5 },
  stateObservations: 50_000,
  stateBytes: 64 * 1024 * 1024,
  entries: 10_000,
  resyncs: 5,
};

/** A token bucket; `now` is in milliseconds on any steady clock. */
export class Bucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes tokens, into debt if need be; gives the milliseconds to wait until the debt is paid, 0 when there is none. */
  take(tokens: number, now: number): number {
    const { burst, perSecond } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#at) / 1_000) * perSecond) - tokens;
    this.#at = now;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / perSecond) * 1_000);
  }

  /** Undoes a taking. */
  giveBack(tokens: number): void {
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + tokens);
  }
}
