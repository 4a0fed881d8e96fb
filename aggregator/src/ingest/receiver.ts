import type { ErrorCode, Observation } from '@plumbline/core';
import {
  type AggregatorMessage,
  contentDigest,
  type Delta,
  type Heartbeat,
  type Hello,
  keyOf,
  type NodeMessage,
  type Snapshot,
  stateDigest,
} from '@plumbline/proto';
import { decodeAll, decodeGone, isInstant, knownFacts } from './decode.ts';
import type { Limits } from './limits.ts';
import type { Commit, ObservationLog } from './log.ts';
import type { IngestMetrics } from './metrics.ts';
import { Refusal } from './refusal.ts';

export interface ReceiverOptions {
  readonly node: string;
  readonly log: ObservationLog;
  /** The aggregator's clock. */
  readonly clock: () => Date;
  readonly limits: Limits;
  readonly metrics: IngestMetrics;
  readonly onCommitted: (node: string, what: { readonly changed: boolean }) => void;
  /** Everything that a look found is committed, and it began after the agent was asked with this token. */
  readonly onAnswered?: ((node: string, token: string) => void) | undefined;
}

/** A clock that is further off than this is reported. */
const toleratedSkewSeconds = 30;

/** A snapshot has no more chunks than this. */
const mostChunks = 1_000;

/**
 * The aggregator's end of the protocol for one stream, without the stream: a message in, answers out, after what it says is
 * committed. Throws Refusal for what ends the stream.
 * Invariants: nothing is acknowledged that the log has not returned from; messages are applied in order, each at most once; while
 * a resync is awaited nothing but the first chunk of a snapshot is taken.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  #epoch = '';
  #digest = '';
  #seen = 0n;
  #committed = 0n;
  #awaiting = true;
  #resyncs = 0;
  #snapshot:
    | { readonly chunks: number; next: number; bytes: number; readonly held: Map<string, Observation> }
    | undefined;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Begins an epoch. When the node's last stream lost acknowledgements they come first. */
  hello(hello: Hello): readonly AggregatorMessage[] {
    const { node, log, clock } = this.#options;
    const position = log.position(node);
    const now = clock();
    // Above the last epoch and, should the store have been lost, above those that it forgot.
    const epoch = BigInt(Math.max(Number(position?.epoch ?? 0) + 1, now.getTime()));
    this.#epoch = String(epoch);
    this.#digest = position?.digest ?? '';
    const lost =
      position !== undefined &&
      position.epoch === hello.lastEpoch &&
      position.sequence > BigInt(hello.lastAcknowledged);
    const resync = !position || position.digest === '' || !(lost || position.digest === hello.digest);
    this.#awaiting = resync;
    log.begin(this.#commit(0n, this.#digest));
    const welcome = { welcome: { epoch: this.#epoch, resync, facts: knownFacts } };
    if (!lost) return [welcome];
    return [{ acknowledge: { epoch: position.epoch, sequence: String(position.sequence) } }, welcome];
  }

  /** Takes in one message after hello. */
  take(message: NodeMessage, bytes: number): readonly AggregatorMessage[] {
    const sequence = BigInt(message.sequence);
    if (message.epoch !== this.#epoch) return this.#ignore('PLB_STREAM_REPLAY');
    if (sequence <= this.#committed || (sequence <= this.#seen && !this.#awaiting)) {
      this.#ignore('PLB_STREAM_REPLAY');
      return [this.#acknowledgement()];
    }
    if (this.#awaiting && message.snapshot?.chunk !== 0) return [];
    if (!this.#awaiting && sequence !== this.#seen + 1n) return this.#resync('PLB_STREAM_GAP');
    this.#awaiting = false;
    this.#seen = sequence;
    return this.#dispatch(message, bytes);
  }

  #dispatch(message: NodeMessage, bytes: number): readonly AggregatorMessage[] {
    if (message.snapshot) return this.#takeSnapshot(message.snapshot, bytes);
    if (this.#snapshot) throw new Refusal('PLB_STREAM_MALFORMED', 'a snapshot was not finished');
    if (message.delta) return this.#takeDelta(message.delta);
    if (message.heartbeat) return this.#takeHeartbeat(message.heartbeat);
    throw new Refusal('PLB_STREAM_MALFORMED', 'a message after hello is a snapshot, a delta or a heartbeat');
  }

  #takeSnapshot(part: Snapshot, bytes: number): readonly AggregatorMessage[] {
    const { limits, log, node } = this.#options;
    if (part.chunk === 0) this.#snapshot = { chunks: part.chunks, next: 0, bytes: 0, held: new Map() };
    const snapshot = this.#snapshot;
    if (!snapshot || part.chunk !== snapshot.next || part.chunks !== snapshot.chunks || part.chunk >= part.chunks)
      throw new Refusal('PLB_STREAM_MALFORMED', 'a chunk of the snapshot is not where it belongs');
    snapshot.next += 1;
    snapshot.bytes += bytes;
    this.#checkEntries(part.observations.length);
    decodeAll(part.observations, snapshot.held);
    const { held } = snapshot;
    if (held.size > limits.stateObservations || snapshot.bytes > limits.stateBytes || part.chunks > mostChunks)
      throw new Refusal('PLB_STREAM_TOO_LARGE', 'the state of this node is too large');
    if (snapshot.next < snapshot.chunks) return [];
    this.#snapshot = undefined;
    const digest = stateDigest([...held].map(([key, one]) => [key, contentDigest(one)] as const));
    if (digest !== part.digest) return this.#resync('PLB_STREAM_DIGEST');
    this.#resyncs = 0;
    this.#checkAhead(held.values());
    const observations = [...held.values()];
    const changed = digest !== this.#digest;
    return this.#commits(
      digest,
      'snapshot',
      changed,
      () => log.replace(this.#commit(this.#seen, digest), observations),
      node,
    );
  }

  #takeDelta(delta: Delta): readonly AggregatorMessage[] {
    const { limits, log, node } = this.#options;
    this.#checkEntries(delta.changed.length + delta.gone.length);
    const changed = new Map<string, Observation>();
    decodeAll(delta.changed, changed);
    const gone = decodeGone(delta.gone, changed);
    const contents = new Map(log.contents(node));
    for (const key of gone) contents.delete(keyOf(key));
    for (const [key, one] of changed) contents.set(key, contentDigest(one));
    if (contents.size > limits.stateObservations)
      throw new Refusal('PLB_STREAM_TOO_LARGE', 'the state of this node is too large');
    const digest = stateDigest(contents);
    if (digest !== delta.digest) return this.#resync('PLB_STREAM_DIGEST');
    this.#checkAhead(changed.values());
    const commit = () => log.apply(this.#commit(this.#seen, digest), [...changed.values()], gone);
    return this.#commits(digest, 'delta', digest !== this.#digest, commit, node);
  }

  #takeHeartbeat(heartbeat: Heartbeat): readonly AggregatorMessage[] {
    const { log, node, metrics, clock } = this.#options;
    const at = Date.parse(heartbeat.observedAt);
    if (!isInstant(heartbeat.observedAt)) throw new Refusal('PLB_STREAM_MALFORMED', 'a heartbeat has no time');
    if (heartbeat.digest !== this.#digest) return this.#resync('PLB_STREAM_DIGEST');
    const seconds = (at - clock().getTime()) / 1_000;
    metrics.skew(node, Math.abs(seconds) > toleratedSkewSeconds ? seconds : 0);
    const commit = () => log.touch(this.#commit(this.#seen, this.#digest));
    const answers = this.#commits(this.#digest, 'heartbeat', false, commit, node);
    if (heartbeat.answers) this.#options.onAnswered?.(node, heartbeat.answers);
    return answers;
  }

  #commits(
    digest: string,
    kind: 'snapshot' | 'delta' | 'heartbeat',
    changed: boolean,
    commit: () => void,
    node: string,
  ): readonly AggregatorMessage[] {
    commit();
    this.#digest = digest;
    this.#committed = this.#seen;
    this.#options.metrics.committed(node, kind);
    this.#options.onCommitted(node, { changed });
    return [this.#acknowledgement()];
  }

  #resync(reason: ErrorCode): readonly AggregatorMessage[] {
    this.#options.metrics.refused(reason, this.#options.node);
    this.#awaiting = true;
    this.#snapshot = undefined;
    this.#resyncs += 1;
    if (this.#resyncs > this.#options.limits.resyncs) throw new Refusal(reason, 'this stream does not come to agree');
    return [{ resync: { reason } }];
  }

  #ignore(code: ErrorCode): readonly AggregatorMessage[] {
    this.#options.metrics.refused(code, this.#options.node);
    return [];
  }

  #acknowledgement(): AggregatorMessage {
    return { acknowledge: { epoch: this.#epoch, sequence: String(this.#committed) } };
  }

  #commit(sequence: bigint, digest: string): Commit {
    const { node, clock } = this.#options;
    return { node, epoch: this.#epoch, sequence, digest, receivedAt: clock().toISOString() };
  }

  #checkEntries(count: number): void {
    if (count > this.#options.limits.entries)
      throw new Refusal('PLB_STREAM_TOO_LARGE', `a message has at most ${this.#options.limits.entries} entries`);
  }

  /** What was seen may have waited in an outbox, so only a time in the future says something about the node's clock. */
  #checkAhead(observations: Iterable<Observation>): void {
    const { node, metrics, clock } = this.#options;
    let latest = Number.NEGATIVE_INFINITY;
    for (const one of observations) latest = Math.max(latest, Date.parse(one.observedAt));
    const seconds = (latest - clock().getTime()) / 1_000;
    if (seconds > toleratedSkewSeconds) metrics.skew(node, seconds);
  }
}
