import type { Stats } from 'node:fs';
import { explain, inDirectory } from './directories.ts';
import { type Entry, type Listing, type Seen, seen } from './host.ts';
import { textOfName } from './paths.ts';
import { rawClosedir, rawNext, rawOpendir } from './raw.ts';

/** Names below a directory that is held open, at most `limit`; `path` is for the answer alone. */
export async function listOpen(fd: number, path: string, limit: number, alive: () => boolean): Promise<Seen<Listing>> {
  try {
    const directory = await rawOpendir(inDirectory(fd, ''));
    const entries: Entry[] = [];
    try {
      for (let entry = await rawNext(directory); entry && alive(); entry = await rawNext(directory)) {
        if (entries.length === limit) return seen({ entries, truncated: true });
        entries.push({ name: textOfName(entry.name as unknown as Buffer), type: typeOf(entry) });
      }
    } finally {
      await rawClosedir(directory);
    }
    return seen({ entries, truncated: false });
  } catch (error) {
    return explain(error, path);
  }
}

type Kinds = Pick<
  Stats,
  'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket' | 'isBlockDevice' | 'isCharacterDevice' | 'isSymbolicLink'
>;

/** The type of what a look at a name brought. */
export function typeOf(kinds: Kinds): Entry['type'] {
  if (kinds.isFile()) return 'file';
  if (kinds.isDirectory()) return 'directory';
  if (kinds.isSymbolicLink()) return 'link';
  if (kinds.isFIFO()) return 'fifo';
  if (kinds.isSocket()) return 'socket';
  return kinds.isBlockDevice() || kinds.isCharacterDevice() ? 'device' : 'other';
}
