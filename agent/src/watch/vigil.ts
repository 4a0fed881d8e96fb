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
  /** Between two looks at known components, in milliseconds (500). */
  readonly tick?: number;
  readonly mostWatched?: number;
}

/** The list of processes and the table of mounts are read every so many ticks. */
const listEvery = 10;
/** After a component went, its successor is looked for at every tick, for so many. */
const hurryFor = 20;

/**
 * Keeps watch between looks and says when one is due: something that was looked at changed, a component came or went, or a mount.
 * It never decides what changed. `whole` says whether a change can be missed.
 */
export class Vigil {
  readonly #options: VigilOptions;
  readonly #lookout: Lookout;
  readonly #generations: Generations;
  readonly #pace = new Pace();
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #hurry = 0;
  #sound = false;
  #seesProcesses = false;
  #noticed = 0;

  constructor(options: VigilOptions) {
    const { watch, mostWatched } = options;
    this.#options = options;
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
    const blind = this.#seesProcesses || this.#ticks === 0 ? [] : ['/proc: processes cannot be seen'];
    return { watched, unwatched: [...unwatched, ...blind] };
  }

  /** Is everything that the last look read watched, so that the next may wait? */
  get whole(): boolean {
    return this.#sound && this.#seesProcesses && this.#lookout.coverage.unwatched.length === 0;
  }

  /** Watches until `signal`. */
  start(signal: AbortSignal): void {
    const ticking = setInterval(() => void this.#tick(), this.#options.tick ?? 500);
    const end = () => {
      clearInterval(ticking);
      clearTimeout(this.#timer);
      this.#lookout.close();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
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
    this.#seesProcesses ||= this.#generations.came(performance.now()) !== undefined;
    this.#pace.ends(performance.now(), different);
    this.#arm();
  }

  async #tick(): Promise<void> {
    this.#ticks += 1;
    if (this.#generations.gone()) {
      this.#hurry = hurryFor;
      this.#note();
    }
    const listing = this.#ticks % listEvery === 0;
    if (listing || this.#hurry > 0) {
      const came = this.#generations.came(performance.now());
      this.#seesProcesses = came !== undefined;
      if (came) this.#note();
    }
    this.#hurry = Math.max(0, this.#hurry - 1);
    if (listing && (await this.#lookout.remounted())) this.#note();
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

/** Running instances of components. */
function instancesIn(observations: readonly Observation[]): readonly ProcessInstanceValue[] {
  return observations
    .filter((one) => one.fact === 'process.instance')
    .map((one) => observedValue<ProcessInstanceValue>(one))
    .filter((one) => one !== undefined);
}
