import { closeSync, constants, openSync, readSync, type Stats } from 'node:fs';
import { explain, inDirectory, type Place } from './directories.ts';
import { type Content, type Missing, missing, type Seen, seen } from './host.ts';
import { rawClose, rawOpen, rawStat } from './raw.ts';
import { readFully } from './read-fully.ts';

const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY;

/** How much is read at most, what to do about more, and whether the look is still wanted. */
export interface Bound {
  readonly limit: number;
  readonly partial: boolean;
  readonly alive: () => boolean;
}

/** The answer when a file changed between two looks at it; the caller tries again. */
export const unsteady: Missing = missing('malformed', 'changed while it was read');

/** Reads a place that was looked at, if it is a regular file and not too large. */
export async function readRegular(path: string, place: Place, stats: Stats, bound: Bound): Promise<Seen<Content>> {
  if (stats.isDirectory()) return missing('malformed', `${path}: a directory where a file is expected`);
  if (!stats.isFile()) return missing('malformed', `${path}: not a regular file`);
  if (stats.size > bound.limit && !bound.partial) return tooLarge(path, bound.limit);
  return readOpen(place, bound, stats);
}

/** Opens and reads. With `expected` the file must be and stay what it was; without it the kernel vouches for the place. */
export async function readOpen(place: Place, bound: Bound, expected: Stats | undefined): Promise<Seen<Content>> {
  let fd: number;
  try {
    // Only reading a kernel file can touch the process's memory and wait for it; opening and closing cannot.
    fd = expected ? await rawOpen(inDirectory(place), flags) : openSync(inDirectory(place), flags);
  } catch (error) {
    return explain(error, place.path);
  }
  try {
    if (expected && !same(expected, await rawStat(fd))) return unsteady;
    const { limit, partial } = bound;
    const bytes = bound.alive() ? await readFully(fd, limit + 1) : Buffer.alloc(0);
    if (expected && !same(expected, await rawStat(fd))) return unsteady;
    if (bytes.length <= limit) return seen({ bytes, truncated: false });
    return partial ? seen({ bytes: bytes.subarray(0, limit), truncated: true }) : tooLarge(place.path, limit);
  } catch (error) {
    return explain(error, place.path);
  } finally {
    if (expected) await rawClose(fd);
    else closeSync(fd);
  }
}

let page: Buffer | undefined;

/**
 * Reads one of the small kernel files of a process that never touch its memory, so that they cannot hang; the way over libuv's
 * threads costs ten times as much, and there are hundreds a pass.
 */
export function readAtOnce(place: Place, limit: number): Seen<Content> {
  page ??= Buffer.allocUnsafeSlow(limit + 1);
  let fd: number | undefined;
  try {
    fd = openSync(inDirectory(place), flags);
    let filled = 0;
    for (let count = -1; count !== 0 && filled < page.length; filled += count)
      count = readSync(fd, page, filled, page.length - filled, null);
    if (filled > limit) return tooLarge(place.path, limit);
    return seen({ bytes: Buffer.from(page.subarray(0, filled)), truncated: false });
  } catch (error) {
    return explain(error, place.path);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function same(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.mtimeMs === b.mtimeMs && a.size === b.size && b.isFile();
}

function tooLarge(path: string, limit: number): Missing {
  return missing('too-large', `${path} is larger than ${limit} bytes`);
}
