import { chooseDocuments, judgeNode, type Observation } from '@plumbline/core';
import { contentDigest, keyOf, stateDigest } from '@plumbline/proto';
import type { Store } from '../../aggregator/src/store/store.ts';
import type { MatchedFinding } from '../../aggregator/src/store/verdict-table.ts';
import { shippedPack } from '../pack.ts';
import { recorded, variant, variantView } from './fleet.ts';

const versions = { kubelet: '1.34', controlPlane: '1.34' };

/** A fleet over time. */
export interface FleetYear {
  readonly nodes: number;
  /** Milliseconds. */
  readonly start: number;
}

/** Milliseconds of a day. */
export const dayMs = 86_400_000;

/** Changes of each node on each day. */
export const changesADay = 10;

/**
 * The life of a fleet of workers through the real store. Of ten changes of a node on a day four are values that come and go (a mode, an
 * owner), three come to all nodes alike and are new every day (a rollout), two are of this node alone and new every time (a process that began
 * again, a file that is rewritten), and one turns a verdict, to fail on odd days and back on even ones.
 */
export async function fleetYear(store: Store, { nodes, start }: FleetYear) {
  const worker = await recorded('kubeadm-worker');
  const judged = worker.find((one) => one.fact === 'file' && one.subject === '/var/lib/kubelet/config.yaml');
  if (!judged) throw new Error('the recorded worker shows the file of its kubelet');
  const own: Observation = judged;
  const others = Array.from({ length: changesADay }, (_, n) => ({ ...judged, subject: `/etc/cni/net.d/${n}.conf` }));
  const withMode = (mode: string) => worker.map((one) => (one === judged ? moded(one, mode) : one));
  const verdicts = { good: findingsOf(withMode('0600')), bad: findingsOf(withMode('0666')) };
  const name = (node: number) => `node-${node}`;
  let sequence = 1n;
  return {
    /** What every node shows first. */
    begin(): void {
      for (let node = 0; node < nodes; node++) {
        const shown = [...variant(withMode('0600'), node), ...others];
        const digest = stateDigest(shown.map((one) => [keyOf(one), contentDigest(one)] as const));
        store.log.replace({ node: name(node), epoch: '1', sequence: 1n, digest, receivedAt: iso(start) }, shown);
        store.judge(name(node), verdicts.good, start);
      }
    },
    /** One day, each change of a node at a time of its own or, much faster, all of a node at once. */
    day(day: number, atOnce: boolean): void {
      for (let part = 0; part < (atOnce ? 1 : changesADay); part++) {
        for (let node = 0; node < nodes; node++)
          one(day, node, part, atOnce ? all(day, node) : [changed(day, node, part)]);
      }
    },
  };

  function one(day: number, node: number, part: number, changes: readonly Observation[]): void {
    const at = start + (day + 1) * dayMs + Math.floor(((part + node / nodes) / changesADay) * dayMs);
    const commit = { node: name(node), epoch: '1', sequence: ++sequence, digest: '', receivedAt: iso(at) };
    store.log.apply(commit, changes, []);
    if (part === 0) store.judge(name(node), day % 2 === 0 ? verdicts.bad : verdicts.good, at);
  }

  function all(day: number, node: number): readonly Observation[] {
    return Array.from({ length: changesADay }, (_, change) => changed(day, node, change));
  }

  function changed(day: number, node: number, change: number): Observation {
    const one = others[change] ?? own;
    if (change === 0) return moded(own, day % 2 === 0 ? '0666' : '0600');
    if (change <= 4) return moded(one, day % 2 === 0 ? '0640' : '0600');
    if (change <= 7) return { ...one, value: { ...(one.value as object), size: day * 10 + change } };
    return { ...one, value: { ...(one.value as object), size: day * 10 + change, inode: node * 1000 + day } };
  }
}

function moded(one: Observation, mode: string): Observation {
  return { ...one, value: { ...(one.value as object), mode } };
}

function findingsOf(observations: readonly Observation[]): readonly MatchedFinding[] {
  const pack = shippedPack();
  const documents = chooseDocuments(pack, versions);
  const findings = judgeNode({ pack, view: variantView(observations, 0), versions, documents, now: iso(0) });
  return findings.map((finding) => ({ finding, match: 'exact' }));
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
