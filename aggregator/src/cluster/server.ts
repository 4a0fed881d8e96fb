import { isJsonObject } from '@plumbline/core';
import type { KubeClient } from './kube-client.ts';

/** What is needed to know the API server. */
export interface ServerParts {
  readonly client: KubeClient;
  readonly clock: () => number;
  /** The version was learnt or changed: `v1.34.4`. */
  readonly versionChanged: (version: string) => void;
  readonly failed: (error: unknown) => void;
  readonly timing?: ServerTiming;
}

/** Waits in milliseconds: after a break, between two asks, the last look after a break, and after a failed ask. */
export interface ServerTiming {
  readonly soon: number;
  readonly between: number;
  readonly late: number;
  readonly retry: number;
}

/**
 * The late look is for control planes of several servers that are upgraded one after another: the first answer may still come from an
 * old one.
 */
const usualTiming: ServerTiming = { soon: 1000, between: 300_000, late: 600_000, retry: 10_000 };

/**
 * The API server as all watches see it. Its version is asked at the start and again only after a watch broke; a quiet server is never
 * asked. Whether it gives initial states by watch is remembered until then as well.
 */
export interface Server {
  /** Does it give initial states by watch, as far as is known? */
  streams(): boolean;
  /** It does not. */
  refusedStream(): void;
  /** A watch broke off: the server may be another one now. */
  broke(): void;
  /** Calls back whenever the server answered after a break. */
  onAnswer(listener: () => void): void;
  /** Resolves when the version was learnt for the first time. */
  readonly first: Promise<void>;
  stop(): Promise<void>;
}

/** Asks for the version and stands by. */
export function knowServer(parts: ServerParts): Server {
  const { soon, between, late, retry } = parts.timing ?? usualTiming;
  const ending = new AbortController();
  const told = Promise.withResolvers<void>();
  const listeners: (() => void)[] = [];
  let streams = true;
  let version: string | undefined;
  let askedAt = parts.clock();
  let next: NodeJS.Timeout | undefined;
  let last: NodeJS.Timeout | undefined;
  let asking = ask();
  return {
    streams: () => streams,
    refusedStream() {
      streams = false;
    },
    broke() {
      streams = true;
      if (ending.signal.aborted) return;
      next ??= later(Math.max(soon, askedAt + between - parts.clock()));
      clearTimeout(last);
      last = later(late);
    },
    onAnswer: (listener) => void listeners.push(listener),
    first: told.promise,
    async stop() {
      ending.abort();
      clearTimeout(next);
      clearTimeout(last);
      await asking;
    },
  };

  function later(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      asking = ask();
    }, ms);
  }

  async function ask(): Promise<void> {
    clearTimeout(next);
    next = undefined;
    askedAt = parts.clock();
    try {
      const said = await gitVersion();
      if (said === undefined) throw new Error('/version gave no version');
      if (said !== version) parts.versionChanged(said);
      version = said;
      told.resolve();
      for (const listener of listeners) listener();
    } catch (error) {
      if (ending.signal.aborted) return;
      parts.failed(error);
      next ??= later(retry);
    }
  }

  async function gitVersion(): Promise<string | undefined> {
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(30_000)]);
    const answer = await parts.client.ask({ verb: 'get', resource: 'version', path: '/version', signal });
    if (answer.status !== 200) {
      answer.drop();
      throw new Error(`/version answered ${answer.status}`);
    }
    const body = await answer.json();
    const said = isJsonObject(body) ? body['gitVersion'] : undefined;
    return typeof said === 'string' ? said : undefined;
  }
}
