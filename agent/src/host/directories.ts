import { constants } from 'node:fs';
import { denied, type Missing, missing, type Seen, seen } from './host.ts';
import { blindReason, type Mount } from './mounts.ts';
import { bytesOfPath, stepsOf, textOfName } from './paths.ts';
import { errnoOf, rawClose, rawLink, rawOpen } from './raw.ts';

/** Opens a place without reading it; Node has no name for it. Source: asm-generic/fcntl.h (the same on x86-64 and arm64). */
const O_PATH = 0o10000000;
/** O_DIRECTORY and O_NOFOLLOW differ between architectures, so they come from Node. */
const openDirectory = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const maxLinks = 40;

/** A directory held open, or a link, or why it is neither. */
type Step =
  | { readonly kind: 'directory'; readonly fd: number }
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'missing'; readonly missing: Missing };

/** The last step of a path: a name inside a directory that is held open. `path` is canonical. */
export interface Place {
  readonly path: string;
  readonly name: string;
  readonly fd: number;
}

/** What is learnt of a place that turns out to be a link: where to go on, or that it is none. */
export type Onward = { readonly path: string } | Missing;

/** A path for the kernel below a directory that is held open. Nobody can swap what is before the last step. */
export function inDirectory(place: Pick<Place, 'fd' | 'name'>): string | Buffer {
  const name = bytesOfPath(place.name);
  const base = `/proc/self/fd/${place.fd}`;
  if (place.name === '') return base;
  return typeof name === 'string' ? `${base}/${name}` : Buffer.concat([Buffer.from(`${base}/`), name]);
}

/**
 * Walks paths inside the root, step by step, over directories that are held open for one pass. Absolute links restart at the root,
 * `..` stays inside, at most 40 links; file systems that can hang are never entered.
 */
export class Directories {
  readonly #root: string;
  readonly #mounts: ReadonlyMap<string, Mount>;
  readonly #steps = new Map<string, Promise<Step>>();
  readonly #open: number[] = [];

  constructor(root: string, mounts: ReadonlyMap<string, Mount>) {
    this.#root = root;
    this.#mounts = mounts;
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
      const blind = this.#blind(here);
      if (blind) return blind;
      if (pending.length === 0) return seen({ path: here, name, fd: step.fd });
      const next: Step = await this.#step(here, { fd: step.fd, name });
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
    return seen({ path: pathOf(walked) || '/', name: '', fd: step.fd });
  }

  /** Where a link leads, as a path to find next. */
  async follow(place: Place, links: { left: number }): Promise<Onward> {
    if (links.left-- === 0) return missing('malformed', `${place.path}: too many links`);
    try {
      const to = textOfName(await rawLink(inDirectory(place)));
      const parent = place.path.slice(0, place.path.lastIndexOf('/'));
      return { path: to.startsWith('/') ? to : `${parent}/${to}` };
    } catch (error) {
      return explain(error, place.path);
    }
  }

  /** The directory at a place, held open for the pass. */
  async enter(place: Place): Promise<Seen<number>> {
    if (place.name === '') return seen(place.fd);
    const step = await this.#step(place.path, place);
    if (step.kind === 'missing') return step.missing;
    return step.kind === 'directory' ? seen(step.fd) : missing('malformed', `${place.path}: not a directory`);
  }

  /** Lets go of every directory. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#steps.values());
    this.#steps.clear();
    await Promise.all(this.#open.splice(0).map(rawClose));
  }

  #blind(path: string): Missing | undefined {
    const mount = this.#mounts.get(path);
    const reason = mount && blindReason(mount);
    return reason === undefined ? undefined : missing('unsupported', reason);
  }

  #step(path: string, from: Pick<Place, 'fd' | 'name'> | undefined): Promise<Step> {
    const key = path === '/' ? '' : path;
    let step = this.#steps.get(key);
    if (!step) {
      step = from ? this.#enter(key, from) : this.#enterRoot();
      this.#steps.set(key, step);
    }
    return step;
  }

  async #enterRoot(): Promise<Step> {
    try {
      const fd = await rawOpen(this.#root, O_PATH | constants.O_DIRECTORY);
      this.#open.push(fd);
      return { kind: 'directory', fd };
    } catch (error) {
      return { kind: 'missing', missing: explain(error, this.#root) };
    }
  }

  async #enter(path: string, from: Pick<Place, 'fd' | 'name'>): Promise<Step> {
    try {
      const fd = await rawOpen(inDirectory(from), openDirectory);
      this.#open.push(fd);
      return { kind: 'directory', fd };
    } catch (error) {
      const code = errnoOf(error);
      if (code !== 'ENOTDIR' && code !== 'ELOOP') return { kind: 'missing', missing: explain(error, path) };
    }
    try {
      return { kind: 'link', to: textOfName(await rawLink(inDirectory(from))) };
    } catch (error) {
      const answer =
        errnoOf(error) === 'EINVAL' ? missing('malformed', `${path}: not a directory`) : explain(error, path);
      return { kind: 'missing', missing: answer };
    }
  }
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
      return missing('absent', `${path} does not exist`);
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
