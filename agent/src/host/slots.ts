import { isWithin } from './paths.ts';

/** What a look returns that did not end in time, or was not begun because its place hangs. */
export const overdue = Symbol('overdue');

interface Waiting {
  readonly place: string;
  begin(): void;
  refuse(): void;
}

/**
 * Lets few looks run at once and none longer than a deadline. libuv has four threads for files and a hung one is lost: at most
 * `limit` are ever used, a place (mount, directory or process) that hangs is not touched again until it answers, nor what lies below
 * it, and when all slots hang, everything is refused at once.
 */
export class Slots {
  readonly #limit: number;
  readonly #deadlineMs: number;
  readonly #stuck = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  #running = 0;

  constructor(limit = 3, deadlineMs = 5000) {
    this.#limit = limit;
    this.#deadlineMs = deadlineMs;
  }

  /** Looks that have not returned although their deadline is over. */
  get stuck(): number {
    return [...this.#stuck.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Runs `work` in a slot. `alive()` turns false with the deadline: work must not begin another step then. */
  run<T>(place: string, work: (alive: () => boolean) => Promise<T>): Promise<T | typeof overdue> {
    return new Promise((resolve, reject) => {
      const refuse = () => resolve(overdue);
      const begin = () => this.#begin(place, work).then(resolve, reject);
      if (this.#hangs(place) || this.stuck >= this.#limit) refuse();
      else if (this.#running < this.#limit) begin();
      else this.#waiting.push({ place, begin, refuse });
    });
  }

  #begin<T>(place: string, work: (alive: () => boolean) => Promise<T>): Promise<T | typeof overdue> {
    this.#running++;
    let late = false;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        late = true;
        this.#stuck.set(place, (this.#stuck.get(place) ?? 0) + 1);
        this.#refuseHopeless();
        resolve(overdue);
      }, this.#deadlineMs);
      const ended = () => {
        clearTimeout(timer);
        this.#running--;
        if (late) this.#unstick(place);
        this.#next();
      };
      work(() => !late).then(
        (value) => {
          ended();
          resolve(value);
        },
        (error: unknown) => {
          ended();
          reject(error);
        },
      );
    });
  }

  #hangs(place: string): boolean {
    return [...this.#stuck.keys()].some((stuck) => isWithin(stuck, place));
  }

  #unstick(place: string): void {
    const left = (this.#stuck.get(place) ?? 1) - 1;
    if (left > 0) this.#stuck.set(place, left);
    else this.#stuck.delete(place);
  }

  #next(): void {
    while (this.#running < this.#limit) {
      const waiting = this.#waiting.shift();
      if (!waiting) return;
      if (this.#hangs(waiting.place)) waiting.refuse();
      else waiting.begin();
    }
  }

  #refuseHopeless(): void {
    const all = this.stuck >= this.#limit;
    for (const waiting of this.#waiting.splice(0)) {
      if (all || this.#hangs(waiting.place)) waiting.refuse();
      else this.#waiting.push(waiting);
    }
  }
}
