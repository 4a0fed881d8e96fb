import type { Observation } from '@plumbline/core';
import type { AgentConfig } from './config.ts';
import { type Health, startHealth } from './health.ts';
import { Loop, type Pass } from './loop.ts';
import { AgentMetrics } from './metrics.ts';
import { Outbox } from './uplink/outbox.ts';
import { type Order, Session } from './uplink/session.ts';
import { Spool } from './uplink/spool.ts';
import { type Ending, Uplink } from './uplink/uplink.ts';
import { Vigil } from './watch/vigil.ts';
import type { Watching } from './watch/watching.ts';

/** What the agent logs to; pino fits. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface RunOptions {
  readonly config: AgentConfig;
  readonly version: string;
  /** One whole look at the node. */
  readonly observe: (signal: AbortSignal, unwatched: readonly string[]) => Promise<readonly Observation[]>;
  /** How changes are noticed between looks; without, the agent looks every interval. */
  readonly watch?: Watching | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly clock?: () => Date;
  readonly random?: () => number;
}

/** Transitions that wait for the aggregator take at most this much memory, and about as much disk. */
const outboxBytes = 4 * 1024 * 1024;

/** Looks and tells until `signal`. Throws PLB_CONFIG_INVALID when the health address cannot be had. */
export async function runAgent(options: RunOptions): Promise<void> {
  const { signal, log } = options;
  const agent = new Agent(options);
  const health = await agent.listen();
  log.info({ node: options.config.nodeName, health: health.port }, 'the agent looks');
  try {
    await agent.work(signal);
  } finally {
    await health.close();
  }
  log.info({}, 'the agent stops');
}

class Agent {
  readonly #options: RunOptions;
  readonly #metrics: AgentMetrics;
  readonly #spool: Spool | undefined;
  readonly #outbox: Outbox;
  readonly #session: Session;
  readonly #loop: Loop;
  readonly #vigil: Vigil | undefined;
  readonly #uplink: Uplink;
  readonly #firstLook = Promise.withResolvers<void>();
  #alarmed = false;
  #lastEnd = performance.now();

  constructor(options: RunOptions) {
    const { config, version, watch, clock = () => new Date(), random = Math.random } = options;
    this.#options = options;
    this.#metrics = new AgentMetrics(version);
    this.#spool = config.spoolDirectory
      ? new Spool(config.spoolDirectory, (error) => this.#spoolFailed(error))
      : undefined;
    const onGap = (transitions: number) => this.#gap(transitions);
    this.#outbox = new Outbox({ limitBytes: outboxBytes, journal: this.#spool, onGap }, this.#spool?.read());
    this.#metrics.outbox = this.#outbox;
    this.#session = new Session({ node: config.nodeName, agentVersion: version, outbox: this.#outbox });
    this.#vigil = watch && new Vigil({ ...watch, onDue: () => this.#loop.lookAgain() });
    this.#metrics.vigil = this.#vigil;
    this.#loop = new Loop({
      observe: (signal) => this.#look(signal),
      clock,
      random,
      intervalSeconds: config.intervalSeconds,
      rescanSeconds: config.rescanSeconds,
      isWatched: () => this.#vigil?.whole ?? false,
      onQuiet: () => this.#quiet(clock()),
      onLook: (observations, pass) => this.#looked(observations, pass),
      onFailure: (error) => this.#failed(error),
    });
    this.#uplink = new Uplink({
      target: config.target,
      session: this.#session,
      random,
      onOrder: (order) => this.#obey(order),
      onConnected: () => this.#connected(),
      onEnded: (ending, wait) => this.#ended(ending, wait),
    });
  }

  listen(): Promise<Health> {
    return startHealth({
      ...this.#options.config.health,
      alive: () => this.#stuck(),
      ready: () => {
        if (this.#options.signal.aborted) return 'the agent stops';
        return this.#metrics.passes > 0 ? undefined : 'the node has not been looked at yet';
      },
      metrics: () => this.#metrics.text(),
    });
  }

  async work(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#firstLook.resolve(), { once: true });
    this.#vigil?.start(signal);
    const looking = this.#loop.run(signal);
    await this.#firstLook.promise;
    await Promise.all([looking, this.#uplink.run(signal)]);
    this.#spool?.close();
  }

  #look(signal: AbortSignal): Promise<readonly Observation[]> {
    this.#vigil?.begins();
    return this.#options.observe(signal, this.#vigil?.coverage.unwatched ?? []);
  }

  /** Passes have a deadline, so a long silence means that one hangs in a call that cannot be interrupted. */
  #stuck(): string | undefined {
    const seconds = (performance.now() - this.#lastEnd) / 1_000;
    return seconds < 3 * this.#loop.intervalSeconds + 60 ? undefined : `no look has ended for ${Math.round(seconds)} s`;
  }

  #looked(observations: readonly Observation[], pass: Pass): void {
    this.#lastEnd = performance.now();
    this.#metrics.passes += 1;
    this.#metrics.repeats += Number(pass.repeated);
    this.#metrics.lastSeconds = pass.seconds;
    this.#metrics.lastPassAt = pass.startedAt.getTime() / 1_000;
    const changed = this.#outbox.look(observations);
    this.#vigil?.ends(observations, changed);
    this.#options.log.debug({ observations: observations.length, seconds: pass.seconds, changed }, 'looked');
    this.#session.looked(pass.startedAt.toISOString(), pass.answers);
    this.#uplink.looked();
    this.#firstLook.resolve();
  }

  /** Nothing was noticed for an interval, so what the last look found still holds. */
  #quiet(now: Date): void {
    this.#lastEnd = performance.now();
    this.#session.looked(now.toISOString());
    this.#uplink.looked();
  }

  #failed(error: unknown): void {
    this.#lastEnd = performance.now();
    this.#metrics.failures += 1;
    this.#vigil?.ends(undefined, false);
    this.#options.log.warn({ err: error }, 'a look failed; the next is due in an interval');
  }

  #obey(order: Order): void {
    if (order.kind === 'look-now') this.#loop.lookNow(order.token);
    if (order.kind === 'interval') this.#loop.setInterval(order.seconds);
  }

  #connected(): void {
    this.#metrics.connected = true;
    this.#alarmed = false;
    this.#options.log.info({ waiting: this.#outbox.length }, 'connected to the aggregator');
  }

  /** The first end of a row is a warning; an aggregator that is away for a day is not a day of warnings. */
  #ended({ code, message }: Ending, waitMilliseconds: number): void {
    this.#metrics.connected = false;
    this.#metrics.ended(code);
    const fields = { code, reason: message, waitMilliseconds };
    if (this.#alarmed) this.#options.log.debug(fields, 'the stream ended');
    else this.#options.log.warn(fields, 'the stream ended; changes wait in the outbox');
    this.#alarmed = true;
  }

  #gap(transitions: number): void {
    this.#metrics.gaps += transitions;
    this.#options.log.warn({ transitions }, 'the outbox was full: changes were merged to their net effect');
  }

  #spoolFailed(error: unknown): void {
    this.#metrics.spoolErrors += 1;
    this.#options.log.warn({ err: error }, 'the spool cannot be used; changes are kept in memory alone');
  }
}
