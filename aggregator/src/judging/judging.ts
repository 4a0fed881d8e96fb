import type { Pack, VersionSource, Versions } from '@plumbline/core';
import type { NodeRecord } from '../store/node-table.ts';
import type { Store } from '../store/store.ts';
import type { VerdictChange } from '../store/verdict-table.ts';
import { changedSinceStart } from './changed-since-start.ts';
import { clusterJudging } from './cluster-judging.ts';
import { type ClusterNodes, clusterNodes } from './cluster-nodes.ts';
import { blindCluster, type JudgedCluster } from './judged-cluster.ts';
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
  /** Globs of namespaces that are marked as the system's, and of those left out of everything. */
  readonly systemNamespaces?: readonly string[];
  readonly excludeNamespaces?: readonly string[];
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
  /** The nodes as controls of the cluster see them; for the view that `look` gets. */
  readonly clusterNodes: Pick<ClusterNodes, 'nodes' | 'generation'>;
  /** From now on the cluster is judged by this view; before, nobody asks an API server. */
  look(cluster: JudgedCluster): void;
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
  let checked = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const caughtUp = { nodes: false, cluster: false };
  let labelsTell = false;
  /** How many wait for everything to be judged. */
  let hurries = 0;
  let judgedVersion = parts.controlPlaneVersion();

  const silence = (node: NodeRecord) => silenceOf(node, clock(), parts.interval, startedAt);
  const soon = (wait = debounceMs) => {
    if (timer || stopped) return;
    timer = setTimeout(() => {
      timer = undefined;
      for (const run of [judgeNodes, judgeCluster]) {
        run().catch((error: unknown) => {
          parts.failed(error);
          soon(retryMs);
        });
      }
    }, wait);
  };
  const nodes = clusterNodes({
    ...{ store, pack: parts.pack, controlPlaneVersion: parts.controlPlaneVersion },
    reporting: (record) => isCurrent(record) && !silence(record),
  });
  const cluster = clusterJudging({
    ...{ store, pack: parts.pack, clock, benchmark: parts.benchmark, changed: parts.changed, failed: parts.failed },
    versions: clusterVersions,
    system: parts.systemNamespaces ?? [],
    exclude: parts.excludeNamespaces ?? [],
    wake: soon,
  });
  const judgeNodes = oneAtATime(drainNodes);
  const judgeCluster = oneAtATime(drainCluster);
  const watch = setInterval(() => {
    if (overdue()) soon();
    cluster.tick();
    if (cluster.waiting()) soon();
  }, tickMs);
  store.onCommit((node, changed) => {
    if (!changed && silent.get(node) === undefined && silent.has(node)) return;
    waiting.add(node);
    soon();
  });
  all();
  cluster.look(blindCluster(nodes.nodes, nodes.generation));
  const { look } = cluster;
  return { node, all, settle, caughtUp: () => caughtUp.nodes && caughtUp.cluster, clusterNodes: nodes, look, stop };

  function node(name: string): void {
    waiting.add(name);
    cluster.sight();
  }

  function all(): void {
    everything();
    soon();
  }

  function everything(): void {
    for (const one of store.nodes.all()) waiting.add(one.name);
    cluster.all();
  }

  /** Marks nodes whose verdicts changed by the mere passing of time. */
  function overdue(): boolean {
    const now = clock();
    for (const name of store.expired(checked, now)) waiting.add(name);
    checked = now;
    for (const one of store.nodes.all()) {
      if (isCurrent(one) && silence(one) !== silent.get(one.name)) waiting.add(one.name);
    }
    excuseByLabels();
    const version = parts.controlPlaneVersion();
    if (version !== judgedVersion) everything();
    judgedVersion = version;
    if (nodes.refresh()) cluster.facts();
    return waiting.size > 0;
  }

  function excuseByLabels(): void {
    const tell = Boolean(parts.nodesListed?.()) && store.nodes.all().some(showsControlPlane);
    if (tell !== labelsTell) for (const [name, quiet] of silent) if (quiet) waiting.add(name);
    labelsTell = tell;
  }

  function showsControlPlane(node: NodeRecord): boolean {
    return isCurrent(node) && node.roles.includes('control-plane') && !silence(node);
  }

  async function settle(): Promise<void> {
    hurries++;
    try {
      do {
        await judgeNodes();
        cluster.tick();
        await judgeCluster();
      } while (!stopped && (overdue() || cluster.waiting()));
    } finally {
      hurries--;
    }
  }

  async function drainNodes(): Promise<void> {
    await parts.hold;
    while (!stopped && overdue()) {
      for (const name of [...waiting]) {
        judge(name);
        waiting.delete(name);
        // One node a turn: ingest and the API stay responsive while thousands wait.
        await new Promise((resolve) => setImmediate(resolve));
        if (stopped) return;
      }
    }
    caughtUp.nodes ||= !stopped;
  }

  async function drainCluster(): Promise<void> {
    await parts.hold;
    await cluster.drain(
      () => stopped,
      () => hurries > 0,
    );
    caughtUp.cluster ||= !stopped;
  }

  function judge(name: string): void {
    const record = store.nodes.get(name);
    if (!record) return;
    const began = performance.now();
    const quiet = silence(record);
    silent.set(name, quiet);
    store.present(name, isCurrent(record) ? (quiet ?? 'reporting') : 'deleted', clock());
    if (!isCurrent(record)) {
      parts.changed(store.judge(name, [], clock(), null));
      tellCluster(name);
      cluster.sight();
      return;
    }
    const versions = versionsOf(record.kubeletVersion ?? parts.fallbackVersion);
    const verdicts = verdictsOf(record, versions, quiet);
    const { roles, platform, documents } = verdicts;
    const { os, labels } = record;
    const tells = { silence: quiet ?? null, labelsTell: quiet !== undefined && labelsTell };
    parts.changed(store.judge(name, verdicts.findings, clock(), { os, labels, roles, platform, versions, ...tells }));
    if (roles.join() !== record.roles.join() || platform !== record.platform || record.documents === null) {
      cluster.sight();
    }
    store.nodes.patch(name, { roles, platform, documents });
    tellCluster(name);
    parts.judged((performance.now() - began) / 1000);
  }

  function verdictsOf(record: NodeRecord, versions: Versions, quiet: ReturnType<typeof silence>) {
    const input = {
      pack: parts.pack,
      node: record,
      versions,
      requested: parts.benchmark,
      silence: quiet,
      labelsTell,
      observations: () => store.observations(record.name),
      ran: store.ran(record.name),
      now: new Date(clock()).toISOString(),
    };
    if (quiet) return nodeVerdicts(input);
    const own = changedSinceStart(store, record.name) ? record.name : '';
    const key = alikeKey(store.log.contents(record.name), [versions, record.labels, own]);
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

  function clusterVersions(): Versions {
    const kubelet = store.nodes.all().find((one) => isCurrent(one) && one.kubeletVersion !== null)?.kubeletVersion;
    return versionsOf(kubelet ?? parts.fallbackVersion);
  }

  /** Controls of the cluster read facts of nodes, and its document may follow a kubelet. */
  function tellCluster(name: string): void {
    if (nodes.touched(name)) cluster.facts();
  }

  function stop(): void {
    stopped = true;
    clearInterval(watch);
    clearTimeout(timer);
  }
}

/** Runs work that never overlaps itself; who asks while it runs gets the same end. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  };
}
