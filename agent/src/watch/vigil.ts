import { type Observation, observedValue, type ProcessInstanceValue } from '@plumbline/core';
import type { Coverage, Host, Lookout } from '../host/index.ts';
import { Generations } from './generations.ts';
import { Pace } from './pace.ts';

export interface VigilOptions {
  readonly watch: NonNullable<Host['watch']>;
  /** Names that components go by. */
  readonly names: Iterable<string>;
  /** Look now. */
  readonly onDue: () => void;
  readonly mostWatched?: number;
  readonly times?: Partial<typeof times>;
}

/** Waking costs as much as what is done then, so it is done together; docs/decisions/0013-watching.md has the numbers. */
const times = {
  /** Between two readings of processes, in milliseconds. */
  list: 2_500,
  /** Between two after a component went, whose successor is expected. */
  hurry: 500,
  /** How many such readings. */
  hurries: 20,
  /** Every so many readings the table of mounts is compared. */
  mounts: 12,
};

/**
 * Keeps watch between looks and says when one is due: something that was looked at changed, a component came or went, or a mount.
 * It never decides what changed. `whole` says whether a change can be missed.
 */
export class Vigil {
  readonly #options: VigilOptions;
  readonly #lookout: Lookout;
  readonly #generations: Generations;
  readonly #pace = new Pace();
  readonly #times: typeof times;
  #timer: NodeJS.Timeout | undefined;
  #listing: NodeJS.Timeout | undefined;
  #lists = 0;
  #hurries = 0;
  #sound = false;
  #seesProcesses = false;
  #noticed = 0;

  constructor(options: VigilOptions) {
    const { watch, mostWatched } = options;
    this.#options = options;
    this.#times = { ...times, ...options.times };
    const changed = () => this.#note();
    this.#lookout = watch(mostWatched === undefined ? { changed } : { changed, mostWatched });
    this.#generations = new Generations(this.#lookout, options.names);
  }

  /** How many changes were noticed so far. */
  get noticed(): number {
    return this.#noticed;
  }

  get coverage(): Coverage {
    const { watched, unwatched } = this.#lookout.coverage;
    const blind = this.#seesProcesses || this.#lists === 0 ? [] : ['/proc: processes cannot be seen'];
    return { watched, unwatched: [...unwatched, ...blind] };
  }

  /** Is everything that the last look read watched, so that the next may wait? */
  get whole(): boolean {
    return this.#sound && this.#seesProcesses && this.#lookout.coverage.unwatched.length === 0;
  }

  /** Watches until `signal`. */
  start(signal: AbortSignal): void {
    const end = () => {
      clearTimeout(this.#listing);
      clearTimeout(this.#timer);
      this.#lookout.close();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    else this.#rest();
  }

  /** A look begins. */
  begins(): void {
    this.#pace.begins();
  }

  /** A look ended with these observations and a difference or none; undefined when it failed. */
  ends(observations: readonly Observation[] | undefined, different: boolean): void {
    // What a look could not reach in time it does not watch either.
    this.#sound = observations?.every((one) => one.state !== 'timed-out') ?? false;
    if (observations) this.#generations.expect(instancesIn(observations));
    if (this.#lists === 0) this.#readProcesses();
    this.#pace.ends(performance.now(), different);
    this.#arm();
  }

  #rest(): void {
    const { list, hurry } = this.#times;
    this.#listing = setTimeout(() => this.#look(), this.#hurries > 0 ? hurry : list);
  }

  #look(): void {
    this.#hurries = Math.max(0, this.#hurries - 1);
    this.#readProcesses();
    if (this.#lists % this.#times.mounts === 0) void this.#compareMounts();
    this.#rest();
  }

  #readProcesses(): void {
    this.#lists += 1;
    const news = this.#generations.read(performance.now());
    this.#seesProcesses = news !== undefined;
    if (news?.gone) this.#hurries = this.#times.hurries;
    if (news?.gone || news?.came) this.#note();
  }

  async #compareMounts(): Promise<void> {
    if (await this.#lookout.remounted()) this.#note();
  }

  #note(): void {
    this.#noticed += 1;
    this.#pace.note(performance.now());
    this.#arm();
  }

  /** One timer at a time; a storm does not move it, it is asked again when it rings. */
  #arm(): void {
    const { due } = this.#pace;
    if (this.#timer || due === undefined) return;
    this.#timer = setTimeout(() => this.#ring(), Math.max(0, due - performance.now()));
  }

  #ring(): void {
    this.#timer = undefined;
    const { due } = this.#pace;
    if (due !== undefined && due <= performance.now()) this.#options.onDue();
    else this.#arm();
  }
}

/** Pids of running instances of components. */
function instancesIn(observations: readonly Observation[]): readonly number[] {
  return observations
    .filter((one) => one.fact === 'process.instance')
    .flatMap((one) => observedValue<ProcessInstanceValue>(one)?.pid ?? []);
}
