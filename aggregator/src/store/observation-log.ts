import type { AgentValue, Observation } from '@plumbline/core';
import { facts as dictionary, observedValue, PlumblineError } from '@plumbline/core';
import type { Commit, ObservationLog } from '../ingest/log.ts';
import type { FactChange, FactIntervals, Written } from './intervals.ts';
import type { Cause, JournalWriter } from './journal.ts';
import type { NodePatch, NodeTable } from './node-table.ts';
import type { Transact } from './writer.ts';

/** How long a node may be heard before the disk learns of it: a quiet cluster writes nearly nothing. */
const heardEveryMs = 5 * 60_000;

/** What the log is made of. `committed` is called after each commit; `changed` says whether any fact did. */
export interface LogParts {
  readonly transact: Transact;
  readonly nodes: NodeTable;
  readonly facts: FactIntervals;
  readonly journal: JournalWriter;
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
  const { transact, nodes, facts, journal, committed, inUse, nodeQuota } = parts;
  const persisted = new Map<string, number>();
  let latest = Math.max(0, ...nodes.all().map((one) => one.lastReceived ?? 0));
  const stamp = (commit: Commit) => {
    const at = Date.parse(commit.receivedAt);
    latest = Math.max(latest, Number.isFinite(at) ? at : latest);
    return latest;
  };
  /** A moment of its own for each commit of a node: of two states in one moment the first would leave no interval. */
  const momentOf = (commit: Commit) => {
    const before = nodes.get(commit.node)?.lastReceived ?? 0;
    latest = Math.max(stamp(commit), before + 1);
    return latest;
  };
  const admit = (node: string, more: number): number => {
    const bytes = (nodes.get(node)?.storedBytes ?? 0) + Math.max(0, more);
    if (bytes >= nodeQuota) throw new PlumblineError('PLB_STREAM_QUOTA', 'this node has filled its share of the store');
    return bytes;
  };
  const write = (commit: Commit, work: (node: number, at: number) => { changed: boolean; patch?: NodePatch }) => {
    const at = momentOf(commit);
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
  /** Takes changes of facts and says whether there were any. */
  const keep = (commit: Commit, { at, cause }: Written, patch: NodePatch, changes: readonly Changed[]) => {
    const record = nodes.get(commit.node);
    for (const { name, change } of changes) {
      // What a node shows first is no drift.
      if (!record || cause === 'first' || dictionary.get(name)?.drifts === false) continue;
      const { fact, subject, before, after } = change;
      journal.append({ at, node: record.id, kind: 'drift', cause, what: fact, subject, before, after });
    }
    return { changed: changes.length > 0, patch };
  };
  const causeOf = (commit: Commit, { agentVersion }: NodePatch): Cause => {
    const before = nodes.get(commit.node)?.agentVersion ?? agentVersion;
    return agentVersion !== undefined && agentVersion !== before ? 'agent' : 'observed';
  };
  return {
    position(node) {
      const record = nodes.get(node);
      if (!record || record.epoch === null) return undefined;
      return { epoch: record.epoch, sequence: record.sequence, digest: record.digest };
    },
    // A hello is no look: an agent whose looks hang may say hello for ever and yet fall silent. The position stays where it is until
    // something is committed in the new epoch: the answer to the hello may be lost, and then the next one still speaks of the old epoch.
    begin(commit) {
      admit(commit.node, 0);
      if (typeof nodes.get(commit.node)?.epoch === 'string') return;
      const lastReceived = nodes.get(commit.node)?.lastReceived ?? null;
      write(commit, () => ({ changed: false, patch: { lastReceived } }));
    },
    replace: (commit, observations) =>
      write(commit, (node, at) => {
        const before = facts.contents(node);
        const gone = new Set(before.keys());
        for (const { fact, subject } of observations) gone.delete(`${fact}\0${subject}`);
        const patch = agentOf(observations);
        const when: Written = { at, cause: before.size === 0 ? 'first' : causeOf(commit, patch) };
        const changes = [
          ...named(observations, (one) => facts.put(node, one, when)),
          ...named([...gone].map(keyFrom), (key) => facts.end(node, key, when)),
        ];
        return keep(commit, when, patch, changes);
      }),
    apply: (commit, changes, gone) =>
      write(commit, (node, at) => {
        const patch = agentOf(changes);
        const when: Written = { at, cause: causeOf(commit, patch) };
        const all = [
          ...named(changes, (one) => facts.put(node, one, when)),
          ...named(gone, (key) => facts.end(node, key, when)),
        ];
        return keep(commit, when, patch, all);
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

/** A change of the fact of this name. */
interface Changed {
  readonly name: string;
  readonly change: FactChange;
}

function named<T extends { readonly fact: string }>(
  all: readonly T[],
  make: (one: T) => FactChange | undefined,
): readonly Changed[] {
  return all.flatMap((one) => {
    const change = make(one);
    return change ? [{ name: one.fact, change }] : [];
  });
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
