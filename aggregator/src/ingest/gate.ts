import { Bucket, type Rate } from './limits.ts';
import { Refusal } from './refusal.ts';

/** Networks that are remembered; the one that was quiet longest is forgotten first. */
const mostNetworks = 10_000;

/**
 * Who may try to prove itself. A stream takes a token of its peer's network when it says who it is, or fails to, and gets it back when it
 * proves to be a node: any number of honest agents may share an address, and guessing gets slow.
 */
export class Gate {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Throws PLB_STREAM_RATE where too many streams from there have proved nothing. `now` is on any steady clock. */
  enter(peer: string, now: number): void {
    if (!this.#take(peer, now))
      throw new Refusal('PLB_STREAM_RATE', 'too many streams from this address prove no node');
  }

  /** Throws where `enter` would, and takes nothing. */
  look(peer: string, now: number): void {
    this.enter(peer, now);
    this.proved(peer);
  }

  /** A stream did not even say who it is. */
  silent(peer: string, now: number): void {
    this.#take(peer, now);
  }

  /** The stream that entered proved to be a node. */
  proved(peer: string): void {
    this.#buckets.get(networkOf(peer))?.giveBack(1);
  }

  #take(peer: string, now: number): boolean {
    const bucket = this.#bucket(peer, now);
    if (bucket.take(1, now) === 0) return true;
    // What is turned away costs nothing: else a busy address would never come back.
    bucket.giveBack(1);
    return false;
  }

  #bucket(peer: string, now: number): Bucket {
    const network = networkOf(peer);
    const bucket = this.#buckets.get(network) ?? new Bucket(this.#rate, now);
    this.#buckets.delete(network);
    this.#buckets.set(network, bucket);
    const [quietest] = this.#buckets.keys();
    if (this.#buckets.size > mostNetworks && quietest !== undefined) this.#buckets.delete(quietest);
    return bucket;
  }
}

/** `10.0.0.7:4711` → `10.0.0.7`; of IPv6 the first 64 bits, the rest is free to whoever has them. */
export function networkOf(peer: string): string {
  const address = peer
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/^::ffff:(?=\d+\.)/i, '');
  if (!address.includes(':') || address.startsWith('unix:')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0');
  const all = tail === undefined ? groups(head) : [...groups(head), ...zeros, ...groups(tail)];
  return `${all.slice(0, 4).join(':')}::/64`;
}
