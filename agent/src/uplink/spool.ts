import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { keyOf, type WireKey, type WireObservation } from '@plumbline/proto';
import type { Entry, Journal, Memory } from './outbox.ts';
import { apply, type Change, type Held, holdWire } from './state.ts';

/** One line of the file. `base` comes first and only once. */
type Line =
  | {
      readonly r: 'base';
      readonly epoch: string;
      readonly acknowledged: string;
      readonly held: readonly WireObservation[];
    }
  | { readonly r: 'change'; readonly changed: readonly WireObservation[]; readonly gone: readonly WireKey[] }
  | { readonly r: 'sent' | 'ack'; readonly epoch: string; readonly sequence: string }
  | { readonly r: 'epoch'; readonly epoch: string }
  | { readonly r: 'unsent' };

/** A file that has grown by so many bytes since it was written anew is written anew at the next chance. */
const longestGrowth = 4 * 1024 * 1024;

/**
 * The outbox on disk: one file of JSON lines in `directory`. A change is on disk when `change` returns; other lines may be lost
 * with the node, which costs a repeated transition at worst, never a lost one. What cannot be written is counted by `onError`,
 * and the next rewrite tries anew.
 */
export class Spool implements Journal {
  readonly #path: string;
  readonly #onError: (error: unknown) => void;
  #file: number | undefined;
  /** Bytes since the last rewrite. */
  #grown = 0;

  constructor(directory: string, onError: (error: unknown) => void) {
    this.#path = join(directory, 'outbox.jsonl');
    this.#onError = onError;
    this.#try(() => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  }

  /** What the agent before this one left; undefined when there is nothing or it cannot be read. */
  read(): Memory | undefined {
    let content: Buffer;
    try {
      content = readFileSync(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#onError(error);
      return undefined;
    }
    return replay(content);
  }

  get overdue(): boolean {
    return this.#file === undefined || this.#grown > longestGrowth;
  }

  rewrite(memory: Memory): void {
    this.#try(() => {
      this.close();
      const text = linesOf(memory)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join('');
      const fresh = `${this.#path}.new`;
      const file = openSync(fresh, 'w', 0o600);
      this.#file = file;
      writeAll(file, text);
      fsyncSync(file);
      renameSync(fresh, this.#path);
      syncDirectory(dirname(this.#path));
      this.#grown = 0;
    });
  }

  change(change: Change): void {
    this.#append({ r: 'change', changed: change.changed.map((held) => held.wire), gone: change.gone }, true);
  }

  epoch(epoch: string): void {
    this.#append({ r: 'epoch', epoch }, false);
  }

  sent(epoch: string, sequence: bigint): void {
    this.#append({ r: 'sent', epoch, sequence: String(sequence) }, false);
  }

  unsent(): void {
    this.#append({ r: 'unsent' }, false);
  }

  acknowledged(epoch: string, sequence: bigint): void {
    this.#append({ r: 'ack', epoch, sequence: String(sequence) }, false);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #append(line: Line, durable: boolean): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#try(() => {
      this.#grown += writeAll(file, `${JSON.stringify(line)}\n`);
      if (durable) fsyncSync(file);
    });
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.close();
      this.#onError(error);
    }
  }
}

/** A rename is on disk only when its directory is. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** Gives the bytes written. */
function writeAll(file: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  return bytes.length;
}

function linesOf(memory: Memory): readonly Line[] {
  const held = [...memory.base.values()].map((one) => one.wire);
  const lines: Line[] = [{ r: 'base', epoch: memory.epoch, acknowledged: String(memory.acknowledged), held }];
  for (const { change } of memory.entries)
    lines.push({ r: 'change', changed: change.changed.map((one) => one.wire), gone: change.gone });
  for (const { sent } of memory.entries)
    if (sent) lines.push({ r: 'sent', epoch: sent.epoch, sequence: String(sent.sequence) });
  return lines;
}

/** What has been read back so far; entries are added in place, for there may be thousands. */
interface Replayed extends Memory {
  readonly entries: Entry[];
}

/** Reads the lines back. The first line that is torn or makes no sense ends the replay: what follows it was never on disk. */
export function replay(content: Buffer): Memory | undefined {
  let memory: Replayed | undefined;
  for (const one of linesIn(content)) {
    try {
      memory = step(memory, JSON.parse(one) as Line);
    } catch {
      break;
    }
  }
  return memory;
}

/** One line at a time: the whole file as a text would fill the heap of an agent, twice over where one letter is beyond Latin-1. */
function* linesIn(content: Buffer): Generator<string> {
  for (let from = 0; from < content.length; ) {
    const end = content.indexOf('\n', from);
    const to = end === -1 ? content.length : end;
    yield content.toString('utf8', from, to);
    from = to + 1;
  }
}

function step(memory: Replayed | undefined, line: Line): Replayed {
  if (line.r === 'base') {
    const base = new Map(line.held.map(heldOf).map((one) => [keyOf(one.wire), one] as const));
    return { base, epoch: line.epoch, acknowledged: BigInt(line.acknowledged), entries: [] };
  }
  if (!memory) throw new Error('a spool begins with its base');
  switch (line.r) {
    case 'change': {
      const change = { changed: line.changed.map(heldOf), gone: line.gone };
      memory.entries.push({ change, digest: '', bytes: 0 });
      return memory;
    }
    case 'epoch':
      return { ...memory, epoch: line.epoch, acknowledged: 0n };
    case 'sent':
      mark(memory.entries, { epoch: line.epoch, sequence: BigInt(line.sequence) });
      return memory;
    case 'unsent':
      return { ...memory, entries: memory.entries.map(({ change, digest, bytes }) => ({ change, digest, bytes })) };
    case 'ack':
      return acknowledged(memory, line.epoch, BigInt(line.sequence));
  }
}

function mark(entries: Entry[], sent: NonNullable<Entry['sent']>): void {
  const at = entries.findIndex((entry) => !entry.sent);
  const entry = entries[at];
  if (entry) entries[at] = { ...entry, sent };
}

function acknowledged(memory: Replayed, epoch: string, sequence: bigint): Replayed {
  if (epoch !== memory.epoch) return memory;
  const first = memory.entries.findIndex(({ sent }) => !sent || sent.epoch !== epoch || sent.sequence > sequence);
  const count = first === -1 ? memory.entries.length : first;
  const base = memory.entries.slice(0, count).reduce((state, entry) => apply(state, entry.change), memory.base);
  return { ...memory, base, acknowledged: sequence, entries: memory.entries.slice(count) };
}

function heldOf(wire: WireObservation): Held {
  const held = holdWire(wire);
  if (!held) throw new Error('an observation cannot be read back');
  return held;
}
