import { rawRead } from './raw.ts';

/** One buffer for all reads of this module: reads of one pass overlap, so it is lent to one at a time. */
let spare: Buffer | undefined = Buffer.allocUnsafeSlow(256 * 1024);

/** Reads until the end or until `limit` bytes, whatever the file says about its size. `shortIsLast`: a read that is not filled is the last. */
export async function readFully(fd: number, limit: number, shortIsLast = false): Promise<Buffer> {
  const lent = spare;
  spare = undefined;
  let into = lent ?? Buffer.allocUnsafeSlow(64 * 1024);
  let filled = 0;
  try {
    while (filled < limit) {
      if (filled === into.length) {
        const larger = Buffer.allocUnsafeSlow(Math.min(into.length * 2, Math.max(limit, into.length + 1)));
        into.copy(larger, 0, 0, filled);
        into = larger;
      }
      const wanted = Math.min(into.length, limit) - filled;
      const count = await rawRead(fd, into, filled, wanted);
      filled += count;
      if (count === 0 || (shortIsLast && count < wanted)) break;
    }
    return Buffer.from(into.subarray(0, filled));
  } finally {
    if (lent) spare = lent;
  }
}
