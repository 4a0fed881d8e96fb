import { constants, type Stats } from 'node:fs';
import { capabilitiesIn } from './capabilities.ts';
import { Directories, explain, inDirectory, type Place } from './directories.ts';
import {
  type Content,
  defaultMaxBytes,
  defaultMaxEntries,
  type Entry,
  type FileStat,
  type Host,
  type Listing,
  type Missing,
  missing,
  procMaxBytes,
  type ReadOptions,
  type Seen,
  seen,
} from './host.ts';
import { Lease } from './lease.ts';
import { type Mount, mountsBelow, parseMountinfo } from './mounts.ts';
import { dirname, textOfName } from './paths.ts';
import { rawClose, rawClosedir, rawLink, rawLstat, rawNext, rawOpen, rawOpendir, rawStat } from './raw.ts';
import { type Bound, readAtOnce, readOpen, readRegular, unsteady } from './read-file.ts';
import { readFully } from './read-fully.ts';
import { overdue, Slots } from './slots.ts';

const maxLinks = 40;
const atOnce = /^\/proc\/\d+\/(stat|status|cgroup|loginuid)$/;
const ofProcess = /^\/proc\/(\d+)\/[a-z]+$/;

/** What lies at a place after links: where it is and how it looks. */
interface Reached {
  readonly place: Place;
  readonly stats: Stats;
}

/** The node below `root` (`/`, a read-only mount of it, or `/proc/PID/root`). `deadlineMs` limits every single look. */
export function realHost(root: string, options: { readonly deadlineMs?: number } = {}): Host {
  const base = root.replace(/\/+$/, '') || '/';
  const deadlineMs = options.deadlineMs ?? 5000;
  const slots = new Slots(3, deadlineMs);
  let pass: Promise<Pass> | undefined;

  function within<T>(
    path: string,
    look: (pass: Pass, alive: () => boolean) => Promise<Seen<T>>,
    directory = dirname(path),
  ): Promise<Seen<T>> {
    pass ??= openPass(base);
    const opened = pass;
    return opened.then(async (one) => {
      const place = placeOf(path, directory, one.mounts);
      const answer = await slots.run(place, (alive) => one.lease.use(() => look(one, alive)));
      return answer === overdue ? missing('timed-out', `${path} did not answer within ${deadlineMs / 1000} s`) : answer;
    });
  }

  return {
    stat: (path) => within(path, (one) => stat(one, path)),
    read: (path, how) => within(path, (one, alive) => read(one, path, how, alive)),
    list: (path, limit = defaultMaxEntries) => within(path, (one, alive) => list(one, path, limit, alive), path),
    link: (path) => within(path, (one) => link(one, path)),
    capabilities: async () => capabilitiesIn(await own('/proc/self/status')),
    async refresh() {
      const old = pass;
      pass = undefined;
      await (await old)?.lease.end();
    },
  };
}

/** What one pass remembers. */
interface Pass {
  readonly directories: Directories;
  readonly lease: Lease;
  readonly mounts: ReadonlyMap<string, Mount>;
  /** Is `/proc` below the root the kernel's, so that its files need no suspicion? */
  readonly kernelProc: boolean;
}

async function openPass(root: string): Promise<Pass> {
  // Mounts as the process behind /proc/PID/root sees them are in that process's own table.
  const other = /^\/proc\/(\d+)\/root$/.exec(root)?.[1];
  const mountinfo = parseMountinfo(await own(`/proc/${other ?? 'self'}/mountinfo`));
  const mounts = mountsBelow(other ? '/' : root, mountinfo);
  const directories = new Directories(root, mounts);
  const lease = new Lease(() => directories.close());
  return { directories, lease, mounts, kernelProc: mounts.get('/proc')?.fsType === 'proc' };
}

/**
 * What a look may hang on: a process, a mount, and on the root's own file system the directory, for something may have been mounted
 * there since the table was read.
 */
function placeOf(path: string, directory: string, mounts: ReadonlyMap<string, Mount>): string {
  const pid = /^\/proc\/\d+/.exec(path)?.[0];
  if (pid) return pid;
  for (let here = path; here.length > 1; here = here.slice(0, here.lastIndexOf('/'))) if (mounts.has(here)) return here;
  return directory || '/';
}

/** Kernel files of this very process; they answer at once and cannot be absent on Linux. */
async function own(path: string): Promise<string> {
  const fd = await rawOpen(path, constants.O_RDONLY);
  const bytes = await readFully(fd, 8 * defaultMaxBytes);
  await rawClose(fd);
  return bytes.toString('utf8');
}

async function reach(pass: Pass, path: string): Promise<Seen<Reached>> {
  const links = { left: maxLinks };
  for (let target = path; ; ) {
    const found = await pass.directories.find(target, links);
    if (found.state !== 'observed') return target === path ? found : dangling(path, found);
    try {
      const place = found.value;
      // A directory that was walked to the end is held open itself; no link can stand in its place.
      const stats = place.name === '' ? await rawStat(place.fd) : await rawLstat(inDirectory(place));
      if (!stats.isSymbolicLink()) return seen({ place, stats });
      const onward = await pass.directories.follow(place, links);
      if ('state' in onward) return onward;
      target = onward.path;
    } catch (error) {
      const answer = explain(error, found.value.path);
      return target === path ? answer : dangling(path, answer);
    }
  }
}

function dangling(path: string, answer: Missing): Missing {
  return answer.state === 'absent' ? missing('absent', `${path} is a link; ${answer.detail}`) : answer;
}

async function stat(pass: Pass, path: string): Promise<Seen<FileStat>> {
  const reached = await reach(pass, path);
  if (reached.state !== 'observed') return reached;
  const { stats, place } = reached.value;
  const type = typeOf(stats);
  return seen({
    type: type === 'link' ? 'other' : type,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    path: place.path,
  });
}

async function read(pass: Pass, path: string, how: ReadOptions, alive: () => boolean): Promise<Seen<Content>> {
  const limit = how.maxBytes ?? (path.startsWith('/proc/') ? procMaxBytes : defaultMaxBytes);
  const bound = { limit, partial: how.partial ?? false, alive };
  if (pass.kernelProc && ofProcess.test(path)) return readOfProcess(pass, path, bound);
  for (let attempt = 0; attempt < 3 && alive(); attempt++) {
    const reached = await reach(pass, path);
    if (reached.state !== 'observed') return reached;
    const content = await readRegular(path, reached.value.place, reached.value.stats, bound);
    if (content !== unsteady) return content;
  }
  return missing('malformed', `${path} kept changing while it was read`);
}

/** Nothing below a process's directory of the kernel's /proc can be swapped by anybody, so the walk is spared. */
async function readOfProcess(pass: Pass, path: string, bound: Bound): Promise<Seen<Content>> {
  const proc = await pass.directories.find('/proc');
  if (proc.state !== 'observed') return proc;
  const inside = await pass.directories.enter(proc.value);
  if (inside.state !== 'observed') return inside;
  const place = { fd: inside.value, name: path.slice('/proc/'.length), path };
  return atOnce.test(path) ? readAtOnce(place, procMaxBytes) : readOpen(place, bound, undefined);
}

async function list(pass: Pass, path: string, limit: number, alive: () => boolean): Promise<Seen<Listing>> {
  const found = await reach(pass, path);
  if (found.state !== 'observed') return found;
  if (!found.value.stats.isDirectory()) return missing('malformed', `${path}: not a directory`);
  const inside = await pass.directories.enter(found.value.place);
  if (inside.state !== 'observed') return inside;
  try {
    const directory = await rawOpendir(inDirectory({ fd: inside.value, name: '' }));
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

async function link(pass: Pass, path: string): Promise<Seen<string>> {
  const found = await pass.directories.find(path);
  if (found.state !== 'observed') return found;
  try {
    return seen(textOfName(await rawLink(inDirectory(found.value))));
  } catch (error) {
    return explain(error, path);
  }
}

type Kinds = Pick<
  Stats,
  'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket' | 'isBlockDevice' | 'isCharacterDevice' | 'isSymbolicLink'
>;

function typeOf(kinds: Kinds): Entry['type'] {
  if (kinds.isFile()) return 'file';
  if (kinds.isDirectory()) return 'directory';
  if (kinds.isSymbolicLink()) return 'link';
  if (kinds.isFIFO()) return 'fifo';
  if (kinds.isSocket()) return 'socket';
  return kinds.isBlockDevice() || kinds.isCharacterDevice() ? 'device' : 'other';
}
