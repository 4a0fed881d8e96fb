import { fileStat, linkAtOnce, listAtOnce, readAtOnce, statAtOnce, takeAtOnce } from './at-once.ts';
import { bootClock } from './boot.ts';
import { capabilitiesIn } from './capabilities.ts';
import { explain, inPlace } from './directories.ts';
import {
  type Content,
  defaultMaxBytes,
  defaultMaxEntries,
  type FileStat,
  type Host,
  type Listing,
  missing,
  procMaxBytes,
  type Reading,
  type ReadOptions,
  type Seen,
  seen,
} from './host.ts';
import { sameState } from './identity.ts';
import { listOpen } from './list-directory.ts';
import { RealLookout, type Within } from './lookout.ts';
import { type Clocks, Memory, ownClocks } from './memory.ts';
import { type Mount, mountOf } from './mounts.ts';
import { openPass, ownText, type Pass, reachOnce } from './pass.ts';
import { dirname, textOfName } from './paths.ts';
import { rawLink, rawStat } from './raw.ts';
import type { Reached } from './reach.ts';
import { type Bound, readOpen, readRegular, unsteady } from './read-file.ts';
import { overdue, Slots } from './slots.ts';

const ofProcess = /^\/proc\/\d+\/[a-z]+$/;

/** `deadlineMs` limits every single look; `clocks` are the machine's unless a test turns them. */
export interface RealHostOptions {
  readonly deadlineMs?: number;
  readonly clocks?: Clocks;
}

/** The node below `root` (`/`, a read-only mount of it, or `/proc/PID/root`). */
export function realHost(root: string, { deadlineMs = 5000, clocks = ownClocks }: RealHostOptions = {}): Host {
  const base = root.replace(/\/+$/, '') || '/';
  const slots = new Slots(3, deadlineMs);
  const memory = new Memory(base, clocks);
  const boot = bootClock(clocks.wall);
  let pass: Promise<Pass> | undefined;
  let lookout: { readonly eyes: RealLookout; readonly changed: () => void } | undefined;

  /** `atOnce` answers what needs no waiting; only the rest takes a slot. */
  async function within<T>(path: string, atOnce: Quick<T>, look: Slow<T>, directory = dirname(path)): Promise<Seen<T>> {
    pass ??= openPass(base, memory);
    const one = await pass;
    const known = atOnce(one, path);
    if (known) return known;
    const place = placeOf(path, directory, one.mounts);
    const answer = await slots.run(place, (alive) => one.lease.use(() => look(one, alive)));
    return answer === overdue ? missing('timed-out', `${path} did not answer within ${deadlineMs / 1000} s`) : answer;
  }

  const holding: Within = async (one, directory, work) => {
    const answer = await slots.run(placeOf(directory, directory, one.mounts), () => one.lease.use(work));
    return answer === overdue ? undefined : answer;
  };

  return {
    stat: (path) => within(path, statAtOnce, (one) => stat(one, path)),
    read: (path, how) =>
      within(
        path,
        (one) => readAtOnce(one, path, how),
        (one, alive) => read(one, path, how, alive),
      ),
    take: (path, reading) =>
      within(
        path,
        (one) => takeAtOnce(one, path, reading),
        (one, alive) => take(one, path, reading, alive),
      ),
    list: (path, limit = defaultMaxEntries) =>
      within(
        path,
        (one) => listAtOnce(one, path, limit),
        (one, alive) => list(one, path, limit, alive),
        path,
      ),
    link: (path) => within(path, linkAtOnce, (one) => link(one, path)),
    booted: boot,
    capabilities: async () => capabilitiesIn(await ownText('/proc/self/status')),
    async refresh() {
      const old = pass;
      pass = undefined;
      if (!old) return;
      const one = await old;
      try {
        // Nobody saw what happened there before the watch began.
        if (await lookout?.eyes.follow(one, holding)) lookout?.changed();
      } finally {
        memory.end();
        await one.lease.end();
      }
    },
    watch(options) {
      lookout?.eyes.close();
      lookout = { eyes: new RealLookout(base, options), changed: options.changed };
      return lookout.eyes;
    },
  };
}

type Quick<T> = (pass: Pass, path: string) => Seen<T> | undefined;
type Slow<T> = (pass: Pass, alive: () => boolean) => Promise<Seen<T>>;

/**
 * What a look may hang on: a process, a mount, and on the root's own file system the directory, for something may have been mounted
 * there since the table was read.
 */
function placeOf(path: string, directory: string, mounts: ReadonlyMap<string, Mount>): string {
  const pid = /^\/proc\/\d+/.exec(path)?.[0];
  if (pid) return pid;
  const point = mountOf(path, mounts)?.point ?? '/';
  return point === '/' ? directory || '/' : point;
}

async function stat(pass: Pass, path: string): Promise<Seen<FileStat>> {
  const reached = await reachOnce(pass, path);
  if (reached.state !== 'observed') return reached;
  return fileStat(reached.value.stats, reached.value.place.path);
}

async function read(pass: Pass, path: string, how: ReadOptions, alive: () => boolean): Promise<Seen<Content>> {
  const limit = how.maxBytes ?? (path.startsWith('/proc/') ? procMaxBytes : defaultMaxBytes);
  const bound = { limit, partial: how.partial ?? false, alive };
  if (pass.proc !== undefined && ofProcess.test(path)) return readOfProcess(pass, path, bound);
  return steadily(pass, path, alive, ({ place, stats }) => readRegular(path, place, stats, bound));
}

async function take<T>(pass: Pass, path: string, reading: Reading<T>, alive: () => boolean): Promise<Seen<T>> {
  const { memory } = pass;
  const startedAt = memory.now();
  return steadily(pass, path, alive, async ({ place, stats }) => {
    const known = memory.recall(place.path, stats, reading);
    // The name under which it was kept is the reading itself, which makes nothing but T.
    if (known) return seen(known.value as T);
    const content = await readRegular(path, place, stats, { limit: defaultMaxBytes, partial: false, alive });
    if (content === unsteady || content.state !== 'observed') return content;
    const value = reading.make(content.value.bytes);
    memory.keep(place.path, stats, startedAt, [reading, value]);
    return seen(value);
  });
}

/** Looks again when the place changed under the look. */
async function steadily<T>(
  pass: Pass,
  path: string,
  alive: () => boolean,
  look: (reached: Reached) => Promise<Seen<T>>,
): Promise<Seen<T>> {
  for (let attempt = 0; attempt < 3 && alive(); attempt++) {
    const reached = await reachOnce(pass, path, attempt > 0);
    if (reached.state !== 'observed') return reached;
    const answer = await look(reached.value);
    if (answer !== unsteady) return answer;
  }
  return missing('malformed', `${path} kept changing while it was read`);
}

/** Nothing below a process's directory of the kernel's /proc can be swapped by anybody, so the walk is spared. */
async function readOfProcess(pass: Pass, path: string, bound: Bound): Promise<Seen<Content>> {
  const { proc } = pass;
  if (proc === undefined) return missing('denied', '/proc cannot be opened');
  return readOpen({ open: async () => proc, name: path.slice('/proc/'.length), path }, bound, undefined);
}

async function list(pass: Pass, path: string, limit: number, alive: () => boolean): Promise<Seen<Listing>> {
  const { memory, directories } = pass;
  const startedAt = memory.now();
  const found = await reachOnce(pass, path);
  if (found.state !== 'observed') return found;
  const { place, stats } = found.value;
  if (!stats.isDirectory()) return missing('malformed', `${path}: not a directory`);
  directories.touched.listed(place.path);
  const known = memory.recall(place.path, stats, limit);
  if (known) return seen(known.value as Listing);
  const inside = await directories.enter(place);
  if (inside.state !== 'observed') return inside;
  const listing = await listOpen(inside.value, path, limit, alive);
  if (listing.state !== 'observed' || !alive()) return listing;
  if (sameState(stats, await rawStat(inside.value))) memory.keep(place.path, stats, startedAt, [limit, listing.value]);
  return listing;
}

async function link(pass: Pass, path: string): Promise<Seen<string>> {
  const found = await pass.directories.find(path);
  if (found.state !== 'observed') return found;
  try {
    return seen(textOfName(await rawLink(await inPlace(found.value))));
  } catch (error) {
    return explain(error, path);
  }
}
