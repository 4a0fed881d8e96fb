import { isJsonObject, type Json, type JsonObject } from '@plumbline/core';
import { backoff } from './backoff.ts';
import type { KubeClient, KubeResponse } from './kube-client.ts';
import { linesOf } from './lines.ts';

/** How a watch is doing. `error` says in one sentence why it fails; `lastEventAt` is milliseconds, bookmarks included. */
export interface WatchState {
  readonly synced: boolean;
  readonly lastEventAt: number | null;
  readonly error: string | null;
}

/** One resource to reflect. `project` keeps what controls read; undefined leaves an object out. */
export interface ReflectorParts<T> {
  readonly client: KubeClient;
  /** `/api/v1/nodes`. */
  readonly path: string;
  readonly project: (object: JsonObject) => T | undefined;
  /** The whole list; whatever is not in it is gone. */
  readonly replace: (items: readonly T[]) => void;
  readonly change: (item: T) => void;
  readonly gone: (item: T) => void;
  /** Called with the reason whenever the watch had to begin again. */
  readonly restarted: (reason: string) => void;
  readonly clock: () => number;
  readonly random?: () => number;
  readonly signal: AbortSignal;
}

/** A running reflection. It never ends by itself: errors are waited out with growing pauses. */
export interface Reflector {
  state(): WatchState;
  readonly done: Promise<void>;
}

const pageSize = '500';
const listMs = 60_000;

/** Why a request did not give what was asked; `relist` when the position is too old to go on from. */
class WatchProblem extends Error {
  readonly reason: string;
  readonly retryAfter: number;
  readonly relist: boolean;
  constructor(
    reason: string,
    message: string,
    options: { readonly retryAfter?: number; readonly relist?: boolean } = {},
  ) {
    super(message);
    this.reason = reason;
    this.retryAfter = options.retryAfter ?? 0;
    this.relist = options.relist ?? false;
  }
}

/** Lists and watches until the signal ends it. */
export function reflect<T>(parts: ReflectorParts<T>): Reflector {
  let state: WatchState = { synced: false, lastEventAt: null, error: null };
  let version: string | undefined;
  const wait = backoff(parts.random);
  const seen = () => {
    state = { synced: true, lastEventAt: parts.clock(), error: null };
    wait.reset();
  };
  return { state: () => state, done: run() };

  async function run(): Promise<void> {
    while (!parts.signal.aborted) {
      try {
        version ??= await list();
        await watch(version);
      } catch (error) {
        if (parts.signal.aborted) return;
        await recover(error);
      }
    }
  }

  async function recover(error: unknown): Promise<void> {
    const problem = error instanceof WatchProblem ? error : new WatchProblem('network', messageOf(error));
    parts.restarted(problem.reason);
    if (problem.relist) version = undefined;
    else state = { ...state, error: problem.message };
    await pause(wait.next(problem.retryAfter), parts.signal);
  }

  async function list(): Promise<string> {
    const items: T[] = [];
    let next = '';
    for (;;) {
      const query = { limit: pageSize, ...(next === '' ? {} : { continue: next }) };
      const signal = AbortSignal.any([parts.signal, AbortSignal.timeout(listMs)]);
      const body = await read(await parts.client.ask({ path: parts.path, query, signal }), parts.path);
      const metadata = objectOf(body['metadata']);
      for (const item of Array.isArray(body['items']) ? body['items'] : []) add(items, item);
      next = textOf(metadata['continue']);
      if (next !== '') continue;
      parts.replace(items);
      seen();
      return textOf(metadata['resourceVersion']);
    }
  }

  function add(items: T[], item: Json): void {
    const projected = isJsonObject(item) ? parts.project(item) : undefined;
    if (projected !== undefined) items.push(projected);
  }

  async function watch(from: string): Promise<void> {
    // Spread, so that the watches of many clients are not renewed at the same moment.
    const seconds = Math.round(240 + 60 * (parts.random ?? Math.random)());
    const query = { watch: '1', allowWatchBookmarks: 'true', resourceVersion: from, timeoutSeconds: String(seconds) };
    const signal = AbortSignal.any([parts.signal, AbortSignal.timeout((seconds + 30) * 1000)]);
    const answer = await parts.client.ask({ path: parts.path, query, signal });
    if (answer.status !== 200) throw await problemOf(answer, parts.path);
    seen();
    for await (const line of linesOf(answer.body)) if (line !== '') take(line);
  }

  function take(line: string): void {
    const event = objectOf(JSON.parse(line) as Json);
    const object = objectOf(event['object']);
    if (event['type'] === 'ERROR') throw errorOf(Number(object['code']), textOf(object['message']), 0);
    if (event['type'] !== 'BOOKMARK') hand(event['type'] === 'DELETED', object);
    // Only now: what failed while it was taken comes again.
    const position = textOf(objectOf(object['metadata'])['resourceVersion']);
    if (position !== '') version = position;
    seen();
  }

  function hand(deleted: boolean, object: JsonObject): void {
    const item = parts.project(object);
    if (item === undefined) return;
    if (deleted) parts.gone(item);
    else parts.change(item);
  }
}

async function read(answer: KubeResponse, path: string): Promise<JsonObject> {
  if (answer.status !== 200) throw await problemOf(answer, path);
  return objectOf((await answer.json()) as Json);
}

async function problemOf(answer: KubeResponse, path: string): Promise<WatchProblem> {
  answer.drop();
  return errorOf(answer.status, `${path} answered ${answer.status}`, answer.retryAfter);
}

function errorOf(status: number, message: string, retryAfter: number): WatchProblem {
  if (status === 410) return new WatchProblem('gone', message, { relist: true });
  const reason = { 401: 'unauthorized', 403: 'forbidden', 404: 'not-found', 429: 'throttled' }[status];
  return new WatchProblem(reason ?? 'server', message, { retryAfter });
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Waits, or returns at once when the signal ends everything. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
