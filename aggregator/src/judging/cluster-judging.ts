import {
  type Choice,
  type ClusterEntry,
  type ClusterJudge,
  chooseDocuments,
  clusterJudge,
  type Finding,
  type Pack,
  resourceOf,
  unseen,
  type Versions,
} from '@plumbline/core';
import type { Store } from '../store/store.ts';
import type { VerdictChange } from '../store/verdict-table.ts';
import { sightOf } from './cluster-verdicts.ts';
import type { JudgedCluster } from './judged-cluster.ts';
import { type LineVerdicts, lineVerdicts } from './line-verdicts.ts';
import { type Pace, pace } from './pace.ts';
import { pendingLines } from './pending.ts';
import { isCurrent } from './presence.ts';

/** What judging the cluster rests on. */
export interface ClusterJudgingParts {
  readonly store: Store;
  readonly pack: Pack;
  readonly clock: () => number;
  readonly versions: () => Versions;
  /** Id of the document that the user asked for. */
  readonly benchmark: string | undefined;
  /** Globs of namespaces that are marked as the system's, and of those left out of everything. */
  readonly system: readonly string[];
  readonly exclude: readonly string[];
  /** Something waits; the drain is due soon. */
  readonly wake: () => void;
  readonly changed: (changes: readonly VerdictChange[]) => void;
  readonly failed: (error: unknown) => void;
}

/** Keeps the verdicts that belong to no node in step with a view of the cluster. Only what may have changed is judged again. */
export interface ClusterJudging {
  /** From now on the cluster is judged by this view. */
  look(cluster: JudgedCluster): void;
  /** Everything may have changed: versions, the document. */
  all(): void;
  /** What the nodes run may have changed. */
  sight(): void;
  /** A fact of a node that some control asked for may have changed. */
  facts(): void;
  /** Marks what the passing of time changed: verdicts that expired, resources that went stale or came back. */
  tick(): void;
  waiting(): boolean;
  /** Judges what waits and is due, with `eager` everything; the event loop gets its turn every few milliseconds. Throws what the store throws; what waits stays. */
  drain(stopped: () => boolean, eager?: () => boolean): Promise<void>;
}

/** How long the first judging waits for the cluster to be known. Afterwards what is not known is an error. */
const syncWithinMs = 60_000;

/** Of the cluster nothing but versions counts. */
const nothingElse = { os: null, labels: [], roles: [], platform: null, silence: null, labelsTell: false };

interface Ruling {
  readonly choice: Choice;
  readonly judge: ClusterJudge;
  readonly lines: LineVerdicts;
}

/** Judging of the cluster; nothing happens before it has something to look at. */
export function clusterJudging(parts: ClusterJudgingParts): ClusterJudging {
  const { store, pack, clock, failed } = parts;
  const pending = pendingLines();
  /** Lines that were judged, with what kept them from it. */
  const obstacles = new Map<ClusterEntry, string | undefined>();
  const paced: Pace = pace();
  let later: NodeJS.Timeout | undefined;
  let cluster: JudgedCluster | undefined;
  let ready: Promise<unknown> = Promise.resolve();
  let ruling: Ruling | undefined;
  let anew = true;
  let rest = true;
  let checked = 0;
  let versions = '';
  let isStopped = () => false;

  return {
    look(given) {
      cluster = given;
      const enough = Promise.withResolvers<void>();
      const timer = setTimeout(enough.resolve, syncWithinMs).unref();
      ready = Promise.race([given.synced, enough.promise]).finally(() => clearTimeout(timer));
      given.onChange(({ resource, namespace }) => changed(given, resource, namespace));
      all();
    },
    all,
    sight() {
      rest = true;
      parts.wake();
    },
    facts() {
      for (const line of ruling?.judge.entries ?? []) if (line.survey?.facts) pending.add(line, null);
      parts.wake();
    },
    tick,
    waiting,
    drain,
  };

  function all(): void {
    anew = true;
    rest = true;
    parts.wake();
  }

  function waiting(): boolean {
    return cluster !== undefined && (anew || rest || pending.size > 0);
  }

  function changed(from: JudgedCluster, resource: string, namespace: string | null): void {
    if (from !== cluster || !ruling) return;
    const place = resourceOf(resource)?.bears === undefined ? namespace : null;
    for (const line of ruling.judge.entries) {
      const listed = resource === 'namespaces' && line.survey?.each === 'namespace';
      if (listed || line.needs.includes(resource)) pending.add(line, place);
    }
    if (pending.size > 0) parts.wake();
  }

  function tick(): void {
    if (!ruling || anew) return;
    if (versions !== JSON.stringify(parts.versions())) {
      all();
      return;
    }
    const now = clock();
    const places = store.expiredInCluster(checked, now);
    checked = now;
    for (const line of ruling.judge.entries) {
      const reason = ruling.judge.blocked(line)?.reason;
      if (obstacles.has(line) && obstacles.get(line) !== reason) pending.add(line, null);
      for (const { number, subject } of places) if (number === line.entry.number) pending.add(line, nameOf(subject));
    }
  }

  async function drain(stopped: () => boolean, eager = () => false): Promise<void> {
    isStopped = stopped;
    await ready;
    while (cluster && waiting() && !stopped()) {
      await cluster.stored?.();
      if (anew || !ruling) ruling = begin(cluster);
      await judgeLines(ruling, stopped, eager);
      if (anew || stopped()) continue;
      if (rest) judgeRest(ruling);
      rest = false;
      if (pending.size > 0 && !eager()) return wakeWhenDue();
    }
  }

  function wakeWhenDue(): void {
    clearTimeout(later);
    later = setTimeout(parts.wake, paced.wait()).unref();
  }

  /** Chooses the document by what is known now and has all of its lines judged; those of another document end with the rest. */
  function begin({ view }: JudgedCluster): Ruling {
    const { system, exclude } = parts;
    const { controlPlane: choice } = chooseDocuments(pack, parts.versions(), parts.benchmark);
    const judge = clusterJudge(() => {
      const now = new Date(clock()).toISOString();
      return { pack, choice, view, version: parts.versions().controlPlane, now, system, exclude };
    });
    const lines = lineVerdicts({
      ...{ store, pack, choice, judge, clock, failed, changed: parts.changed, stopped: () => isStopped() },
      namespaces: () => view.all('namespaces').map((one) => one.name),
      hasNamespace: (name) => view.get('namespaces', '', name) !== undefined,
    });
    versions = JSON.stringify(parts.versions());
    store.judgeClusterAs({ ...nothingElse, versions: parts.versions() }, clock());
    anew = false;
    pending.clear();
    obstacles.clear();
    for (const line of judge.entries) pending.add(line, null);
    return { choice, judge, lines };
  }

  async function judgeLines(on: Ruling, stopped: () => boolean, eager: () => boolean): Promise<void> {
    while (!stopped() && !anew) {
      await judgeSome(on);
      const line = pending.takeWhole((one) => eager() || paced.isDue(one));
      if (!line) return;
      const began = performance.now();
      try {
        await judgeWhole(on, line, async () => {
          await judgeSome(on);
          return !stopped() && !anew;
        });
        paced.took(line, performance.now() - began);
      } catch (error) {
        pending.add(line, null);
        throw error;
      }
    }
  }

  async function judgeWhole(on: Ruling, line: ClusterEntry, between: () => Promise<boolean>): Promise<void> {
    const finding = on.judge.blocked(line);
    obstacles.set(line, finding?.reason);
    if (finding) await on.lines.blocked(line, finding);
    else await on.lines.whole(line, between);
  }

  async function judgeSome(on: Ruling): Promise<void> {
    for (let next = pending.takeSome(); next; next = pending.takeSome()) {
      const { line, namespaces } = next;
      try {
        await cluster?.stored?.();
        // A blocked line has one finding for all; once it is free again it is judged whole.
        if (obstacles.get(line) === undefined) await on.lines.some(line, [...namespaces]);
      } catch (error) {
        for (const one of namespaces) pending.add(line, one);
        throw error;
      }
    }
  }

  /** What no node runs, and the end of every line that the document does not have. */
  function judgeRest({ choice, judge }: Ruling): void {
    const findings = unseen(pack, choice, sightOf(pack, store.nodes.all().filter(isCurrent)));
    const except = judge.entries.map(({ entry }) => ({
      benchmark: choice.document.benchmark,
      number: entry.number,
    }));
    parts.changed(store.judgePart(null, { except }, matchedEach(findings, choice), clock()));
  }
}

/** Here one subject has findings of many lines. */
function matchedEach(findings: readonly Finding[], { match }: Choice) {
  return findings.map((finding) => ({ finding, match }));
}

/** The namespace of such a subject; null for others. */
function nameOf(subject: string): string | null {
  return subject.startsWith('namespace/') ? subject.slice('namespace/'.length) : null;
}
