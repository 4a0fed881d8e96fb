import {
  type Json,
  type NodeContext,
  nodeContext,
  nodeView,
  type Observation,
  type Pack,
  type Platform,
  type Settings,
  type Versions,
} from '@plumbline/core';
import type { Host, Missing, Seen } from '../host/index.ts';
import type { Bystanders, Candidate, Instance, Located, Manifests } from '../locate/index.ts';

/** Fact and subject of an observation. */
export type Key = readonly [fact: string, subject: string];

/** Where a collector puts what it sees. What comes after its deadline is dropped. */
export interface Out {
  see(fact: string, subject: string, value: object): void;
  miss(fact: string, subject: string, missing: Missing): void;
  /** Either of the two. */
  put(fact: string, subject: string, seen: Seen<object>): void;
}

/** One small look at the node. `yields`: what is lost, and said to be, when it fails or takes too long. */
export interface Collector {
  readonly name: string;
  yields(survey: Survey): readonly Key[];
  collect(survey: Survey, out: Out): Promise<void>;
}

/** What one pass has learnt so far; earlier collectors fill it for later ones. */
export interface Survey {
  readonly host: Host;
  readonly pack: Pack;
  readonly versions: Versions;
  /** Observations so far, the latest of each key. */
  readonly observed: Map<string, Observation>;
  /** The settings of instances as of `observed`; whoever adds an observation drops it. */
  context: NodeContext | undefined;
  /** Answers that several collectors ask for, by a key of their own. */
  readonly memory: Map<string, Promise<unknown>>;
  readonly bystanders: Bystanders;
  readonly unwatched: readonly string[];
  platform: Platform;
  userNames: ReadonlyMap<number, string>;
  groupNames: ReadonlyMap<number, string>;
  candidates: readonly Candidate[] | Missing;
  located: Located;
  manifests: Manifests;
}

/** Asks once a pass and remembers the answer. */
export function once<T>(survey: Survey, key: string, ask: () => Promise<T>): Promise<T> {
  const before = survey.memory.get(key);
  if (before) return before as Promise<T>;
  const answer = ask();
  survey.memory.set(key, answer);
  return answer;
}

/** Effective settings of an instance by what was observed so far. */
export function settingsFor(survey: Survey, instance: Pick<Instance, 'component' | 'subject'>): Settings {
  survey.context ??= nodeContext(survey.pack, nodeView('', survey.observed.values()), survey.versions);
  return survey.context.settings(instance.component, instance.subject);
}

/** Running instances of a component. */
export function instancesFor(survey: Survey, component: string): readonly Instance[] {
  return survey.located.instances.filter((one) => one.component === component);
}

/** Values of observations are JSON by construction: interfaces of core's dictionary without undefined members. */
export function asJson(value: object): Json {
  return value as unknown as Json;
}
