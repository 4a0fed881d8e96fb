import type { Observation, Pack, Versions } from '@plumbline/core';
import { type Collector, collectors, type Out, type Survey } from './collectors/index.ts';
import { asJson } from './collectors/survey.ts';
import { type Host, type Missing, missing } from './host/index.ts';
import { Bystanders } from './locate/index.ts';

/** How one collector ran, for metrics. */
export interface CollectorRun {
  readonly collector: string;
  readonly milliseconds: number;
  readonly ok: boolean;
}

/** What a pass needs. `clock` gives the node's time in ISO 8601 UTC; `report` is called after each collector. */
export interface ObserveOptions {
  readonly host: Host;
  readonly pack: Pack;
  readonly clock: () => string;
  readonly versions: Versions;
  readonly signal?: AbortSignal;
  readonly report?: (run: CollectorRun) => void;
  /** What is not watched between passes, each with why; for the agent's own fact. */
  readonly unwatched?: readonly string[];
  /** Who earlier passes over the same host found to be no component. */
  readonly bystanders?: Bystanders;
  /** Longest that one collector may take; default 30 s. */
  readonly deadlineMs?: number;
}

/**
 * Looks at the whole node once. Every fact that could not be seen is there with its state; a collector that breaks or takes too
 * long loses only its own facts. One pass at a time per host. Rejects only when `signal` aborts.
 */
export async function observeNode(options: ObserveOptions): Promise<readonly Observation[]> {
  const { host, pack, versions, signal } = options;
  const platform = pack.platforms.at(-1);
  if (!platform) throw new Error('the pack has no platform');
  const survey: Survey = {
    host,
    pack,
    versions,
    observed: new Map(),
    context: undefined,
    memory: new Map(),
    unwatched: options.unwatched ?? [],
    bystanders: options.bystanders ?? new Bystanders(),
    platform,
    userNames: new Map(),
    groupNames: new Map(),
    candidates: missing('unsupported', 'processes were not looked at'),
    located: { instances: [], ignored: [] },
    manifests: { files: [], blind: [] },
  };
  await host.refresh();
  try {
    for (const collector of collectors) {
      signal?.throwIfAborted();
      await runCollector(collector, survey, options);
    }
  } finally {
    await host.refresh();
  }
  return [...survey.observed.values()];
}

async function runCollector(collector: Collector, survey: Survey, options: ObserveOptions): Promise<void> {
  const started = performance.now();
  const { out, close } = outInto(survey, options.clock);
  const problem = await withDeadline(collector.collect(survey, out), options);
  close();
  options.signal?.throwIfAborted();
  if (problem) {
    for (const [fact, subject] of collector.yields(survey)) {
      if (!survey.observed.has(`${fact}\0${subject}`)) outInto(survey, options.clock).out.miss(fact, subject, problem);
    }
  }
  options.report?.({ collector: collector.name, milliseconds: performance.now() - started, ok: problem === undefined });
}

/** Why the work did not end well; undefined when it did. A bug in one collector must not cost the others' facts. */
async function withDeadline(
  work: Promise<void>,
  { deadlineMs = 30_000, signal }: ObserveOptions,
): Promise<Missing | undefined> {
  const ended = new AbortController();
  const late = new Promise<Missing>((resolve) => {
    const give = () => resolve(missing('timed-out', `the collector did not end within ${deadlineMs / 1000} s`));
    const timer = setTimeout(give, deadlineMs);
    ended.signal.addEventListener('abort', () => clearTimeout(timer));
    signal?.addEventListener('abort', give, { once: true, signal: ended.signal });
  });
  const done = work.then(() => undefined, failure);
  const problem = await Promise.race([done, late]);
  ended.abort();
  return problem;
}

function failure(error: unknown): Missing {
  return missing('unsupported', `the collector failed: ${error instanceof Error ? error.name : 'unknown'}`);
}

/** Facts that effective settings are computed from. */
const decides = /^(process|component)|config|drop-ins/;

function outInto(survey: Survey, clock: () => string): { readonly out: Out; readonly close: () => void } {
  let open = true;
  const put = (observation: Omit<Observation, 'observedAt'>) => {
    const { fact, subject } = observation;
    if (!open) return;
    survey.observed.set(`${fact}\0${subject}`, { ...observation, observedAt: clock() });
    if (decides.test(fact)) survey.context = undefined;
  };
  const out: Out = {
    see: (fact, subject, value) => put({ fact, subject, state: 'observed', value: asJson(value) }),
    miss: (fact, subject, { state, detail }) => put({ fact, subject, state, detail }),
    put: (fact, subject, seen) =>
      seen.state === 'observed' ? out.see(fact, subject, seen.value) : out.miss(fact, subject, seen),
  };
  return {
    out,
    close: () => {
      open = false;
    },
  };
}
