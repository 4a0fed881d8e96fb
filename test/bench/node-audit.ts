import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtureHost, observeNode, realHost } from '@plumbline/agent';
import { chooseDocuments, judgeNode, nodeView } from '@plumbline/core';
import { shippedPack } from '../pack.ts';
import { type Measure, quantile, spent } from './measure.ts';

const versions = { kubelet: '1.34', controlPlane: '1.34' };

/** A whole look at a node and its verdicts: this machine when it is a node, else the recorded one. */
export async function benchNodeAudit(): Promise<readonly Measure[]> {
  const live = existsSync('/etc/kubernetes/manifests');
  const text = readFileSync(join(import.meta.dirname, '..', 'nodes', 'kubeadm-control-plane.yaml'), 'utf8');
  const pack = shippedPack();
  const documents = chooseDocuments(pack, versions);
  const clock = () => '2026-01-01T00:00:00.000Z';
  const look = () => observeNode({ host: live ? realHost('/') : fixtureHost(text), pack, clock, versions });
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
  const where = live ? 'this node' : 'the recorded node';
  return [
    {
      name: `look at ${where}, CPU, median of 20`,
      value: quantile(
        looks.map((one) => one.cpuMs),
        0.5,
      ),
      unit: 'ms',
      limit: 100,
    },
    {
      name: `look at ${where}, wall, p99 of 20`,
      value: quantile(
        looks.map((one) => one.wallMs),
        0.99,
      ),
      unit: 'ms',
    },
    { name: 'judge one node, CPU, median of 20', value: quantile(judged, 0.5), unit: 'ms' },
    {
      name: 'a quiet minute of one look, CPU',
      value: quantile(
        looks.map((one) => one.cpuMs),
        0.5,
      ),
      unit: 'ms',
      limit: 20,
    },
  ];
}
