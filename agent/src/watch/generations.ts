import type { Lookout } from '../host/index.ts';
import { parseStat } from '../locate/index.ts';

/** So long, in milliseconds, a process is new: it may still become another program, as what starts a container does. */
const newFor = 30_000;

/** The kernel keeps so much of a program's name. Source: TASK_COMM_LEN of include/linux/sched.h. */
const shownOfName = 15;

/** What the list of processes says: a component went, or a process came that goes by the name of one. */
export interface News {
  readonly gone: boolean;
  readonly came: boolean;
}

/** How processes are seen. */
type Eyes = Pick<Lookout, 'pids' | 'count' | 'lives' | 'stat'>;

/**
 * Reads the list of processes, where the number of processes or the end of a component speaks for a change, and every other time anyhow. Only new ones are read themselves, and of them only what cannot hang; whether one is a component
 * decides a look. That a pid names another process by now is not asked: before that could happen between two lists, the kernel
 * would have to give out all others.
 */
export class Generations {
  readonly #lookout: Eyes;
  readonly #names: ReadonlySet<string>;
  #known: readonly number[] = [];
  /** When each process was first listed. */
  #since: ReadonlyMap<number, number> | undefined;
  #fresh: readonly number[] = [];
  #count: number | undefined;
  #spared = false;

  /** `names`: those that components go by. */
  constructor(lookout: Eyes, names: Iterable<string>) {
    this.#lookout = lookout;
    this.#names = new Set([...names].map((name) => name.slice(0, shownOfName)));
  }

  /** Pids of the instances that the last look found. */
  expect(known: readonly number[]): void {
    this.#known = known;
  }

  /** What is new at this time, in milliseconds; undefined when processes cannot be seen. What is gone is said once. */
  read(now: number): News | undefined {
    if (this.#isQuiet()) return { gone: false, came: false };
    const pids = this.#lookout.pids();
    if (!pids) return undefined;
    if (!this.#isSame(pids)) this.#take(pids, now);
    this.#fresh = this.#fresh.filter((pid) => now - (this.#since?.get(pid) ?? 0) < newFor);
    const alive = this.#known.filter((pid) => this.#since?.has(pid));
    const gone = alive.length < this.#known.length;
    this.#known = alive;
    return { gone, came: this.#fresh.some((pid) => this.#isCandidate(pid)) };
  }

  /** The list costs four times what this does. One that comes while another goes is not seen by it, but in the next list. */
  #isQuiet(): boolean {
    const before = this.#count;
    this.#count = this.#lookout.count();
    const quiet = this.#since !== undefined && this.#count === before && this.#fresh.length === 0;
    this.#spared = quiet && !this.#spared && this.#known.every((pid) => this.#lookout.lives(pid));
    return this.#spared;
  }

  /** On a quiet node the list is the one before, in the order of pids. */
  #isSame(pids: readonly number[]): boolean {
    const since = this.#since;
    return since !== undefined && since.size === pids.length && pids.every((pid) => since.has(pid));
  }

  #take(pids: readonly number[], now: number): void {
    // Most of those that were there before the first list are old.
    const before = this.#since ?? new Map(pids.map((pid) => [pid, now - newFor / 2]));
    this.#since = new Map(pids.map((pid) => [pid, before.get(pid) ?? now]));
    this.#fresh = pids.filter((pid) => now - (this.#since?.get(pid) ?? now) < newFor);
  }

  #isCandidate(pid: number): boolean {
    if (this.#known.includes(pid)) return false;
    const text = this.#lookout.stat(pid);
    return text !== undefined && this.#names.has(parseStat(text).name);
  }
}
