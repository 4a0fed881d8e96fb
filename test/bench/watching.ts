import { chmodSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchingAgent } from '../agent/watch/watching-agent.ts';
import { type Measure, quantile } from './measure.ts';

const changes = 100;
const path = '/etc/kubernetes/manifests/kube-apiserver.yaml';

/** From a chmod on the node to the delta that is handed to the stream, in an agent that runs on its own. */
export async function benchWatching(): Promise<readonly Measure[]> {
  const agent = await watchingAgent();
  const latencies: number[] = [];
  try {
    for (let change = 0; change < changes; change++) {
      await sleep(300 + Math.random() * 300);
      agent.story.changes = [];
      const began = performance.now();
      chmodSync(agent.at(path), change % 2 === 0 ? 0o640 : 0o600);
      await agent.until(() => agent.story.changes.includes(`file ${path}`));
      latencies.push(performance.now() - began);
    }
  } finally {
    await agent.close();
  }
  return [
    { name: `change to delta, p50 of ${changes}`, value: quantile(latencies, 0.5), unit: 'ms', limit: 100 },
    { name: `change to delta, p99 of ${changes}`, value: quantile(latencies, 0.99), unit: 'ms', limit: 500 },
  ];
}
