import { dirname } from './paths.ts';

/** Names of a directory that were looked at; `all` when it was listed. */
export type Names = Set<string> | 'all';

/** What one pass looked at, as canonical paths: what lies there, what is absent there, and every step on the way. */
export class Touched {
  readonly #directories = new Map<string, Names>();
  readonly #paths = new Set<string>();

  /** A place that was looked at, or was not there. */
  at(path: string): void {
    if (path === '' || path === '/' || this.#paths.has(path)) return;
    this.#paths.add(path);
    const parent = dirname(path) || '/';
    const names = this.#directories.get(parent);
    if (names === undefined) this.#directories.set(parent, new Set([path.slice(path.lastIndexOf('/') + 1)]));
    else if (names !== 'all') names.add(path.slice(path.lastIndexOf('/') + 1));
    this.at(parent);
  }

  /** A directory whose names were read. */
  listed(path: string): void {
    this.#directories.set(path, 'all');
    this.at(path);
  }

  /** Was something looked for at this path? */
  has(path: string): boolean {
    return path === '/' || this.#paths.has(path);
  }

  /** Directories that something was looked for in, and what. */
  get directories(): ReadonlyMap<string, Names> {
    return this.#directories;
  }
}
