import type { Pack, VersionSource, Versions } from '@plumbline/core';
import type { NodeRecord } from '../store/node-table.ts';
import type { Store } from '../store/store.ts';
import type { VerdictChange } from '../store/verdict-table.ts';
import { clusterVerdicts } from './cluster-verdicts.ts';
import { type NodeToJudge, type NodeVerdicts, nodeVerdicts, unjudgeable } from './node-verdicts.ts';
import { isCurrent, silenceOf } from './presence.ts';
import { alikeKey, sharedVerdicts } from './shared-verdicts.ts';

/** What judging rests on. Times are milliseconds. */
export interface JudgingParts {
  readonly store: Store;
  readonly pack: Pack;
  readonly clock: () => number;
  /** The API server's version and who says it; undefined when nobody does. */
  readonly controlPlaneVersion: () => string | undefined;
  readonly versionSource?: () => VersionSource | undefined;
  /** Version of kubelets that the cluster does not tell. */
  readonly fallbackVersion: string | undefined;
  /** Id of the document that the user asked for. */
  readonly benchmark: string | undefined;
  /** Interval of the agents; three of them without a message make a node stale. */
  readonly interval: number;
  /** Nothing is judged before: what is about to be learnt would change verdicts only to change them again. */
  readonly hold?: Promise<unknown>;
  /** True while the cluster's own list of nodes is complete; false or absent, and labels excuse nobody. */
  readonly nodesListed?: () => boolean;
  readonly changed: (changes: readonly VerdictChange[]) => void;
  readonly judged: (seconds: number) => void;
  readonly failed: (error: unknown) => void;
}

/** Keeps the verdicts in step with what is observed. */
export interface Judging {
  /** Something about this node changed; it is judged soon. */
  node(name: string): void;
  /** Something about everything changed. */
  all(): void;
  /** Judges what waits, expired and silent nodes included, and resolves when nothing waits any more. */
  settle(): Promise<void>;
  /** True once everything that was stored has been judged. */
  caughtUp(): boolean;
  stop(): void;
}

const debounceMs = 100;
const tickMs = 1000;
const retryMs = 5000;

/** Starts judging: everything now, then whatever changes, expires or falls silent. */
export function startJudging(parts: JudgingParts): Judging {
  const { store, clock } = parts;
  const startedAt = clock();
  const waiting = new Set<string>();
  const silent = new Map<string, string | undefined>();
  const shared = sharedVerdicts();
  let cluster = true;
  let checked = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let caughtUp = false;
  let labelsTell = false;
  let judgedVersion = parts.controlPlaneVersion();

  const silence = (node: NodeRecord) => silenceOf(node, clock(), parts.interval, startedAt);
  const soon = (wait = debounceMs) => {
    if (timer || stopped) return;
    timer = setTimeout(() => {
      timer = undefined;
      settle().catch((error: unknown) => {
        parts.failed(error);
        soon(retryMs);
      });
    }, wait);
  };
  const watch = setInterval(() => {
    if (overdue()) soon();
  }, tickMs);
  store.onCommit((node, changed) => {
    if (!changed && silent.get(node) === undefined && silent.has(node)) return;
    waiting.add(node);
    soon();
  });
  all();
  return { node, all, settle, caughtUp: () => caughtUp, stop };

  function node(name: string): void {
    waiting.add(name);
    cluster = true;
    soon();
  }

  function all(): void {
    everything();
    soon();
  }

  function everything(): void {
    for (const one of store.nodes.all()) waiting.add(one.name);
    cluster = true;
  }

  /** Marks nodes whose verdicts changed by the mere passing of time. */
  function overdue(): boolean {
    const now = clock();
    for (const name of store.expired(checked, now)) waiting.add(name);
    checked = now;
    for (const one of store.nodes.all()) {
      if (isCurrent(one) && silence(one) !== silent.get(one.name)) waiting.add(one.name);
    }
    const tell = Boolean(parts.nodesListed?.()) && store.nodes.all().some(showsControlPlane);
    if (tell !== labelsTell) for (const [name, quiet] of silent) if (quiet) waiting.add(name);
    labelsTell = tell;
    const version = parts.controlPlaneVersion();
    if (version !== judgedVersion) everything();
    judgedVersion = version;
    return waiting.size > 0 || cluster;
  }

  function showsControlPlane(node: NodeRecord): boolean {
    return isCurrent(node) && node.roles.includes('control-plane') && !silence(node);
  }

  function settle(): Promise<void> {
    running ??= drain().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function drain(): Promise<void> {
    await parts.hold;
    while (!stopped && overdue()) {
      for (const name of [...waiting]) {
        judge(name);
        waiting.delete(name);
        // One node a turn: ingest and the API stay responsive while thousands wait.
        await new Promise((resolve) => setImmediate(resolve));
        if (stopped) return;
      }
      if (cluster) judgeCluster();
      cluster = false;
    }
    caughtUp ||= !stopped;
  }

  function judge(name: string): void {
    const record = store.nodes.get(name);
    if (!record) return;
    const began = performance.now();
    const quiet = silence(record);
    silent.set(name, quiet);
    if (!isCurrent(record)) {
      parts.changed(store.judge(name, [], clock()));
      cluster = true;
      return;
    }
    const verdicts = verdictsOf(record, quiet);
    parts.changed(store.judge(name, verdicts.findings, clock()));
    const { roles, platform, documents } = verdicts;
    if (roles.join() !== record.roles.join() || platform !== record.platform || record.documents === null) {
      cluster = true;
    }
    store.nodes.patch(name, { roles, platform, documents });
    parts.judged((performance.now() - began) / 1000);
  }

  function verdictsOf(record: NodeRecord, quiet: ReturnType<typeof silence>) {
    const versions = versionsOf(record.kubeletVersion ?? parts.fallbackVersion);
    const input = {
      pack: parts.pack,
      node: record,
      versions,
      requested: parts.benchmark,
      silence: quiet,
      labelsTell,
      observations: () => store.observations(record.name),
      now: new Date(clock()).toISOString(),
    };
    if (quiet) return nodeVerdicts(input);
    const key = alikeKey(store.log.contents(record.name), [versions, record.labels]);
    return shared.of(key, clock(), () => judged(input));
  }

  /** Whatever an agent says, judging the other nodes goes on. */
  function judged(input: NodeToJudge): NodeVerdicts {
    const seen = input.observations();
    try {
      return nodeVerdicts({ ...input, observations: () => seen });
    } catch (error) {
      parts.failed(error);
      return unjudgeable(input);
    }
  }

  function versionsOf(kubelet: string | undefined): Versions {
    const controlPlane = parts.controlPlaneVersion();
    const source = parts.versionSource?.();
    return {
      ...(kubelet === undefined ? {} : { kubelet }),
      ...(controlPlane === undefined ? {} : { controlPlane }),
      ...(source === undefined ? {} : { source }),
    };
  }

  function judgeCluster(): void {
    const nodes = store.nodes.all().filter(isCurrent);
    const kubelet = nodes.find((one) => one.kubeletVersion !== null)?.kubeletVersion ?? parts.fallbackVersion;
    const findings = clusterVerdicts(
      parts.pack,
      versionsOf(kubelet),
      parts.benchmark,
      nodes,
      new Date(clock()).toISOString(),
    );
    parts.changed(store.judge(null, findings, clock()));
  }

  function stop(): void {
    stopped = true;
    clearInterval(watch);
    clearTimeout(timer);
  }
}
