import { constants } from 'node:fs';
import { Directories } from './directories.ts';
import { defaultMaxBytes, type Seen } from './host.ts';
import { Lease } from './lease.ts';
import type { Memory } from './memory.ts';
import { type Mount, mountsBelow, parseMountinfo } from './mounts.ts';
import { rawClose, rawOpen } from './raw.ts';
import { type Reached, reach } from './reach.ts';
import { readFully } from './read-fully.ts';

/** What one pass holds: directories that are open, the mounts at its beginning, and what is known from passes before. */
export interface Pass {
  readonly directories: Directories;
  /** Whoever looks holds the directories open by it. */
  readonly lease: Lease;
  readonly mounts: ReadonlyMap<string, Mount>;
  /** The text that `mounts` were read from. */
  readonly mountTable: string;
  readonly memory: Memory;
  /** `/proc` below the root held open, if it is the kernel's, so that its files need no suspicion. */
  readonly proc: number | undefined;
  /** Where paths ended that were followed in this pass. */
  readonly reached: Map<string, Promise<Seen<Reached>>>;
}

/** Begins a pass below `root`. */
export async function openPass(root: string, memory: Memory): Promise<Pass> {
  const table = await mountTable(root);
  const mounts = mountsOf(root, table);
  memory.begin(mounts);
  const directories = new Directories(root, mounts, memory);
  const lease = new Lease(() => directories.close());
  const kernelProc = mounts.get('/proc')?.fsType === 'proc';
  const proc = kernelProc ? await enterProc(directories) : undefined;
  return { directories, lease, mounts, mountTable: table, memory, proc, reached: new Map() };
}

/** Mounts as the process behind /proc/PID/root sees them are in that process's own table. */
const otherRoot = /^\/proc\/(\d+)\/root$/;

/** The table of mounts that a root lies in, as the kernel writes it. */
export function mountTable(root: string): Promise<string> {
  return ownText(`/proc/${otherRoot.exec(root)?.[1] ?? 'self'}/mountinfo`);
}

/** The mounts of such a table below the root, by their point as seen from it. */
export function mountsOf(root: string, table: string): ReadonlyMap<string, Mount> {
  return mountsBelow(otherRoot.test(root) ? '/' : root, parseMountinfo(table));
}

async function enterProc(directories: Directories): Promise<number | undefined> {
  const found = await directories.find('/proc');
  const proc = found.state === 'observed' ? await directories.enter(found.value) : found;
  return proc.state === 'observed' ? proc.value : undefined;
}

/** Follows a path once a pass; `again` when what lay there has changed since. Files of the kernel change all the time. */
export function reachOnce(pass: Pass, path: string, again = false): Promise<Seen<Reached>> {
  if (path.startsWith('/proc/')) return reach(pass.directories, path);
  const before = again ? undefined : pass.reached.get(path);
  if (before) return before;
  if (again) pass.memory.ways.forget();
  const reached = reach(pass.directories, path);
  pass.reached.set(path, reached);
  return reached;
}

/** Kernel files of this very process; they answer at once and cannot be absent on Linux. */
export async function ownText(path: string): Promise<string> {
  const fd = await rawOpen(path, constants.O_RDONLY);
  const bytes = await readFully(fd, 8 * defaultMaxBytes);
  await rawClose(fd);
  return bytes.toString('utf8');
}
