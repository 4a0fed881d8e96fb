import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bucket, type Rate } from './limits.ts';
import { Refusal } from './refusal.ts';

/** Asks whose token it is; undefined: no node's. Throws when it could not find out. */
export type Review = (token: string) => Promise<{ readonly node: string } | undefined>;

/** How often the API server is asked at most, and how long an answer holds. Times in milliseconds. */
export interface ReviewLimits {
  readonly rate: Rate;
  /** How long a stream waits for its turn before it is sent away. */
  readonly waitAtMost: number;
  /** A pod that was deleted is believed this much longer. */
  readonly holds: number;
  readonly noHolds: number;
  /** Answers that are remembered; of those who are no node a tenth, so that guesses never push out a node. */
  readonly remembered: number;
}

/** Five thousand agents that come back at once are asked about in half a minute; a minute later none is asked about again. */
export const usualReviewLimits: ReviewLimits = {
  rate: { burst: 500, perSecond: 200 },
  waitAtMost: 5_000,
  holds: 60_000,
  noHolds: 10_000,
  remembered: 20_000,
};

interface Answer {
  readonly node: { readonly node: string } | undefined;
  readonly until: number;
}

/**
 * A review that asks less: one question at a time for a token, answers remembered by the token's digest, never beyond the token's own
 * expiry. That something could not be found out is never remembered. `clock` is the time of day in milliseconds.
 */
export function sparing(review: Review, clock: () => number, limits: ReviewLimits = usualReviewLimits): Review {
  const { rate, waitAtMost, remembered } = limits;
  const nodes = new Map<string, Answer>();
  const strangers = new Map<string, Answer>();
  const asking = new Map<string, ReturnType<Review>>();
  const turns = new Bucket(rate, performance.now());
  const inTurn = async () => {
    const wait = turns.take(1, performance.now());
    if (wait <= waitAtMost) return void (wait > 0 && (await sleep(wait)));
    turns.giveBack(1);
    throw new Refusal('PLB_STREAM_RATE', 'too many tokens wait to be reviewed; come back later');
  };
  const ask = async (key: string, token: string) => {
    await inTurn();
    const node = await review(token);
    const held = node ? nodes : strangers;
    const until = Math.min(clock() + (node ? limits.holds : limits.noHolds), expiryOf(token));
    remember(held, key, { node, until }, node ? remembered : Math.ceil(remembered / 10));
    return node;
  };
  return (token) => {
    const key = createHash('sha256').update(token).digest('base64');
    const known = nodes.get(key) ?? strangers.get(key);
    if (known && known.until > clock()) return Promise.resolve(known.node);
    nodes.delete(key);
    strangers.delete(key);
    const answer = asking.get(key) ?? ask(key, token).finally(() => asking.delete(key));
    asking.set(key, answer);
    return answer;
  };
}

function remember(held: Map<string, Answer>, key: string, answer: Answer, most: number): void {
  held.set(key, answer);
  const [oldest] = held.keys();
  if (held.size > most && oldest !== undefined) held.delete(oldest);
}

/** Milliseconds of the claim `exp`, unverified: it can only shorten. Endless for what is no such token. */
function expiryOf(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? Number(claims.exp) : Number.NaN;
    return Number.isFinite(exp) ? exp * 1_000 : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
