import type { ProcessStat } from './process-files.ts';

/** A title that a process gave itself (setproctitle) is seen after this at the latest. */
const believedForMs = 10 * 60_000;

/**
 * Processes that earlier passes found to be nobody's, so that their command lines need not be read again. Reused only while pid,
 * start time, name and page faults are what they were before that reading: a new program (execve) begins in an empty address
 * space, so it faults before its first instruction, and the kernel never takes faults back. What a process does to its own command
 * line without a new program is not seen by that; it cannot make it a component (nobody vouches for a title), only an impostor,
 * which is listed when everybody is read again.
 */
export class Bystanders {
  readonly #steady: () => number;
  #known = new Map<number, string>();
  #seen = new Map<number, string>();
  #names = '';
  #since = Number.NEGATIVE_INFINITY;

  constructor(steady: () => number = () => performance.now()) {
    this.#steady = steady;
  }

  /** A reading of all processes begins; `names` are those that components go by. */
  begin(names: Iterable<string>): void {
    const joined = [...names].join('\0');
    if (joined !== this.#names || this.#steady() - this.#since > believedForMs) {
      this.#known.clear();
      this.#since = this.#steady();
    }
    this.#names = joined;
    this.#seen = new Map();
  }

  /** Is this still the process that was nobody's? */
  has(pid: number, stat: ProcessStat): boolean {
    const mark = markOf(stat);
    const same = this.#known.get(pid) === mark;
    if (same) this.#seen.set(pid, mark);
    return same;
  }

  /** The process is nobody's; `stat` was read before its command line. */
  note(pid: number, stat: ProcessStat): void {
    this.#seen.set(pid, markOf(stat));
  }

  /** The reading ended: who was not in it is forgotten. */
  end(): void {
    this.#known = this.#seen;
  }
}

function markOf({ start, name, faults }: ProcessStat): string {
  return `${start} ${faults} ${name}`;
}
