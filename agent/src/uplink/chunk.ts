import { maxChunkBytes, type WireKey } from '@plumbline/proto';
import { type Change, type Held, holdWire } from './state.ts';

/** Room for tags and lengths of one entry on the wire. */
const overhead = 40;

/** Most entries of one message; the aggregator refuses more. */
const maxEntries = 5_000;

/** Bytes that one observation or key takes on the wire, rounded up. */
export function sizeOf(entry: Held | WireKey): number {
  if (!('wire' in entry)) return Buffer.byteLength(entry.fact) + Buffer.byteLength(entry.subject) + overhead;
  const { fact, subject, value, detail, observedAt } = entry.wire;
  return [fact, subject, value, detail, observedAt].reduce((sum, text) => sum + Buffer.byteLength(text), overhead);
}

/** Bytes of a whole change. */
export function sizeOfChange(change: Change): number {
  return [...change.changed, ...change.gone].reduce((sum, entry) => sum + sizeOf(entry), 0);
}

/** An observation that no message could carry becomes `too-large`; every other comes back as it is. */
export function fitting(held: Held): Held {
  const size = sizeOf(held);
  if (size <= maxChunkBytes) return held;
  const detail = `the observation is ${size} bytes, a message carries ${maxChunkBytes}`;
  return holdWire({ ...held.wire, state: 'TOO_LARGE', value: '', detail }) ?? held;
}

/** Splits a list into runs of at most maxChunkBytes; an empty list is one empty run. */
export function chunks<T extends Held | WireKey>(entries: readonly T[]): readonly (readonly T[])[] {
  const runs: T[][] = [[]];
  let bytes = 0;
  for (const entry of entries) {
    const size = sizeOf(entry);
    const run = runs.at(-1) ?? [];
    if (run.length > 0 && (bytes + size > maxChunkBytes || run.length >= maxEntries)) {
      runs.push([entry]);
      bytes = size;
    } else {
      run.push(entry);
      bytes += size;
    }
  }
  return runs;
}

/** Splits a change into changes that fit a message each; applied in order they equal the whole. */
export function splitChange(change: Change): readonly Change[] {
  const parts: Change[] = [];
  if (change.changed.length > 0) for (const changed of chunks(change.changed)) parts.push({ changed, gone: [] });
  if (change.gone.length > 0) for (const gone of chunks(change.gone)) parts.push({ changed: [], gone });
  const [first, second] = parts;
  const together = first && second && parts.length === 2 && { changed: first.changed, gone: second.gone };
  if (together && sizeOfChange(together) <= maxChunkBytes) return [together];
  return parts;
}
