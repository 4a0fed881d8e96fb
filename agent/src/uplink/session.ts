import type { AggregatorMessage, NodeMessage } from '@plumbline/proto';
import { chunks, sizeOfChange } from './chunk.ts';
import type { Outbox } from './outbox.ts';
import type { Held } from './state.ts';

/** What the aggregator may ask of an agent; nothing else exists, so nothing else can be asked. */
export type Order =
  | { readonly kind: 'look-now'; readonly token: string }
  | { readonly kind: 'interval'; readonly seconds: number }
  | { readonly kind: 'close'; readonly code: string; readonly message: string; readonly retryAfterSeconds: number }
  /** The aggregator broke the protocol; the stream is of no use. */
  | { readonly kind: 'broken'; readonly why: string };

/** Messages and bytes on their way at most; one message always may. */
const window = { messages: 16, bytes: 1024 * 1024 };

export interface SessionOptions {
  readonly node: string;
  readonly agentVersion: string;
  readonly outbox: Outbox;
}

/**
 * The agent's end of the protocol as a pure state machine: messages in and out, no clock, no socket. A session outlives its streams.
 * Invariants: sequences grow by one within an epoch; nothing but hello is sent before welcome; an entry leaves the outbox only
 * when it is acknowledged.
 */
export class Session {
  readonly #options: SessionOptions;
  #phase: 'apart' | 'greeting' | 'streaming' = 'apart';
  #epoch = '';
  #sequence = 0n;
  #snapshot: { readonly runs: readonly (readonly Held[])[]; next: number } | undefined;
  #flying: { readonly sequence: bigint; readonly bytes: number }[] = [];
  /** Time of the last look that the aggregator has not heard of. */
  #lookedAt: string | undefined;
  /** Token of the look-now that it answers. */
  #answers = '';

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get streaming(): boolean {
    return this.#phase === 'streaming';
  }

  /** True while the aggregator owes an answer. */
  get waiting(): boolean {
    return this.#phase === 'greeting' || this.#flying.length > 0;
  }

  /** A look has been taken into the outbox; `at` is its time on the node's clock, `answers` the token of the look-now it began after. */
  looked(at: string, answers = ''): void {
    this.#lookedAt = at;
    // A later look began after it as well.
    if (answers !== '') this.#answers = answers;
  }

  /** The first message of a new stream. */
  hello(): NodeMessage {
    const { node, agentVersion, outbox } = this.#options;
    this.ended();
    this.#phase = 'greeting';
    const hello = {
      node,
      agentVersion,
      lastEpoch: outbox.epoch,
      lastAcknowledged: String(outbox.acknowledged),
      digest: outbox.baseDigest,
    };
    return { sequence: '0', epoch: '', hello };
  }

  /** The stream is over, whoever ended it. */
  ended(): void {
    this.#phase = 'apart';
    this.#flying = [];
    this.#snapshot = undefined;
  }

  /** The next message that may leave now; undefined when there is none or too many are on their way. */
  next(): NodeMessage | undefined {
    if (this.#phase !== 'streaming') return undefined;
    return this.#nextChunk() ?? (this.#full() ? undefined : (this.#nextDelta() ?? this.#nextHeartbeat()));
  }

  /** Takes in one message of the aggregator. */
  receive(message: AggregatorMessage): Order | undefined {
    if (message.welcome) return this.#welcome(message.welcome);
    if (message.acknowledge) return this.#acknowledge(message.acknowledge);
    if (message.resync) return this.#resync();
    if (message.lookNow) return { kind: 'look-now', token: message.lookNow.token.slice(0, 64) };
    if (message.interval) return { kind: 'interval', seconds: message.interval.seconds };
    if (message.close) {
      const { code, message: text, retryAfterSeconds } = message.close;
      // It goes to the agent's log, and comes from whoever has the aggregator.
      return { kind: 'close', code: code.slice(0, 64), message: text.slice(0, 500), retryAfterSeconds };
    }
    return undefined; // a newer aggregator says something this agent does not know
  }

  #welcome(welcome: NonNullable<AggregatorMessage['welcome']>): Order | undefined {
    if (this.#phase !== 'greeting') return { kind: 'broken', why: 'a second welcome' };
    if (welcome.epoch === '' || welcome.epoch.length > 64) return { kind: 'broken', why: 'an unusable epoch' };
    const { outbox } = this.#options;
    const digest = outbox.baseDigest;
    this.#phase = 'streaming';
    this.#epoch = welcome.epoch;
    this.#sequence = 0n;
    outbox.begin(welcome.epoch);
    outbox.restrict(welcome.facts.length === 0 ? undefined : new Set(welcome.facts));
    if (welcome.resync || outbox.baseDigest !== digest) this.#startSnapshot();
    return undefined;
  }

  #acknowledge(acknowledge: NonNullable<AggregatorMessage['acknowledge']>): Order | undefined {
    if (!/^\d{1,20}$/.test(acknowledge.sequence)) return { kind: 'broken', why: 'an unusable sequence' };
    const sequence = BigInt(acknowledge.sequence);
    const current = this.#phase === 'streaming';
    if (current && (acknowledge.epoch !== this.#epoch || sequence > this.#sequence))
      return { kind: 'broken', why: 'an acknowledgement of what was not sent' };
    this.#options.outbox.acknowledge(acknowledge.epoch, sequence);
    this.#flying = this.#flying.filter((one) => one.sequence > sequence);
    return undefined;
  }

  /** The aggregator handles messages in order, so whatever it has not acknowledged by now it has not committed. */
  #resync(): Order | undefined {
    if (this.#phase !== 'streaming') return { kind: 'broken', why: 'a resync before welcome' };
    this.#flying = [];
    this.#options.outbox.recall();
    this.#startSnapshot();
    return undefined;
  }

  #startSnapshot(): void {
    this.#snapshot = { runs: chunks([...(this.#options.outbox.base ?? new Map()).values()]), next: 0 };
  }

  #full(): boolean {
    const bytes = this.#flying.reduce((sum, one) => sum + one.bytes, 0);
    return this.#flying.length >= window.messages || bytes >= window.bytes;
  }

  #nextChunk(): NodeMessage | undefined {
    const snapshot = this.#snapshot;
    if (!snapshot) return undefined;
    const chunk = snapshot.next++;
    const last = chunk === snapshot.runs.length - 1;
    const observations = (snapshot.runs[chunk] ?? []).map((held) => held.wire);
    const digest = last ? this.#options.outbox.baseDigest : '';
    if (last) this.#snapshot = undefined;
    const envelope = last ? this.#envelope(0) : this.#unacknowledged();
    return { ...envelope, snapshot: { chunk, chunks: snapshot.runs.length, observations, digest } };
  }

  #nextDelta(): NodeMessage | undefined {
    const { outbox } = this.#options;
    const entry = outbox.unsent();
    if (!entry) return undefined;
    const envelope = this.#envelope(sizeOfChange(entry.change));
    outbox.send(this.#epoch, this.#sequence);
    const changed = entry.change.changed.map((held) => held.wire);
    return { ...envelope, delta: { changed, gone: entry.change.gone, digest: entry.digest } };
  }

  #nextHeartbeat(): NodeMessage | undefined {
    const observedAt = this.#lookedAt;
    if (observedAt === undefined) return undefined;
    const heartbeat = { digest: this.#options.outbox.digest, observedAt, answers: this.#answers };
    this.#lookedAt = undefined;
    this.#answers = '';
    return { ...this.#envelope(0), heartbeat };
  }

  #envelope(bytes: number): { readonly epoch: string; readonly sequence: string } {
    const envelope = this.#unacknowledged();
    this.#flying.push({ sequence: this.#sequence, bytes });
    return envelope;
  }

  /** Chunks before the last are acknowledged with the last. */
  #unacknowledged(): { readonly epoch: string; readonly sequence: string } {
    this.#sequence += 1n;
    return { epoch: this.#epoch, sequence: String(this.#sequence) };
  }
}
