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
  readonly messages: { readonly burst: number; readonly perSecond: number };
  readonly bytes: { readonly burst: number; readonly perSecond: number };
  readonly streams: { readonly burst: number; readonly perSecond: number };
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
  stateObservations: 50_000,
  stateBytes: 64 * 1024 * 1024,
  entries: 10_000,
  resyncs: 5,
};

/** A token bucket; `now` is in milliseconds on any steady clock. */
export class Bucket {
  readonly #rate: { readonly burst: number; readonly perSecond: number };
  #tokens: number;
  #at: number;

  constructor(rate: { readonly burst: number; readonly perSecond: number }, now: number) {
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
}
