/**
 * How long a watch lives until it is renewed, how long nothing may come, bookmarks included, how long nothing may come while it streams
 * its initial state, and how long a refusal of what worked before is not believed; milliseconds.
 */
export interface WatchTiming {
  readonly renewal: number;
  readonly silence: number;
  readonly initialSilence: number;
  readonly doubt: number;
}

/**
 * An hour: fewer than 500 requests a day for everything. Bookmarks come every minute, and two of them may be missed. An initial state
 * streams without a pause, or the server does not know how to. An API server that starts refuses everything until it has read its roles,
 * which takes a second or two.
 */
export const usualTiming: WatchTiming = { renewal: 3_600_000, silence: 150_000, initialSilence: 30_000, doubt: 5000 };
