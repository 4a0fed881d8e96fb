import {
  type Choice,
  type ClusterView,
  chooseDocuments,
  clusterJudge,
  type Pack,
  type StaticCluster,
  staticView,
  unseen,
  type Versions,
} from '@plumbline/core';
import { changedSinceStart } from '../judging/changed-since-start.ts';
import { clusterNodes } from '../judging/cluster-nodes.ts';
import { sightOf } from '../judging/cluster-verdicts.ts';
import { lineVerdicts } from '../judging/line-verdicts.ts';
import { type NodeToJudge, type NodeVerdicts, nodeVerdicts, unjudgeable } from '../judging/node-verdicts.ts';
import { sharedVerdicts } from '../judging/shared-verdicts.ts';
import { type Breathe, turns } from '../judging/turns.ts';
import type { JudgedAs, Past } from '../store/past.ts';
import { type ScratchStore, scratchStore } from '../store/scratch.ts';
import type { Store } from '../store/store.ts';
import { type ClusterAt, clusterAt } from './cluster-at.ts';

/** What judging the past rests on besides the past: today's checks and settings. */
export interface RejudgeParts {
  readonly past: Past;
  readonly pack: Pack;
  /** Globs of namespaces that are marked as the system's, and of those left out of everything. */
  readonly system: readonly string[];
  readonly exclude: readonly string[];
  /** The cluster of a recording, which is the same at every time. */
  readonly recorded?: StaticCluster;
  readonly failed: (error: unknown) => void;
}

/** The verdicts of an instant, judged now by what was known then. */
export interface Rejudged {
  /** Milliseconds. */
  readonly at: number;
  readonly store: ScratchStore;
  readonly nodes: readonly JudgedAs[];
  readonly versions: Versions;
  readonly resources: ClusterAt['resources'];
}

/**
 * Judges everything as of an instant once more, under a document or what is chosen by the versions of then, through the same code that
 * judges what is observed now. Nodes that were alike are judged once; the event loop gets its turn every few milliseconds.
 */
export async function rejudge(
  parts: RejudgeParts,
  at: number,
  benchmark: string | undefined,
  signal: AbortSignal,
): Promise<Rejudged> {
  const breathe = turns();
  const all = parts.past.judgedAs(at);
  const nodes = all.filter((one) => one.name !== null);
  const versions = all.find((one) => one.id === 0)?.versions ?? nodes[0]?.versions ?? {};
  const store = await scratchStore();
  try {
    const job = { ...parts, at, benchmark, signal, store, breathe };
    await judgeNodes(job, nodes);
    const resources = await judgeCluster(job, nodes, versions);
    return { at, store, nodes, versions, resources };
  } catch (error) {
    store.close();
    throw error;
  }
}

interface Job extends RejudgeParts {
  readonly at: number;
  readonly benchmark: string | undefined;
  readonly signal: AbortSignal;
  readonly store: ScratchStore;
  readonly breathe: Breathe;
}

async function judgeNodes(job: Job, nodes: readonly JudgedAs[]): Promise<void> {
  const { past, pack, at, store } = job;
  const shared = sharedVerdicts();
  for (const one of nodes) {
    const { id, name, labels, roles, platform, versions, silence, labelsTell } = one;
    if (name === null) continue;
    const input: NodeToJudge = {
      pack,
      node: { name, labels, roles, platform, documents: null },
      versions,
      requested: job.benchmark,
      silence: silence ?? undefined,
      labelsTell,
      observations: () => past.observations(id, at),
      ran: past.ran(id, at),
      now: new Date(at).toISOString(),
    };
    const judge = () => guarded(input, job.failed);
    const own = () =>
      changedSinceStart(
        factsOf(past, () => id, at),
        name,
      )
        ? name
        : '';
    const key = () => `${past.content(id, at)} ${JSON.stringify([versions, labels, own()])}`;
    const verdicts = silence ? judge() : shared.of(key(), at, judge);
    await job.breathe();
    job.signal.throwIfAborted();
    store.add(name, at, {
      ...{ os: one.os, labels, platform: verdicts.platform, roles: verdicts.roles, documents: verdicts.documents },
      ...{ listed: true, kubeletVersion: versions.kubelet ?? null, lastReceived: silence === 'no-agent' ? null : at },
    });
    store.judge(name, verdicts.findings, at);
    await job.breathe();
  }
}

/** What is asked of the store about a node, answered as of an instant. */
function factsOf(past: Past, idOf: (name: string) => number, at: number): Pick<Store, 'fact' | 'ran'> {
  return { fact: (name, fact) => past.fact(idOf(name), fact, at), ran: (name) => past.ran(idOf(name), at) };
}

function guarded(input: NodeToJudge, failed: (error: unknown) => void): NodeVerdicts {
  try {
    return nodeVerdicts(input);
  } catch (error) {
    failed(error);
    return unjudgeable(input);
  }
}

async function judgeCluster(job: Job, nodes: readonly JudgedAs[], versions: Versions): Promise<ClusterAt['resources']> {
  const { pack, at, store, system, exclude, signal } = job;
  const { view, resources } = await viewOf(job, nodes, versions);
  const choice = chooseDocuments(pack, versions, job.benchmark).controlPlane;
  const now = new Date(at).toISOString();
  const judge = clusterJudge(() => ({ pack, choice, view, version: versions.controlPlane, now, system, exclude }));
  const lines = lineVerdicts({
    ...{ pack, choice, judge, clock: () => at, failed: job.failed, changed: () => undefined },
    store: {
      judgePart: store.judgePart,
      judgedSubjects: () => [],
      lineJudged: () => undefined,
      lineBlind: () => undefined,
    },
    stopped: () => signal.aborted,
    namespaces: () => view.all('namespaces').map((one) => one.name),
    hasNamespace: (name) => view.get('namespaces', '', name) !== undefined,
  });
  for (const line of judge.entries) {
    const obstacle = judge.blocked(line);
    if (obstacle) await lines.blocked(line, obstacle);
    else await lines.whole(line, async () => !signal.aborted);
    await job.breathe();
    signal.throwIfAborted();
  }
  store.judge(null, matchedEach(job, choice), at);
  return resources;
}

/** What no node ran then. */
function matchedEach({ pack, store }: Job, choice: Choice) {
  return unseen(pack, choice, sightOf(pack, store.nodes.all())).map((finding) => ({ finding, match: choice.match }));
}

async function viewOf(
  job: Job,
  nodes: readonly JudgedAs[],
  versions: Versions,
): Promise<{ view: ClusterView; resources: ClusterAt['resources'] }> {
  const { past, at, store, pack, recorded } = job;
  const byName = new Map(nodes.map((one) => [one.name, one]));
  const seen = clusterNodes({
    store: { nodes: store.nodes, ...factsOf(past, (name) => byName.get(name)?.id ?? -1, at) },
    pack,
    controlPlaneVersion: () => versions.controlPlane,
    reporting: ({ name }) => byName.get(name)?.silence === null,
  });
  if (recorded) return { view: staticView({ ...recorded, nodes: seen.nodes() }), resources: [] };
  return clusterAt(past, at, seen.nodes(), job.breathe);
}
