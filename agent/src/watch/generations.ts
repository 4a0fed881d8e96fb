import type { Lookout } from '../host/index.ts';
import { parseStat } from '../locate/index.ts';

/** A process, which its pid alone is not. */
export interface Generation {
  readonly pid: number;
  readonly startTime: string;
}

/** So long, in milliseconds, a process is new: it may still become another program, as what starts a container does. */
const newFor = 30_000;

/** The kernel keeps so much of a program's name. Source: TASK_COMM_LEN of include/linux/sched.h. */
const shownOfName = 15;

/**
 * Notices that a component went, or that a process came which goes by the name of one. Only new processes are read, and of them
 * only what cannot hang; whether it is a component decides a look.
 */
export class Generations {
  readonly #lookout: Pick<Lookout, 'pids' | 'stat'>;
  readonly #names: ReadonlySet<string>;
  #known: readonly Generation[] = [];
  /** When each process was first listed. */
  #since: Map<number, number> | undefined;

  /** `names`: those that components go by. */
  constructor(lookout: Pick<Lookout, 'pids' | 'stat'>, names: Iterable<string>) {
    this.#lookout = lookout;
    this.#names = new Set([...names].map((name) => name.slice(0, shownOfName)));
  }

  /** The instances of components that the last look found. */
  expect(known: readonly Generation[]): void {
    this.#known = known;
  }

  /** Is one of them gone, or another process by now? Says so once. */
  gone(): boolean {
    const alive = this.#known.filter((one) => this.#lives(one));
    const gone = alive.length < this.#known.length;
    this.#known = alive;
    return gone;
  }

  /** Is there a new process that may be a component and is none that is known? undefined when processes cannot be seen. */
  came(now: number): boolean | undefined {
    const pids = this.#lookout.pids();
    if (!pids) return undefined;
    // Most of those that were there before the first list are old.
    const before = this.#since ?? new Map(pids.map((pid) => [pid, now - newFor / 2]));
    this.#since = new Map(pids.map((pid) => [pid, before.get(pid) ?? now]));
    const fresh = pids.filter((pid) => now - (this.#since?.get(pid) ?? now) < newFor);
    return fresh.some((pid) => this.#isCandidate(pid));
  }

  #lives({ pid, startTime }: Generation): boolean {
    const text = this.#lookout.stat(pid);
    const stat = text === undefined ? undefined : parseStat(text);
    return stat?.start === startTime && stat.state !== 'Z' && stat.state !== 'X';
  }

  #isCandidate(pid: number): boolean {
    if (this.#known.some((one) => one.pid === pid)) return false;
    const text = this.#lookout.stat(pid);
    return text !== undefined && this.#names.has(parseStat(text).name);
  }
}
