import { type Identity, isSettled, sameState, stampsChanges } from './identity.ts';
import { type Mount, mountOf } from './mounts.ts';
import { Ways } from './ways.ts';

/** The node's clock and one that never goes back, both in milliseconds. */
export interface Clocks {
  wall(): number;
  steady(): number;
}

/** Clocks of this machine. */
export const ownClocks: Clocks = { wall: () => Date.now(), steady: () => performance.now() };

/** What is remembered of one place: its state when it was looked at, and everything that was made of it. */
interface Kept {
  readonly identity: Identity;
  readonly mount: Mount;
  readonly values: Map<unknown, unknown>;
  pass: number;
}

/** Larger files and directories are rare; keeping them would cost more memory than looking again costs time. */
const mostBytes = 128 * 1024;
/** How far the node's clock may fall behind the steady one between two passes: a slewed clock does, a set one falls further. */
const slewMs = 2_000;
/** Writes through a shared mapping are stamped at the first store only, so after this nothing that is known is believed. */
const trustedForMs = 30 * 60_000;

/**
 * Remembers between passes what was made of files and directories, for as long as their identity proves them unchanged. The proof:
 * same mount, device, inode, size, mtime and ctime in nanoseconds, on a file system that stamps every change, with stamps that were
 * older than the coarsest grain when the place was looked at. ctime cannot be set by anybody but through the clock, and a clock
 * that was set back empties the memory. What a pass did not ask for is forgotten with it.
 */
export class Memory {
  readonly ways: Ways;
  readonly #clocks: Clocks;
  readonly #kept = new Map<string, Kept>();
  #mounts: ReadonlyMap<string, Mount> = new Map();
  #pass = 0;
  #offset: number;
  #since: number;

  constructor(root: string, clocks: Clocks = ownClocks) {
    this.ways = new Ways(root);
    this.#clocks = clocks;
    this.#offset = clocks.wall() - clocks.steady();
    this.#since = clocks.steady();
  }

  /** A pass begins over these mounts. */
  begin(mounts: ReadonlyMap<string, Mount>): void {
    const steady = this.#clocks.steady();
    const offset = this.#clocks.wall() - steady;
    if (offset < this.#offset - slewMs || steady - this.#since > trustedForMs) {
      this.#kept.clear();
      this.ways.forget();
      this.#since = steady;
    }
    this.#offset = offset;
    this.#mounts = mounts;
    this.ways.begin(mounts);
    this.#pass += 1;
  }

  /** The pass ends. */
  end(): void {
    for (const [path, { pass }] of this.#kept) if (pass !== this.#pass) this.#kept.delete(path);
  }

  /** The time to hand to `keep`; taken before the place is looked at. */
  now(): number {
    return this.#clocks.wall();
  }

  /** What was made of the place under this name, if the place is proven to be as it was. */
  recall(path: string, identity: Identity, name: unknown): { readonly value: unknown } | undefined {
    const kept = this.#kept.get(path);
    if (!kept || !sameState(kept.identity, identity) || !this.#onMount(path, kept.mount)) return undefined;
    kept.pass = this.#pass;
    return kept.values.has(name) ? { value: kept.values.get(name) } : undefined;
  }

  /** Remembers a value, if the place is one whose changes will be seen. */
  keep(path: string, identity: Identity, startedAt: number, made: readonly [name: unknown, value: unknown]): void {
    const mount = mountOf(path, this.#mounts);
    if (identity.size > mostBytes || !stampsChanges(mount) || !isSettled(identity, startedAt)) {
      this.#kept.delete(path);
      return;
    }
    const before = this.#kept.get(path);
    const same = before && sameState(before.identity, identity) && this.#onMount(path, before.mount);
    const values = same ? before.values : new Map<unknown, unknown>();
    this.#kept.set(path, { identity, mount, values: values.set(...made), pass: this.#pass });
  }

  #onMount(path: string, mount: Mount): boolean {
    const now = mountOf(path, this.#mounts);
    return (
      now !== undefined &&
      now.id === mount.id &&
      now.device === mount.device &&
      now.root === mount.root &&
      now.point === mount.point &&
      now.fsType === mount.fsType
    );
  }
}
