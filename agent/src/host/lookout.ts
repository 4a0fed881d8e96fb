import { existsSync, readdirSync, statSync } from 'node:fs';
import type { Coverage, Lookout, WatchOptions } from './host.ts';
import { mountOf } from './mounts.ts';
import { mountsOf, mountTable, type Pass } from './pass.ts';
import { rawStat } from './raw.ts';
import { readKernelFile } from './read-file.ts';
import { Touched } from './touched.ts';
import { type Ground, type Held, Watchers } from './watchers.ts';

/** Several times as many directories as a node of many components needs. */
const mostDirectories = 512;

/** File systems that the kernel makes up; nothing tells of their changes. */
const madeUp = /^(proc|sysfs|cgroup2?|devpts|mqueue)$/;

/** Does work that may hang; undefined when it does. */
export type Within = <T>(pass: Pass, directory: string, work: () => Promise<T>) => Promise<T | undefined>;

/** What is noticed between the passes of a real host; see Lookout. */
export class RealLookout implements Lookout {
  readonly #proc: string;
  readonly #base: string;
  readonly #watchers: Watchers;
  #touched = new Touched();
  #table = '';
  #ended = false;

  constructor(base: string, { changed, mostWatched = mostDirectories }: WatchOptions) {
    this.#base = base;
    this.#proc = base === '/' ? '/proc' : `${base}/proc`;
    this.#watchers = new Watchers(changed, mostWatched);
  }

  get coverage(): Coverage {
    const { size, unwatched } = this.#watchers;
    return { watched: size, unwatched: [...unwatched].map(([path, why]) => `${path}: ${why}`) };
  }

  /** A pass ends whose directories are still open; gives how many directories are watched from now on and were not before. */
  async follow(pass: Pass, within: Within): Promise<number> {
    if (this.#ended) return 0;
    const { touched } = pass.directories;
    this.#touched = touched;
    this.#table = pass.mountTable;
    const grounds: Ground[] = [];
    for (const [path, names] of touched.directories) {
      if (madeUp.test(mountOf(path, pass.mounts)?.fsType ?? '')) continue;
      const open = () => within(pass, path, () => hold(pass, path));
      const found = pass.memory.ways.found(path);
      const here = found === 'absent' ? undefined : (found ?? (await open())?.identity);
      grounds.push({ path, names, here, open });
    }
    return this.#watchers.follow(grounds);
  }

  async remounted(): Promise<boolean> {
    const before = this.#table;
    const now = await mountTable(this.#base);
    if (now === before || this.#table !== before) return false;
    this.#table = now;
    return this.#near(now) !== this.#near(before);
  }

  /** Mounts that hold or hide something that was looked at. */
  #near(table: string): string {
    const mounts = mountsOf(this.#base, table).values();
    const near = [...mounts].filter((mount) => this.#touched.has(mount.point));
    return JSON.stringify(near.map(({ id, device, root, point, fsType }) => [id, device, root, point, fsType]));
  }

  pids(): readonly number[] | undefined {
    try {
      const pids = readdirSync(this.#proc).map(Number).filter(Number.isInteger);
      return pids.includes(1) ? pids : undefined;
    } catch {
      return undefined;
    }
  }

  /** The kernel counts processes among the links of its /proc. Source: fs/proc/root.c, proc_root_getattr. */
  count(): number | undefined {
    try {
      return statSync(this.#proc).nlink;
    } catch {
      return undefined;
    }
  }

  lives(pid: number): boolean {
    return existsSync(`${this.#proc}/${pid}`);
  }

  stat(pid: number): string | undefined {
    const read = readKernelFile(`${this.#proc}/${pid}/stat`, `/proc/${pid}/stat`, 4096);
    return read.state === 'observed' ? read.value.bytes.toString('utf8') : undefined;
  }

  close(): void {
    this.#ended = true;
    this.#watchers.close();
  }
}

/** The directory at a canonical path; undefined when something else lies there by now. */
async function hold({ directories }: Pass, path: string): Promise<Held | undefined> {
  const found = await directories.find(path);
  if (found.state !== 'observed' || found.value.path !== path) return undefined;
  const entered = await directories.enter(found.value);
  if (entered.state !== 'observed') return undefined;
  return { fd: entered.value, identity: await rawStat(entered.value) };
}
