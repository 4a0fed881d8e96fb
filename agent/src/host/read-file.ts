import { type BigIntStats, closeSync, constants, openSync, readSync } from 'node:fs';
import { explain, inPlace, type Place } from './directories.ts';
import { type Content, type Missing, missing, type Seen, seen } from './host.ts';
import { sameState } from './identity.ts';
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
export async function readRegular(
  path: string,
  place: Place,
  stats: BigIntStats,
  bound: Bound,
): Promise<Seen<Content>> {
  if (stats.isDirectory()) return missing('malformed', `${path}: a directory where a file is expected`);
  if (!stats.isFile()) return missing('malformed', `${path}: not a regular file`);
  if (stats.size > bound.limit && !bound.partial) return tooLarge(path, bound.limit);
  return readOpen(place, bound, stats);
}

/** Kernel files of which a read that brings less than was asked for is the last. Source: fs/proc/base.c, get_mm_cmdline and environ_read. */
const oneRead = /^\/proc\/\d+\/(cmdline|environ)$/;

/** Opens and reads. With `expected` the file must be and stay what it was; without it the kernel vouches for the place. */
export async function readOpen(place: Place, bound: Bound, expected: BigIntStats | undefined): Promise<Seen<Content>> {
  let fd: number;
  try {
    // Only reading a kernel file can touch the process's memory and wait for it; opening and closing cannot.
    const path = await inPlace(place);
    fd = expected ? await rawOpen(path, flags) : openSync(path, flags);
  } catch (error) {
    return explain(error, place.path);
  }
  try {
    if (expected && !sameState(expected, await rawStat(fd))) return unsteady;
    const { limit, partial } = bound;
    const bytes = bound.alive()
      ? await readFully(fd, limit + 1, expected === undefined && oneRead.test(place.path))
      : Buffer.alloc(0);
    if (expected && !sameState(expected, await rawStat(fd))) return unsteady;
    if (bytes.length <= limit) return seen({ bytes, truncated: false });
    return partial ? seen({ bytes: bytes.subarray(0, limit), truncated: true }) : tooLarge(place.path, limit);
  } catch (error) {
    return explain(error, place.path);
  } finally {
    if (expected) await rawClose(fd);
    else closeSync(fd);
  }
}

/** Kernel files of one record, which a read gives whole if there is room. Source: fs/seq_file.c, single_open. */
const oneRecord = /\/(stat|status|cgroup|loginuid)$/;

let page = Buffer.allocUnsafeSlow(16 * 1024);

/**
 * Reads one of the small kernel files of a process that cannot hang; the way over libuv's threads costs ten times as much, and
 * there are hundreds a pass. `path` is for the answer.
 */
export function readKernelFile(at: string | Buffer, path: string, limit: number): Seen<Content> {
  let fd: number | undefined;
  try {
    fd = openSync(at, flags);
    let filled = 0;
    for (let count = -1; count !== 0 && filled <= limit; ) {
      if (filled === page.length) page = Buffer.concat([page], page.length * 2);
      count = readSync(fd, page, filled, page.length - filled, null);
      filled += count;
      if (filled < page.length && oneRecord.test(path)) break;
    }
    if (filled > limit) return tooLarge(path, limit);
    return seen({ bytes: Buffer.from(page.subarray(0, filled)), truncated: false });
  } catch (error) {
    return explain(error, path);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function tooLarge(path: string, limit: number): Missing {
  return missing('too-large', `${path} is larger than ${limit} bytes`);
}
