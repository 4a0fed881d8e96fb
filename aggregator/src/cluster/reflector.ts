import { backoff } from './backoff.ts';
import { readEvent } from './event.ts';
import type { KubeClient } from './kube-client.ts';
import { pauses } from './pause.ts';
import type { Server } from './server.ts';
import type { Draft, Sink } from './sink.ts';
import { listPages, watchStream } from './stream.ts';
import { type Reason, refusalOf, WatchProblem } from './watch-problem.ts';
import type { WatchState } from './watch-state.ts';
import type { WatchTiming } from './watch-timing.ts';

/** One resource to reflect. */
export interface ReflectorParts {
  readonly client: KubeClient;
  readonly server: Server;
  /** Label of the metrics. */
  readonly resource: string;
  /** `/api/v1/nodes`; where several versions may be served, the best one first. */
  readonly paths: readonly string[];
  readonly fieldSelector?: string;
  /** Ask for metadata alone. */
  readonly metadata?: boolean;
  readonly sink: Sink;
  /** What the server does not serve may come any moment (its CRD exists), so it is asked again soon. */
  readonly expected?: boolean;
  readonly timing: WatchTiming;
  readonly clock: () => number;
  readonly random?: () => number;
  /** Called with the reason whenever the watch had to begin again. */
  readonly restarted: (reason: Reason) => void;
  /** Called when the phase changed. */
  readonly phaseChanged?: () => void;
  readonly signal: AbortSignal;
}

/** A running reflection. It never ends by itself: errors are waited out with growing pauses. */
export interface Reflector {
  state(): WatchState;
  /** Tries again now what was refused or not served. */
  nudge(): void;
  readonly done: Promise<void>;
}

/** Lists and watches until the signal ends it. */
export function reflect(parts: ReflectorParts): Reflector {
  const { sink, server, signal, timing } = parts;
  const random = parts.random ?? Math.random;
  const wait = backoff(random);
  const slow = backoff(random, timing.renewal);
  const sleeper = pauses();
  let state: WatchState = { phase: 'unsynced', lastEventAt: null, error: null };
  let version: string | undefined;
  let served = 0;
  let listOnly = false;
  let refusedSince: number | undefined;
  return { state: () => state, nudge: sleeper.wake, done: run() };

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (version === undefined && (listOnly || !server.streams())) await list();
        await watch(version);
      } catch (error) {
        if (signal.aborted) return;
        await recover(error instanceof WatchProblem ? error : new WatchProblem('network', messageOf(error)));
      }
    }
  }

  function enter(phase: WatchState['phase'], error: string | null): void {
    const changed = phase !== state.phase;
    state = { ...state, phase, error };
    if (changed) parts.phaseChanged?.();
  }

  /** A sign of life of a watch whose content is complete. */
  function seen(): void {
    state = { ...state, lastEventAt: parts.clock(), error: null };
    if (state.phase !== 'synced') enter('synced', null);
  }

  function request(verb: 'list' | 'watch') {
    const kind = verb === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
    const { fieldSelector } = parts;
    return {
      verb,
      resource: parts.resource,
      path: parts.paths[served] ?? '',
      ...(parts.metadata ? { accept: `application/json;as=${kind};g=meta.k8s.io;v=v1` } : {}),
      query: fieldSelector === undefined ? {} : { fieldSelector },
    };
  }

  async function list(): Promise<void> {
    const draft = sink.begin();
    version = await listPages(parts.client, request('list'), signal, draft.put);
    draft.commit();
    seen();
  }

  async function watch(from: string | undefined): Promise<void> {
    // Spread, so that the watches of many clients are not renewed at the same moment.
    const seconds = Math.max(1, Math.round((timing.renewal / 1000) * (0.8 + 0.2 * random())));
    const began = parts.clock();
    try {
      await follow(from, seconds);
    } finally {
      if (parts.clock() - began >= settledMs) wait.reset();
    }
    ended(parts.clock() - began, seconds * 1000);
  }

  /** Takes what one watch gives, from a position or from the initial state. */
  async function follow(from: string | undefined, seconds: number): Promise<void> {
    const asked = request('watch');
    const position = from === undefined ? initialState : { resourceVersion: from };
    const common = { watch: '1', allowWatchBookmarks: 'true', timeoutSeconds: String(seconds) };
    const query = { ...asked.query, ...common, ...position };
    const initial = { draft: from === undefined ? sink.begin() : undefined };
    const silence = () => (initial.draft ? timing.initialSilence : timing.silence);
    for await (const one of watchStream(parts.client, { ...asked, query }, { signal, seconds, silence })) {
      if (one.kind === 'line') take(one.text, initial);
      else if (one.answer.status !== 200) throw await refusalOf(one.answer, asked.path, from === undefined);
      else if (from !== undefined) alive();
    }
  }

  function alive(): void {
    slow.reset();
    refusedSince = undefined;
    seen();
  }

  /** A watch that ends by itself goes on where it was. One that ends long before its time ended with its server. */
  function ended(lived: number, asked: number): void {
    if (lived < asked - 10_000) server.broke();
    if (lived < Math.min(settledMs, asked / 2)) throw new WatchProblem('ended', 'the server ended the watch at once');
    wait.reset();
  }

  function take(line: string, initial: { draft: Draft | undefined }): void {
    const { draft } = initial;
    const { kind, object, position, end, print } = sink.read?.(line, draft !== undefined) ?? readEvent(line);
    if (kind === 'bookmark') {
      if (draft && !end) throw noEnd();
      draft?.commit();
      initial.draft = undefined;
    } else if (kind === 'drop') (draft ?? sink).drop(object);
    else if (kind === 'put') (draft ?? sink).put(object, print);
    if (initial.draft) return;
    // Only now: what failed while it was taken comes again.
    if (position !== '') version = position;
    if (draft) alive();
    else seen();
  }

  function noEnd(): WatchProblem {
    listOnly = true;
    return new WatchProblem('no-stream', `${parts.paths[served]} gives no end of the initial state`);
  }

  async function recover(problem: WatchProblem): Promise<void> {
    parts.restarted(problem.reason);
    await sleeper.pause(await waitAfter(problem), signal);
  }

  /** Takes note of the problem; milliseconds until the next try. */
  async function waitAfter({ reason, message, retryAfter }: WatchProblem): Promise<number> {
    state = { ...state, error: message };
    switch (reason) {
      case 'no-stream':
        if (!listOnly) server.refusedStream();
        return 0;
      case 'gone':
        version = undefined;
        return wait.next(retryAfter);
      case 'unauthorized':
        await renewCredentials();
        return wait.next(retryAfter);
      case 'forbidden':
        return denied(message, retryAfter);
      case 'not-found':
        return notServed(message, retryAfter);
      case 'silent':
        // Silent before the initial state was complete: this server may not know how to end it.
        listOnly = version === undefined;
        break;
      case 'network':
        listOnly = false;
        break;
    }
    if (reason === 'network' || reason === 'silent') server.broke();
    return wait.next(retryAfter);
  }

  /** Refused, which is believed at once, or after a while of what worked before. */
  function denied(message: string, retryAfter: number): number {
    refusedSince ??= parts.clock();
    if (state.phase === 'synced' && parts.clock() - refusedSince < timing.doubt) return wait.next(retryAfter);
    enter('denied', message);
    return slow.next(retryAfter);
  }

  /** A source of credentials that cannot be read now may be whole at the next try. */
  async function renewCredentials(): Promise<void> {
    try {
      await parts.client.renew();
    } catch (error) {
      state = { ...state, error: messageOf(error) };
    }
  }

  function notServed(message: string, retryAfter: number): number {
    version = undefined;
    served += 1;
    if (served < parts.paths.length) return 0;
    served = 0;
    sink.clear();
    enter('absent', message);
    return parts.expected ? slow.next(retryAfter) : Math.max(timing.renewal, retryAfter);
  }
}

const initialState = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' };
/** A watch that lived this long was a good one: the next trouble begins with a short pause again. */
const settledMs = 30_000;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
