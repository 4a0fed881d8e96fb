import type { Observation } from '@plumbline/core';
import { fitting, sizeOfChange, splitChange } from './chunk.ts';
import { apply, type Change, diff, digestOf, type Held, isEmpty, type State, stateOf } from './state.ts';

/** A transition that fits one message. `digest` is of the state after it; `sent` says when it left, until acknowledged. */
export interface Entry {
  readonly change: Change;
  readonly digest: string;
  readonly bytes: number;
  readonly sent?: { readonly epoch: string; readonly sequence: bigint };
}

/** What an agent that restarts goes on from. `entries` are oldest first. */
export interface Memory {
  readonly base: State;
  readonly epoch: string;
  readonly acknowledged: bigint;
  readonly entries: readonly Entry[];
}

/** Where the outbox survives a restart. Never throws: what cannot be written is counted there. */
export interface Journal {
  /** True when `rewrite` is due, because the journal grew long or was lost. */
  readonly overdue: boolean;
  rewrite(memory: Memory): void;
  change(change: Change): void;
  epoch(epoch: string): void;
  sent(epoch: string, sequence: bigint): void;
  unsent(): void;
  acknowledged(epoch: string, sequence: bigint): void;
}

export interface OutboxOptions {
  readonly limitBytes: number;
  readonly journal: Journal | undefined;
  /** Transitions that were merged because the aggregator was away too long. */
  readonly onGap: (transitions: number) => void;
}

/**
 * What the aggregator is known to hold (`base`), the transitions that it has not acknowledged, and by both the current state.
 * Invariant: base with every entry applied in order is the current state, and each entry's digest is of the state after it.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #base: State | undefined;
  #baseDigest = '';
  #entries: Entry[] = [];
  #current: State = new Map();
  #bytes = 0;
  #known: ReadonlySet<string> | undefined;
  #epoch = '';
  #acknowledged = 0n;

  constructor(options: OutboxOptions, memory?: Memory) {
    this.#options = options;
    if (!memory) return;
    this.#epoch = memory.epoch;
    this.#acknowledged = memory.acknowledged;
    this.#load(memory.base, memory.entries);
    this.#remember();
  }

  /** Takes in one whole look at the node; true when it differs from the one before. */
  look(observations: readonly Observation[]): boolean {
    const next = this.#admit(stateOf(observations, this.#current));
    if (!this.#base) {
      this.#load(next, []);
      this.#remember();
      return true;
    }
    const change = diff(this.#current, next);
    if (isEmpty(change)) return false;
    for (const part of splitChange(change)) this.#push(part);
    if (this.#bytes > this.#options.limitBytes) this.#compact();
    return true;
  }

  /** The state from which deltas go on; undefined before the first look. */
  get base(): State | undefined {
    return this.#base;
  }

  get baseDigest(): string {
    return this.#baseDigest;
  }

  /** Digest of the state after every entry. */
  get digest(): string {
    return this.#entries.at(-1)?.digest ?? this.#baseDigest;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get acknowledged(): bigint {
    return this.#acknowledged;
  }

  /** Bytes of the transitions that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many transitions wait. */
  get length(): number {
    return this.#entries.length;
  }

  /** The current state, for metrics. */
  get current(): State {
    return this.#current;
  }

  /** The oldest entry that is not on its way. */
  unsent(): Entry | undefined {
    return this.#entries.find((entry) => !entry.sent);
  }

  /** The oldest unsent entry leaves as this sequence. */
  send(epoch: string, sequence: bigint): void {
    const at = this.#entries.findIndex((entry) => !entry.sent);
    const entry = this.#entries[at];
    if (!entry) return;
    this.#entries[at] = { ...entry, sent: { epoch, sequence } };
    this.#options.journal?.sent(epoch, sequence);
  }

  /** A new epoch begins: whatever was on its way and not acknowledged did not arrive. */
  begin(epoch: string): void {
    this.#epoch = epoch;
    this.#acknowledged = 0n;
    this.#options.journal?.epoch(epoch);
    this.recall();
  }

  /** Everything on its way counts as unsent again. */
  recall(): void {
    if (!this.#entries.some((entry) => entry.sent)) return;
    this.#entries = this.#entries.map(({ change, digest, bytes }) => ({ change, digest, bytes }));
    this.#options.journal?.unsent();
  }

  /** The aggregator has committed everything up to this sequence of this epoch. */
  acknowledge(epoch: string, sequence: bigint): void {
    if (epoch !== this.#epoch) return;
    if (sequence > this.#acknowledged) this.#acknowledged = sequence;
    let popped = 0;
    for (const entry of this.#entries) {
      if (!entry.sent || entry.sent.epoch !== epoch || entry.sent.sequence > sequence) break;
      this.#base = apply(this.#base ?? new Map(), entry.change);
      this.#baseDigest = entry.digest;
      this.#bytes -= entry.bytes;
      popped += 1;
    }
    if (popped > 0) this.#entries = this.#entries.slice(popped);
    const { journal } = this.#options;
    if (journal?.overdue) this.#remember();
    else journal?.acknowledged(epoch, sequence);
  }

  /** From now on only these facts are spoken of; undefined lifts the limit. What is held of others is dropped. */
  restrict(facts: ReadonlySet<string> | undefined): void {
    this.#known = facts;
    const base = this.#base;
    if (!facts || !base || [...this.#states()].every((held) => facts.has(held.wire.fact))) return;
    const entries = this.#entries.map(({ change }) => ({
      changed: change.changed.filter((held) => facts.has(held.wire.fact)),
      gone: change.gone.filter((key) => facts.has(key.fact)),
    }));
    this.#load(this.#admit(base), []);
    for (const change of entries) if (!isEmpty(change)) this.#push(change);
    this.#remember();
  }

  *#states(): Generator<Held> {
    yield* this.#base?.values() ?? [];
    for (const entry of this.#entries) yield* entry.change.changed;
  }

  #admit(state: State): State {
    const facts = this.#known;
    const admitted = [...state].filter(([, held]) => facts?.has(held.wire.fact) ?? true);
    return new Map(admitted.map(([key, held]) => [key, fitting(held)] as const));
  }

  #push(change: Change): void {
    this.#append(change);
    const { journal } = this.#options;
    if (journal?.overdue) this.#remember();
    else journal?.change(change);
  }

  #append(change: Change, sent?: Entry['sent']): void {
    this.#current = apply(this.#current, change);
    const bytes = sizeOfChange(change);
    const entry = { change, digest: digestOf(this.#current), bytes };
    this.#entries.push(sent ? { ...entry, sent } : entry);
    this.#bytes += bytes;
  }

  #load(base: State, entries: readonly Entry[]): void {
    this.#base = base;
    this.#baseDigest = digestOf(base);
    this.#current = base;
    this.#entries = [];
    this.#bytes = 0;
    for (const entry of entries) this.#append(entry.change, entry.sent);
  }

  /** Merges what has not left into the net change; what is on its way may have arrived and stays. */
  #compact(): void {
    const base = this.#base ?? new Map();
    const kept = this.#entries.filter((entry) => entry.sent);
    const merged = this.#entries.length - kept.length;
    const to = this.#current;
    this.#load(base, kept);
    const net = diff(this.#current, to);
    if (!isEmpty(net)) for (const part of splitChange(net)) this.#append(part);
    if (merged > this.#entries.length - kept.length) this.#options.onGap(merged);
    this.#remember();
  }

  #remember(): void {
    const memory = { epoch: this.#epoch, acknowledged: this.#acknowledged, entries: this.#entries };
    this.#options.journal?.rewrite({ base: this.#base ?? new Map(), ...memory });
  }
}
