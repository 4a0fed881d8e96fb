import { type BigIntStats, lstatSync } from 'node:fs';
import { type Identity, sameState, stampsChanges } from './identity.ts';
import { type Mount, mountOf } from './mounts.ts';
import { bytesOfPath } from './paths.ts';

/** What a look at a canonical path found there, links not followed. */
export type Found = BigIntStats | 'absent';

/** Group and others may write. */
const writable = 0o022n;

/**
 * Remembers what the pass before found at each canonical path, and can say without waiting that it is still so: one lstat in place
 * of a walk over open directories on other threads, which costs ten times as much. Nothing new is learnt this way: whatever
 * differs is walked to as if nobody had been there.
 *
 * It waits for nobody: only on the root's own device, whose hang no agent outlives, or in memory (tmpfs), and only for places that
 * were found a pass ago. Nobody can lead it astray: every directory on the way is rechecked to be that directory, and only root or
 * the agent's own user can change it.
 */
export class Ways {
  readonly #root: string;
  readonly #owners = new Set([0n, BigInt(process.getuid?.() ?? 0)]);
  #before = new Map<string, Found>();
  #now = new Map<string, Found>();
  #firm = new Map<string, boolean>();
  #mounts: ReadonlyMap<string, Mount> = new Map();

  constructor(root: string) {
    this.#root = root === '/' ? '' : root;
  }

  /** A pass begins over these mounts. */
  begin(mounts: ReadonlyMap<string, Mount>): void {
    this.#before = this.#now;
    this.#now = new Map();
    this.#firm = new Map();
    this.#mounts = mounts;
  }

  /** Everything is forgotten, what this pass found too: something changed meanwhile. */
  forget(): void {
    this.#before.clear();
    this.#now.clear();
    this.#firm.clear();
  }

  /** What lies at a path, looked at a moment ago: equal to what the pass before found; undefined when that is not certain. */
  recheck(path: string): Found | undefined {
    const already = this.#now.get(path);
    if (already !== undefined) return already;
    const before = this.#before.get(path);
    if (before === undefined || !this.isFirm(parentOf(path)) || !this.#isPrompt(path)) return undefined;
    const now = this.#look(path);
    return now !== undefined && isSame(before, now) ? this.note(path, alike(before, now)) : undefined;
  }

  /** What this pass found at a path; undefined when it did not look there. */
  found(path: string): Found | undefined {
    return this.#now.get(path);
  }

  /** Remembers what this pass found. */
  note(path: string, found: Found): Found {
    this.#now.set(path, found);
    return found;
  }

  /** Is this directory where it was, and may nobody else change it? */
  isFirm(path: string): boolean {
    if (path === '') return true;
    const known = this.#firm.get(path);
    if (known !== undefined) return known;
    const before = this.#before.get(path);
    const looked = before !== undefined && this.isFirm(parentOf(path)) && this.#isPrompt(path);
    const now = looked ? this.#look(path) : undefined;
    const firm = isObject(before) && isObject(now) && isOneDirectory(before, now) && this.#isOwn(now);
    if (firm) this.note(path, now);
    this.#firm.set(path, firm);
    return firm;
  }

  #isOwn(directory: BigIntStats): boolean {
    return this.#owners.has(directory.uid) && (directory.mode & writable) === 0n;
  }

  /** A mount that is not there yet, when the path is one of a place that is. */
  #isPrompt(path: string): boolean {
    const mount = mountOf(path, this.#mounts);
    return stampsChanges(mount) && (mount.fsType === 'tmpfs' || mount.device === this.#mounts.get('/')?.device);
  }

  #look(path: string): Found | undefined {
    try {
      const at = bytesOfPath(path);
      const full = typeof at === 'string' ? this.#root + at : Buffer.concat([Buffer.from(this.#root), at]);
      return lstatSync(full, { bigint: true, throwIfNoEntry: false }) ?? 'absent';
    } catch {
      // Any error means that it is not as it was; the walk will say what it is.
      return undefined;
    }
  }
}

function isObject(found: Found | undefined): found is BigIntStats {
  return found !== undefined && found !== 'absent';
}

function isSame(before: Found, now: Found): boolean {
  return before === 'absent' || now === 'absent' ? before === now : sameState(before, now);
}

/** The older of two equal answers, which the collector of garbage has already moved out of its way. */
function alike(before: Found, now: Found): Found {
  if (!isObject(before) || !isObject(now)) return now;
  return before.mode === now.mode && before.uid === now.uid && before.gid === now.gid ? before : now;
}

/** Names may have come and gone, but it is the same directory. */
function isOneDirectory(before: BigIntStats, now: BigIntStats): boolean {
  return (
    now.isDirectory() &&
    before.isDirectory() &&
    (['dev', 'ino'] satisfies (keyof Identity)[]).every((key) => before[key] === now[key])
  );
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
