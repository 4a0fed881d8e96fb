import type { AgentValue, Observation } from '@plumbline/core';
import { observedValue, PlumblineError } from '@plumbline/core';
import type { Commit, ObservationLog } from '../ingest/log.ts';
import type { FactIntervals } from './intervals.ts';
import type { NodePatch, NodeTable } from './node-table.ts';
import type { Transact } from './writer.ts';

/** How long a node may be heard before the disk learns of it: a quiet cluster writes nearly nothing. */
const heardEveryMs = 5 * 60_000;

/** What the log is made of. `committed` is called after each commit; `changed` says whether any fact did. */
export interface LogParts {
  readonly transact: Transact;
  readonly nodes: NodeTable;
  readonly facts: FactIntervals;
  readonly committed: (node: string, changed: boolean) => void;
  /** Bytes that the database uses, and those that the words of one node may bring. */
  readonly inUse: () => number;
  readonly nodeQuota: number;
}

/**
 * The store's side of ingest. Times never run backwards inside it, whatever the clock does. A node that has filled its share is not heard
 * any more (PLB_STREAM_QUOTA), heartbeats included: falling silent and coming back writes verdicts too.
 */
export function observationLog(parts: LogParts): ObservationLog {
  const { transact, nodes, facts, committed, inUse, nodeQuota } = parts;
  const persisted = new Map<string, number>();
  let latest = Math.max(0, ...nodes.all().map((one) => one.lastReceived ?? 0));
  const stamp = (commit: Commit) => {
    const at = Date.parse(commit.receivedAt);
    latest = Math.max(latest, Number.isFinite(at) ? at : latest);
    return latest;
  };
  const admit = (node: string, more: number): number => {
    const bytes = (nodes.get(node)?.storedBytes ?? 0) + Math.max(0, more);
    if (bytes >= nodeQuota) throw new PlumblineError('PLB_STREAM_QUOTA', 'this node has filled its share of the store');
    return bytes;
  };
  const write = (commit: Commit, work: (node: number, at: number) => { changed: boolean; patch?: NodePatch }) => {
    const at = stamp(commit);
    admit(commit.node, 0);
    const changed = transact(() => {
      const before = inUse();
      const { id } = nodes.ensure(commit.node, at);
      const done = work(id, at);
      const storedBytes = admit(commit.node, inUse() - before);
      const { epoch, sequence, digest } = commit;
      nodes.patch(commit.node, { epoch, sequence, digest, lastReceived: at, storedBytes, ...done.patch });
      return done.changed;
    });
    persisted.set(commit.node, at);
    committed(commit.node, changed);
  };
  return {
    position(node) {
      const record = nodes.get(node);
      if (!record || record.epoch === null) return undefined;
      return { epoch: record.epoch, sequence: record.sequence, digest: record.digest };
    },
    // A hello is no look: an agent whose looks hang may say hello for ever and yet fall silent.
    begin: (commit) =>
      write(commit, () => ({ changed: false, patch: { lastReceived: nodes.get(commit.node)?.lastReceived ?? null } })),
    replace: (commit, observations) =>
      write(commit, (node, at) => {
        const gone = new Set(facts.contents(node).keys());
        let changed = false;
        for (const observation of observations) {
          gone.delete(`${observation.fact}\0${observation.subject}`);
          if (facts.put(node, observation, at)) changed = true;
        }
        for (const key of gone) changed = facts.end(node, keyFrom(key), at) || changed;
        return { changed, patch: agentOf(observations) };
      }),
    apply: (commit, changes, gone) =>
      write(commit, (node, at) => {
        let changed = false;
        for (const observation of changes) if (facts.put(node, observation, at)) changed = true;
        for (const key of gone) if (facts.end(node, key, at)) changed = true;
        return { changed, patch: agentOf(changes) };
      }),
    touch(commit) {
      const at = stamp(commit);
      admit(commit.node, 0);
      if (!nodes.get(commit.node) || at - (persisted.get(commit.node) ?? 0) >= heardEveryMs) {
        write(commit, () => ({ changed: false }));
        return;
      }
      nodes.heard(commit.node, { lastReceived: at, sequence: commit.sequence });
      committed(commit.node, false);
    },
    contents: (node) => facts.contents(nodes.get(node)?.id ?? -1),
  };
}

function keyFrom(key: string): { readonly fact: string; readonly subject: string } {
  const cut = key.indexOf('\0');
  return { fact: key.slice(0, cut), subject: key.slice(cut + 1) };
}

/** The version of the agent, where the observations say it. */
function agentOf(observations: readonly Observation[]): NodePatch {
  const agent = observedValue<AgentValue>(observations.find((one) => one.fact === 'node.agent'));
  // What an agent sends may have any shape.
  return typeof agent?.version === 'string' ? { agentVersion: agent.version.slice(0, 100) } : {};
}
