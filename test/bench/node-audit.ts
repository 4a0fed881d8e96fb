import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bystanders, fixtureHost, observeNode, realHost } from '@plumbline/agent';
import { chooseDocuments, judgeNode, nodeView } from '@plumbline/core';
import { shippedPack } from '../pack.ts';
import { benchHostCalls } from './host-calls.ts';
import { type Measure, quantile, spent } from './measure.ts';

const versions = { kubelet: '1.34', controlPlane: '1.34' };

/** A whole look at a node and its verdicts: this machine when it is a node, else the recorded one. */
export async function benchNodeAudit(): Promise<readonly Measure[]> {
  const live = existsSync('/etc/kubernetes/manifests');
  const text = readFileSync(join(import.meta.dirname, '..', 'nodes', 'kubeadm-control-plane.yaml'), 'utf8');
  const pack = shippedPack();
  const documents = chooseDocuments(pack, versions);
  const clock = () => '2026-01-01T00:00:00.000Z';
  const look = (host = live ? realHost('/') : fixtureHost(text), bystanders = new Bystanders()) =>
    observeNode({ host, pack, clock, versions, bystanders });
  const judge = (observations: Awaited<ReturnType<typeof look>>) =>
    judgeNode({ pack, view: nodeView('n', observations), versions, documents, now: clock() });
  for (let i = 0; i < 5; i++) judge(await look());
  const looks: { cpuMs: number; wallMs: number }[] = [];
  const judged: number[] = [];
  for (let i = 0; i < 20; i++) {
    const looked = await spent(look);
    looks.push(looked);
    judged.push((await spent(() => judge(looked.result))).cpuMs);
  }
  const host = realHost('/');
  const bystanders = new Bystanders();
  const repeats: number[] = [];
  for (let i = 0; i < 25; i++) repeats.push((await spent(() => look(live ? host : undefined, bystanders))).cpuMs);
  const where = live ? 'this node' : 'the recorded node';
  return [
    {
      name: `first look at ${where} by a warm process, CPU, median of 20`,
      value: quantile(
        looks.map((one) => one.cpuMs),
        0.5,
      ),
      unit: 'ms',
      limit: 100,
    },
    {
      name: `first look at ${where} by a warm process, wall, p99 of 20`,
      value: quantile(
        looks.map((one) => one.wallMs),
        0.99,
      ),
      unit: 'ms',
    },
    { name: 'judge one node, CPU, median of 20', value: quantile(judged, 0.5), unit: 'ms' },
    {
      name: `the same look repeated, nothing changed, CPU, median of 20`,
      value: quantile(repeats.slice(5), 0.5),
      unit: 'ms',
      limit: 20,
    },
    ...(live ? benchHostCalls('/') : []),
  ];
}
