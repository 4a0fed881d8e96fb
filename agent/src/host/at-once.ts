import { type BigIntStats, readlinkSync } from 'node:fs';
import { explain, inDirectory } from './directories.ts';
import {
  type Content,
  type FileStat,
  type Listing,
  missing,
  procMaxBytes,
  type Reading,
  type ReadOptions,
  type Seen,
  seen,
} from './host.ts';
import { typeOf } from './list-directory.ts';
import type { Pass } from './pass.ts';
import { isTidy, textOfName } from './paths.ts';
import { readKernelFile } from './read-file.ts';

/**
 * Answers that need no waiting: kernel files that cannot hang, and places that are proven to be as the pass before found them.
 * undefined means that somebody has to go and look.
 */

/**
 * Files and links of a process that the kernel answers without touching the process's memory. mountinfo waits for the lock of all
 * mounts; every pass begins with the agent's own, on another thread, before it asks for anybody's.
 */
const ofKernel = /^\/proc\/\d+\/(stat|status|cgroup|loginuid|mountinfo|exe|cwd)$/;

/** A kernel file of a process. */
export function readAtOnce({ proc }: Pass, path: string, how: ReadOptions): Seen<Content> | undefined {
  if (proc === undefined || !ofKernel.test(path)) return undefined;
  return readKernelFile(inDirectory(proc, path.slice('/proc/'.length)), path, how.maxBytes ?? procMaxBytes);
}

/** A link of a process. */
export function linkAtOnce({ proc }: Pass, path: string): Seen<string> | undefined {
  if (proc === undefined || !ofKernel.test(path)) return undefined;
  try {
    return seen(textOfName(readlinkSync(inDirectory(proc, path.slice('/proc/'.length)), { encoding: 'buffer' })));
  } catch (error) {
    return explain(error, path);
  }
}

/** A place that is as it was. */
export function statAtOnce(pass: Pass, path: string): Seen<FileStat> | undefined {
  return at(pass, path, (stats) => fileStat(stats, path));
}

/** What was made of a file that is as it was. */
export function takeAtOnce<T>(pass: Pass, path: string, reading: Reading<T>): Seen<T> | undefined {
  return at(pass, path, (stats) => {
    const known = pass.memory.recall(path, stats, reading);
    // The name under which it was kept is the reading itself, which makes nothing but T.
    return known && seen(known.value as T);
  });
}

/** The names of a directory that is as it was. */
export function listAtOnce(pass: Pass, path: string, limit: number): Seen<Listing> | undefined {
  return at(pass, path, (stats) => {
    const known = stats.isDirectory() ? pass.memory.recall(path, stats, limit) : undefined;
    if (known) pass.directories.touched.listed(path);
    return known && seen(known.value as Listing);
  });
}

function at<T>(
  { memory: { ways }, directories }: Pass,
  path: string,
  answer: (stats: BigIntStats) => Seen<T> | undefined,
): Seen<T> | undefined {
  const found = isTidy(path) ? ways.recheck(path) : undefined;
  if (found) directories.touched.at(path);
  if (found === 'absent') return missing('absent', `${path} does not exist`);
  return found && !found.isSymbolicLink() ? answer(found) : undefined;
}

/** Type, mode and owner as they are reported. */
export function fileStat(stats: BigIntStats, path: string): Seen<FileStat> {
  const type = typeOf(stats);
  return seen({
    type: type === 'link' ? 'other' : type,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    path,
    modified: Number(stats.mtimeMs),
    changed: Number(stats.ctimeMs),
  });
}
