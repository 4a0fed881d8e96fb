import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** What the volume of a file has left for this user; undefined where the system does not say. */
export function freeBytes(file: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
