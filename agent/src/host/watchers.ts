import { accessSync, constants, type FSWatcher, readFileSync, watch } from 'node:fs';
import { inDirectory } from './directories.ts';
import type { Identity } from './identity.ts';
import { textOfName } from './paths.ts';
import { errnoOf } from './raw.ts';
import type { Names } from './touched.ts';

/** A directory that is held open, and which one it is. */
export interface Held {
  readonly fd: number;
  readonly identity: Pick<Identity, 'dev' | 'ino'>;
}

/** A directory to watch. `here`: which directory lies at the path now; `open` holds it open, undefined when it cannot be had. */
export interface Ground {
  readonly path: string;
  readonly names: Names;
  readonly here: Held['identity'] | undefined;
  readonly open: () => Promise<Held | undefined>;
}

interface Watcher {
  readonly watcher: FSWatcher;
  readonly identity: Held['identity'];
  names: Names;
}

/** The kernel drops events when so many wait; Node does not say that it did. Source: fs/notify/inotify/inotify_user.c. */
function mostQueued(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  } catch {
    return 16_384;
  }
}

/**
 * Watches directories, never files: a watch on a file falls silent when another is renamed over it. A directory is watched through
 * a descriptor that was walked to, so nobody can swap it; the descriptor is not kept, for the watch alone does not hold a mount.
 */
export class Watchers {
  readonly #changed: () => void;
  readonly #limit: number;
  readonly #watchers = new Map<string, Watcher>();
  readonly #unwatched = new Map<string, string>();
  readonly #overflowAt = mostQueued() / 2;
  #waiting = 0;

  constructor(changed: () => void, limit: number) {
    this.#changed = changed;
    this.#limit = limit;
  }

  get size(): number {
    return this.#watchers.size;
  }

  /** Directories that cannot be watched, and why. */
  get unwatched(): ReadonlyMap<string, string> {
    return this.#unwatched;
  }

  /** Watches these directories and no others; gives how many are new, whose changes until now nobody saw. */
  async follow(grounds: readonly Ground[]): Promise<number> {
    const wanted = new Set(grounds.map((ground) => ground.path));
    for (const path of this.#watchers.keys()) if (!wanted.has(path)) this.#drop(path);
    this.#unwatched.clear();
    let added = 0;
    for (const ground of grounds) added += Number(await this.#cover(ground));
    return added;
  }

  close(): void {
    for (const path of [...this.#watchers.keys()]) this.#drop(path);
  }

  async #cover(ground: Ground): Promise<boolean> {
    const known = this.#watchers.get(ground.path);
    if (known && ground.here && isOne(known.identity, ground.here)) {
      known.names = ground.names;
      return false;
    }
    this.#drop(ground.path);
    if (this.#watchers.size >= this.#limit) {
      this.#unwatched.set(ground.path, `more than ${this.#limit} directories`);
      return false;
    }
    const held = await ground.open();
    if (!held) return false; // it is gone or no directory, which the watch on its parent tells
    return this.#begin(ground, held);
  }

  #begin({ path, names }: Ground, { fd, identity }: Held): boolean {
    try {
      const self = String(fd);
      const how = { persistent: false, encoding: 'buffer' } as const;
      const watcher = watch(inDirectory(fd, ''), how, (_kind, name) => this.#heard(one, name, self));
      const one: Watcher = { watcher, identity, names };
      watcher.on('error', () => {
        this.#drop(path);
        this.#changed();
      });
      this.#watchers.set(path, one);
      return true;
    } catch (error) {
      const code = errnoOf(error);
      // Of what nobody here may enter nothing was seen, and the watch on its parent tells when that changes.
      if (code !== 'EACCES' || mayEnter(fd)) this.#unwatched.set(path, code ?? 'it cannot be watched');
      return false;
    }
  }

  /** What happens to the directory itself comes under the last step of the path by which it was watched. */
  #heard(one: Watcher, bytes: Buffer | null, self: string): void {
    this.#count();
    const name = bytes === null ? self : textOfName(bytes);
    if (name === self || one.names === 'all' || one.names.has(name)) this.#changed();
  }

  /** Many events at once may have pushed others out of the kernel's queue. */
  #count(): void {
    if (this.#waiting++ > 0) return;
    setImmediate(() => {
      if (this.#waiting >= this.#overflowAt) this.#changed();
      this.#waiting = 0;
    });
  }

  #drop(path: string): void {
    this.#watchers.get(path)?.watcher.close();
    this.#watchers.delete(path);
  }
}

function mayEnter(fd: number): boolean {
  try {
    accessSync(inDirectory(fd, ''), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isOne(a: Held['identity'], b: Held['identity']): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
