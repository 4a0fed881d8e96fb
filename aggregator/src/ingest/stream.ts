import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, PlumblineError } from '@plumbline/core';
import type { AggregatorMessage, Hello } from '@plumbline/proto';
import type { Gate } from './gate.ts';
import type { Received } from './guard.ts';
import { type Identify, isNodeName } from './identity.ts';
import type { Bucket } from './limits.ts';
import { type Call, peerOf } from './peer.ts';
import { Receiver, type ReceiverOptions } from './receiver.ts';
import { closeOf, Refusal } from './refusal.ts';

/** The buckets of one node; they outlive its streams. */
export interface Budget {
  readonly messages: Bucket;
  readonly bytes: Bucket;
  readonly streams: Bucket;
  readonly work: Bucket;
}

export interface StreamOptions extends Omit<ReceiverOptions, 'node'> {
  readonly identity: Identify;
  readonly gate: Gate;
  readonly interval?: number | undefined;
  /** Token of a look that is wanted now: an agent that connects is asked for it too. */
  readonly wanted?: (() => string | undefined) | undefined;
  /** Makes this stream the node's only one. */
  readonly claim: (node: string, stream: Stream) => void;
  readonly budget: (node: string) => Budget;
  /** Something of ours failed; the peer learns no more than the code. */
  readonly onError: (error: unknown, node: string | undefined) => void;
}

/** One agent's stream from its first byte to its last. `run` never rejects. */
export class Stream {
  readonly #call: Call;
  readonly #options: StreamOptions;
  #node: string | undefined;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;
  #throttledSince: number | undefined;

  constructor(call: Call, options: StreamOptions) {
    this.#call = call;
    this.#options = options;
  }

  /** The node of the credential, once it is known. */
  get node(): string | undefined {
    return this.#node;
  }

  /** Serves the stream until either side ends it. */
  async run(): Promise<void> {
    try {
      await this.#serve();
      this.#finish();
    } catch (error) {
      this.#fail(error);
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /** Ends the stream with a code that the agent sees. */
  close(code: ErrorCode, message: string): void {
    if (this.#ended) return;
    this.#options.metrics.refused(code, this.#node);
    this.#finish(closeOf({ code, message }));
  }

  /** The aggregator stops: no refusal, the agent comes back at once to whoever listens next. */
  leave(): void {
    this.#finish();
  }

  /** Sends one of the few things an agent can be asked. */
  ask(message: AggregatorMessage): void {
    if (!this.#ended) this.#call.write(message);
  }

  async #serve(): Promise<void> {
    const { limits, gate } = this.#options;
    const peer = this.#call.getPeer();
    gate.look(peer, performance.now());
    const messages = this.#call.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Received>;
    this.#within(limits.helloWithin, 'hello did not come in time', () => gate.silent(peer, performance.now()));
    const first = await messages.next();
    if (first.done || this.#ended) return;
    gate.enter(peer, performance.now());
    const hello = helloOf(first.value);
    const node = await this.#identify(hello);
    gate.proved(peer);
    if (this.#ended) return;
    this.#node = node;
    const budget = this.#options.budget(node);
    if (budget.streams.take(1, performance.now()) > 0)
      throw new Refusal('PLB_STREAM_RATE', 'this node opens streams too often');
    this.#options.claim(node, this);
    const receiver = new Receiver({ ...this.#options, node });
    await this.#answer(receiver.hello(hello));
    const { interval: seconds } = this.#options;
    if (seconds !== undefined) await this.#answer([{ interval: { seconds } }]);
    const token = this.#options.wanted?.();
    if (token !== undefined) await this.#answer([{ lookNow: { token } }]);
    this.#within(limits.idle, 'nothing was heard for too long');
    let spent = 0;
    for await (const received of messages) {
      if (this.#ended) return;
      const { message, bytes } = unwrap(received);
      await this.#throttle(budget, bytes, spent);
      if (this.#ended) return;
      const began = performance.now();
      const answers = receiver.take(message, bytes);
      spent = performance.now() - began;
      await this.#answer(answers);
      this.#timer?.refresh();
    }
  }

  /** The node comes from the credential alone; what hello says is only compared. */
  async #identify(hello: Hello): Promise<string> {
    const identity = await this.#options.identity(peerOf(this.#call));
    if (!identity) throw new Refusal('PLB_UNAUTHORIZED', 'the credential is of no node');
    if (!isNodeName(hello.node)) throw new Refusal('PLB_STREAM_IDENTITY', 'hello names no node');
    if ('node' in identity && identity.node !== hello.node) {
      this.#node = identity.node;
      throw new Refusal('PLB_STREAM_IDENTITY', 'the credential is of another node');
    }
    return hello.node;
  }

  /** Slows a node down rather than losing what it says; one that floods for long is sent away. */
  async #throttle({ messages, bytes: size, work }: Budget, bytes: number, spent: number): Promise<void> {
    const now = performance.now();
    const wait = Math.max(messages.take(1, now), size.take(bytes, now), work.take(spent, now));
    if (wait === 0) {
      this.#throttledSince = undefined;
      return;
    }
    if (this.#throttledSince === undefined) this.#options.metrics.refused('PLB_STREAM_RATE', this.#node);
    this.#throttledSince ??= now;
    if (now - this.#throttledSince > this.#options.limits.throttledFor)
      throw new Refusal('PLB_STREAM_RATE', 'this node says too much');
    await sleep(wait);
  }

  async #answer(messages: readonly AggregatorMessage[]): Promise<void> {
    for (const message of messages) {
      if (this.#ended || this.#call.write(message)) continue;
      const signal = AbortSignal.timeout(this.#options.limits.drainWithin);
      await once(this.#call, 'drain', { signal }).catch(() => this.#abandon());
    }
  }

  #within(milliseconds: number, why: string, late?: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      late?.();
      this.close('PLB_STREAM_MALFORMED', why);
    }, milliseconds).unref();
  }

  #fail(error: unknown): void {
    if (this.#ended || this.#call.cancelled || this.#call.destroyed) return;
    if (error instanceof Refusal) {
      this.close(error.code, error.message);
      return;
    }
    this.#options.onError(error, this.#node);
    const code = error instanceof PlumblineError ? error.code : undefined;
    if (code === 'PLB_STORE_WRITE') this.close(code, 'nothing can be written now; come back later');
    else if (code === 'PLB_STREAM_QUOTA') this.close(code, 'this node has filled its share of the store');
    else this.close('PLB_INTERNAL', 'the aggregator failed; its log says why');
  }

  #finish(last?: AggregatorMessage): void {
    if (this.#ended) return;
    this.#ended = true;
    if (last) this.#call.write(last);
    this.#call.end();
    // Whatever the peer still sends is read and dropped, so that its end of the stream can close.
    this.#call.resume();
  }

  /** A peer that does not read is left. */
  #abandon(): void {
    this.#ended = true;
    this.#call.destroy();
  }
}

function unwrap(received: Received): Exclude<Received, { refused: unknown }> {
  if (!('refused' in received)) return received;
  const why =
    received.refused === 'PLB_STREAM_TOO_LARGE' ? 'a message is larger than 1 MiB' : 'a message is no protobuf';
  throw new Refusal(received.refused, why);
}

function helloOf(received: Received): Hello {
  const { hello } = unwrap(received).message;
  if (!hello) throw new Refusal('PLB_STREAM_MALFORMED', 'the first message is hello');
  return hello;
}
