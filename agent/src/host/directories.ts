import { type BigIntStats, closeSync, constants } from 'node:fs';
import { denied, type Missing, missing, type Seen, seen } from './host.ts';
import type { Memory } from './memory.ts';
import { blindReason, type Mount } from './mounts.ts';
import { bytesOfPath, stepsOf, textOfName } from './paths.ts';
import { errnoOf, rawLink, rawLstat, rawOpen, rawStat } from './raw.ts';
import { Touched } from './touched.ts';

/** Opens a place without reading it; Node has no name for it. Source: asm-generic/fcntl.h (the same on x86-64 and arm64). */
const O_PATH = 0o10000000;
/** O_DIRECTORY and O_NOFOLLOW differ between architectures, so they come from Node. */
const openDirectory = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const maxLinks = 40;

/** A directory that is held open once somebody asks, or a link, or why it is neither. */
type Step =
  | { readonly kind: 'directory'; readonly open: () => Promise<number> }
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'missing'; readonly missing: Missing };

/** The last step of a path: a name inside a directory that `open` holds open. `path` is canonical. */
export interface Place {
  readonly path: string;
  readonly name: string;
  readonly open: () => Promise<number>;
}

/** What is learnt of a place that turns out to be a link: where to go on, or that it is none. */
export type Onward = { readonly path: string } | Missing;

/** A path for the kernel below a directory that is held open. Nobody can swap what is before the last step. */
export function inDirectory(fd: number, name: string): string | Buffer {
  const bytes = bytesOfPath(name);
  const base = `/proc/self/fd/${fd}`;
  if (name === '') return base;
  return typeof bytes === 'string' ? `${base}/${bytes}` : Buffer.concat([Buffer.from(`${base}/`), bytes]);
}

/** The same for a place, whose directory is opened for it. */
export async function inPlace(place: Pick<Place, 'open' | 'name'>): Promise<string | Buffer> {
  return inDirectory(await place.open(), place.name);
}

/**
 * Walks paths inside the root, step by step, over directories that are held open for one pass. Absolute links restart at the root,
 * `..` stays inside, at most 40 links; file systems that can hang are never entered.
 */
export class Directories {
  /** Every place that was looked for. */
  readonly touched = new Touched();
  readonly #root: string;
  readonly #mounts: ReadonlyMap<string, Mount>;
  readonly #memory: Memory;
  readonly #steps = new Map<string, Promise<Step>>();
  readonly #open: number[] = [];

  constructor(root: string, mounts: ReadonlyMap<string, Mount>, memory: Memory) {
    this.#root = root;
    this.#mounts = mounts;
    this.#memory = memory;
  }

  /** The place of a path. Links before the last step are followed; the last one is the caller's. */
  async find(path: string, links = { left: maxLinks }): Promise<Seen<Place>> {
    const pending = stepsOf(path).reverse();
    const walked: string[] = [];
    let step = await this.#step('', undefined);
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === '..') {
        walked.pop();
        step = await this.#step(pathOf(walked), undefined);
        continue;
      }
      if (step.kind !== 'directory') break;
      const here = pathOf([...walked, name]);
      this.touched.at(here);
      const blind = this.#blind(here);
      if (blind) return blind;
      if (pending.length === 0) return seen({ path: here, name, open: step.open });
      const next: Step = await this.#step(here, { open: step.open, name });
      if (next.kind === 'missing') return next.missing;
      if (next.kind === 'link') {
        if (links.left-- === 0) return missing('malformed', `${path}: too many links`);
        pending.push(...stepsOf(next.to).reverse());
        if (next.to.startsWith('/')) {
          walked.length = 0;
          step = await this.#step('', undefined);
        }
        continue;
      }
      walked.push(name);
      step = next;
    }
    if (step.kind === 'missing') return step.missing;
    if (step.kind === 'link') return missing('malformed', `${path}: not a directory`);
    return seen({ path: pathOf(walked) || '/', name: '', open: step.open });
  }

  /** How a place looks, links not followed; throws what lstat throws. */
  async look(place: Place): Promise<BigIntStats> {
    // A directory that was walked to the end is held open itself; no link can stand in its place.
    if (place.name === '') return rawStat(await place.open());
    const { ways } = this.#memory;
    const known = ways.recheck(place.path);
    if (known === 'absent') throw Object.assign(new Error(), { code: 'ENOENT' });
    if (known) return known;
    try {
      const stats = await rawLstat(await inPlace(place));
      ways.note(place.path, stats);
      return stats;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') ways.note(place.path, 'absent');
      throw error;
    }
  }

  /** Where a link leads, as a path to find next; `stats` are of the link. */
  async follow(place: Place, stats: BigIntStats, links: { left: number }): Promise<Onward> {
    if (links.left-- === 0) return missing('malformed', `${place.path}: too many links`);
    try {
      const to = await this.#textOf(place, stats);
      const parent = place.path.slice(0, place.path.lastIndexOf('/'));
      return { path: to.startsWith('/') ? to : `${parent}/${to}` };
    } catch (error) {
      return explain(error, place.path);
    }
  }

  /** The directory at a place, held open for the pass. */
  async enter(place: Place): Promise<Seen<number>> {
    try {
      if (place.name === '') return seen(await place.open());
      const step = await this.#step(place.path, place);
      if (step.kind === 'missing') return step.missing;
      return step.kind === 'directory'
        ? seen(await step.open())
        : missing('malformed', `${place.path}: not a directory`);
    } catch (error) {
      return explain(error, place.path);
    }
  }

  /** Lets go of every directory. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#steps.values());
    this.#steps.clear();
    // A descriptor that only names a directory has nothing to write back, so closing it cannot wait.
    for (const fd of this.#open.splice(0)) closeSync(fd);
  }

  #blind(path: string): Missing | undefined {
    const mount = this.#mounts.get(path);
    const reason = mount && blindReason(mount);
    return reason === undefined ? undefined : missing('unsupported', reason);
  }

  #step(path: string, from: From | undefined): Promise<Step> {
    const key = path === '/' ? '' : path;
    let step = this.#steps.get(key);
    if (!step) {
      step = from ? this.#enter({ ...from, path: key }) : this.#enterRoot();
      this.#steps.set(key, step);
    }
    return step;
  }

  async #enterRoot(): Promise<Step> {
    try {
      const fd = await this.#hold(this.#root, O_PATH | constants.O_DIRECTORY);
      return { kind: 'directory', open: async () => fd };
    } catch (error) {
      return { kind: 'missing', missing: explain(error, this.#root) };
    }
  }

  async #enter(place: Place): Promise<Step> {
    const { ways } = this.#memory;
    if (ways.isFirm(place.path)) return { kind: 'directory', open: once(async () => this.#openIn(place)) };
    const known = ways.recheck(place.path);
    if (known === 'absent') return { kind: 'missing', missing: absent(place.path) };
    try {
      if (known?.isSymbolicLink()) return { kind: 'link', to: await this.#textOf(place, known) };
      const fd = await this.#openIn(place);
      ways.note(place.path, await rawStat(fd));
      return { kind: 'directory', open: async () => fd };
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOENT') ways.note(place.path, 'absent');
      if (code !== 'ENOTDIR' && code !== 'ELOOP') return { kind: 'missing', missing: explain(error, place.path) };
    }
    return this.#asLink(place);
  }

  async #asLink(place: Place): Promise<Step> {
    const { path } = place;
    try {
      return { kind: 'link', to: await this.#textOf(place, await this.look(place)) };
    } catch (error) {
      const answer =
        errnoOf(error) === 'EINVAL' ? missing('malformed', `${path}: not a directory`) : explain(error, path);
      return { kind: 'missing', missing: answer };
    }
  }

  /** A link's text cannot be changed without another inode. */
  async #textOf(place: Place, stats: BigIntStats): Promise<string> {
    const memory = this.#memory;
    const startedAt = memory.now();
    const known = memory.recall(place.path, stats, linkText);
    if (typeof known?.value === 'string') return known.value;
    const text = textOfName(await rawLink(await inPlace(place)));
    if (stats.isSymbolicLink()) memory.keep(place.path, stats, startedAt, [linkText, text]);
    return text;
  }

  async #openIn(place: From): Promise<number> {
    return this.#hold(await inPlace(place), openDirectory);
  }

  async #hold(path: string | Buffer, flags: number): Promise<number> {
    const fd = await rawOpen(path, flags);
    this.#open.push(fd);
    return fd;
  }
}

type From = Pick<Place, 'open' | 'name'>;

/** The name under which the memory keeps texts of links. */
const linkText = Symbol('the text of a link');

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function absent(path: string): Missing {
  return missing('absent', `${path} does not exist`);
}

function pathOf(steps: readonly string[]): string {
  return steps.length === 0 ? '' : `/${steps.join('/')}`;
}

/** The state behind an error of a system call; what is no such error is a bug and is thrown on. */
export function explain(error: unknown, path: string): Missing {
  const code = errnoOf(error);
  if (code === undefined) throw error;
  switch (code) {
    case 'ENOENT':
    case 'ESRCH':
      return absent(path);
    case 'EACCES':
    case 'EPERM':
      return denied(path);
    case 'ELOOP':
      return missing('malformed', `${path}: too many links`);
    case 'ENOTDIR':
      return missing('malformed', `${path}: not a directory`);
    case 'EISDIR':
      return missing('malformed', `${path}: a directory where a file is expected`);
    case 'ENAMETOOLONG':
      return missing('malformed', `${path.slice(0, 64)}…: the name is too long`);
    case 'ENXIO':
      return missing('malformed', `${path}: not a regular file`);
    case 'ETIMEDOUT':
    case 'EAGAIN':
      return missing('timed-out', `${path}: ${code}`);
    default:
      return missing('unsupported', `${path}: ${code}`);
  }
}
