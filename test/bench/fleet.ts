import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtureHost, observeNode } from '@plumbline/agent';
import { nodeView, type Observation } from '@plumbline/core';
import { shippedPack } from '../pack.ts';

const at = '2026-01-01T00:00:00.000Z';

/** Names of the recorded nodes that simulated fleets are made of. */
export const recordings = ['kubeadm-control-plane', 'kubeadm-worker'] as const;

/** What is observed on a recorded node. */
export async function recorded(name: (typeof recordings)[number]): Promise<readonly Observation[]> {
  const text = readFileSync(join(import.meta.dirname, '..', 'nodes', `${name}.yaml`), 'utf8');
  return observeNode({
    host: fixtureHost(text),
    pack: shippedPack(),
    clock: () => at,
    versions: { kubelet: '1.34', controlPlane: '1.34' },
  });
}

/** The recorded node that the node of an index looks like. */
export type Fleet = (index: number) => readonly Observation[];

/** A fleet in which every n-th node is a control plane and the others are workers. */
export async function fleetOf({ controlPlaneEvery }: { readonly controlPlaneEvery: number }): Promise<Fleet> {
  const controlPlane = await recorded('kubeadm-control-plane');
  const worker = await recorded('kubeadm-worker');
  return (index) => (index % controlPlaneEvery === 0 ? controlPlane : worker);
}

/** The same node under another name: host name and process ids of its own, so that no two are alike. */
export function variant(observations: readonly Observation[], index: number): readonly Observation[] {
  return observations.map((one) => {
    if (one.fact === 'process.instance') return { ...one, value: { pid: 1000 + index, startTime: String(index) } };
    if (one.fact === 'node.host') return { ...one, value: { ...(one.value as object), hostname: `node-${index}` } };
    return one;
  });
}

/** View of a variant. */
export function variantView(observations: readonly Observation[], index: number) {
  return nodeView(`node-${index}`, variant(observations, index));
}
