import type { BigIntStats } from 'node:fs';
import type { Mount } from './mounts.ts';

/** What tells one state of a file or directory from every other: the kernel changes one of them with every change. */
export type Identity = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>;

/** Is this the same inode, and not written, renamed, linked, chmodded or chowned in between? */
export function sameState(a: Identity, b: Identity): boolean {
  return a.ctimeNs === b.ctimeNs && a.ino === b.ino && a.dev === b.dev && a.mtimeNs === b.mtimeNs && a.size === b.size;
}

/** Longer than the coarsest grain of a time stamp (a second, with small inodes of ext) and the kernel's own tick. */
const grainMs = 3_000;

/**
 * Will a change after `startedAt` (milliseconds, the node's clock) show in the times? One in the same grain as the last would not, so
 * what was read so soon proves nothing about later.
 */
export function isSettled({ ctimeNs }: Identity, startedAt: number): boolean {
  return Number(ctimeNs / 1_000_000n) + grainMs < startedAt;
}

/**
 * File systems whose kernel code stamps every change with the node's clock. Not among them: images (squashfs, erofs, iso9660), whose
 * stamps a reproducible build makes equal; kernel files (proc, sysfs, cgroup), which change without one; and what is not known.
 */
const stampingTypes = /^(ext[234]|xfs|btrfs|f2fs|bcachefs|zfs|jfs|overlay|tmpfs)$/;

/** Do the times of files on this mount prove anything? */
export function stampsChanges(mount: Mount | undefined): mount is Mount {
  return mount !== undefined && stampingTypes.test(mount.fsType);
}
