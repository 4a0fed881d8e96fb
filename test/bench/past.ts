import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  type JsonObject,
  type Observation,
  projectObject,
  projectPod,
  resources,
  subjectOf,
  type Workload,
  workloadKey,
} from '@plumbline/core';
import { pathsOf } from '../../aggregator/src/cluster/paths.ts';
import { type Rejudged, rejudge } from '../../aggregator/src/past/rejudge.ts';
import { openStore, type Store } from '../../aggregator/src/store/store.ts';
import { send } from '../aggregator/world.ts';
import { shippedPack } from '../pack.ts';
import { objects, pod, type Size } from './api/pod.ts';
import { fleetOf, variant } from './fleet.ts';
import { type Measure, spent } from './measure.ts';

const nodes = 1000;
const size: Size = { pods: 10_000, namespaces: 667, owners: 800 };
const moment = Date.parse('2026-03-02T00:00:00.000Z');

/** A moment of the past judged once more: nodes of which no two are alike, nodes that are all alike, and a cluster of 10,000 pods. */
export async function benchPast(): Promise<readonly Measure[]> {
  const different = await judged((one, index) => variant(one, index));
  const alike = await judged((one) => one);
  return [
    {
      name: `a moment of ${nodes} nodes, no two alike, and ${size.pods} pods, CPU`,
      value: different.cpuMs / 1000,
      unit: 's',
    },
    { name: 'a node more that is like no other, CPU', value: (different.cpuMs - alike.cpuMs) / nodes, unit: 'ms' },
    { name: 'longest time that nothing else had its turn', value: different.longestMs, unit: 'ms' },
  ];
}

interface Judged {
  readonly cpuMs: number;
  readonly longestMs: number;
}

async function judged(shape: (one: readonly Observation[], index: number) => readonly Observation[]): Promise<Judged> {
  const store = await openStore(':memory:');
  const fleet = await fleetOf({ controlPlaneEvery: 100 });
  const versions = { controlPlane: 'v1.34.4', kubelet: 'v1.34.4' };
  const as = { os: 'linux', labels: [], roles: [], platform: 'kubeadm', silence: null, labelsTell: false, versions };
  for (let index = 0; index < nodes; index++) {
    send(store, `node-${index}`, shape(fleet(index), index), 0);
    store.judge(`node-${index}`, [], moment - 1000, as);
  }
  store.judgeClusterAs(as, moment - 1000);
  writeObjects(store);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const { result, cpuMs } = await spent(() => again(store));
  delay.disable();
  result.store.close();
  store.close();
  return { cpuMs, longestMs: delay.max / 1e6 };
}

function again(store: Store): Promise<Rejudged> {
  const parts = { past: store.past, pack: shippedPack(), system: [], exclude: [] };
  const failed = (error: unknown) => {
    throw error;
  };
  return rejudge({ ...parts, failed }, moment, undefined, AbortSignal.timeout(600_000));
}

function writeObjects(store: Store): void {
  const at = moment - 1000;
  for (const resource of resources) {
    for (const raw of resource.name === 'pods' ? [] : objects(pathsOf(resource)[0] ?? '', size)) {
      const one = projectObject(resource, raw as JsonObject);
      if (one) store.objects.take(resource.name, subjectOf(one.kind, one.namespace, one.name), one, at);
    }
    store.objects.state(resource.name, { state: resource.presence === 'crd' ? 'absent' : 'synced' }, at);
  }
  const owners = new Map<string, Map<string, Workload>>();
  for (let index = 0; index < size.pods; index++) {
    const workload = projectPod(pod(index, size) as JsonObject)?.workload;
    if (!workload) continue;
    const place = subjectOf(workload.owner.kind, workload.namespace, workload.owner.name);
    owners.set(place, (owners.get(place) ?? new Map()).set(workloadKey(workload), workload));
  }
  for (const [place, own] of owners) store.objects.take('pods', place, [...own.values()], at);
  while (store.objects.flush() > 0);
}
