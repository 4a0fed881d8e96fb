import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ClusterRun } from './cluster-run.ts';
import { exponent, type Measure, quantile } from './measure.ts';

const execute = promisify(execFile);

/** Pods, namespaces and owners of each size; the last is the one that goals are about. */
const sizes = [
  [1000, 67, 80],
  [10_000, 667, 800],
  [50_000, 3333, 4000],
  [150_000, 10_000, 12_000],
] as const;

/** Section 5 on clusters of growing size, each in a process of its own on a simulated API server. */
export async function benchCluster(): Promise<readonly Measure[]> {
  const runs: ClusterRun[] = [];
  for (const size of sizes) {
    const { stdout } = await execute(
      process.execPath,
      ['--expose-gc', '--max-old-space-size=4096', join(import.meta.dirname, 'cluster-run.ts'), ...size.map(String)],
      { maxBuffer: 1 << 24, timeout: 600_000 },
    );
    runs.push(JSON.parse(stdout) as ClusterRun);
  }
  const largest = runs.at(-1);
  const smallest = runs[0];
  if (!largest || !smallest) return [];
  const perPod = (largest.heapBytes - smallest.heapBytes) / (largest.pods - smallest.pods);
  const steady = (kind: string) =>
    Object.entries(largest.steadyRequests)
      .filter(([key]) => key.startsWith(`${kind} `))
      .reduce((sum, [, count]) => sum + count, 0);
  const what = `${largest.pods} pods in ${sizes.at(-1)?.[1]} namespaces`;
  return [
    { name: `first full verdict of ${what}, CPU`, value: largest.firstVerdictCpu, unit: 's', limit: 15 },
    { name: `first full verdict of ${what}, wall`, value: largest.firstVerdictWallMs / 1000, unit: 's' },
    { name: 'requests until then', value: largest.startRequests, unit: 'requests' },
    { name: 'an event that changes nothing, CPU', value: largest.eventCpuMicros, unit: 'µs', limit: 50 },
    { name: 'heap retained a pod', value: perPod, unit: 'bytes', limit: 300 },
    { name: 'resident memory after a collection', value: largest.rssBytes / 1048576, unit: 'MiB' },
    { name: 'peak resident memory', value: largest.peakRssBytes / 1048576, unit: 'MiB' },
    { name: 'database', value: largest.databaseBytes / 1048576, unit: 'MiB' },
    ...runs.map(({ pods, changeMs }) => ({
      name: `a changed pod among ${pods} judged and served, slowest of ${changeMs.length}`,
      value: quantile(changeMs, 1),
      unit: 'ms',
      limit: 1000,
    })),
    { name: 'lists and gets in a steady 20 s', value: steady('get'), unit: 'requests', limit: 0 },
    {
      name: 'growth of CPU to the first verdict over 1,000 to 150,000 pods (1 is linear)',
      value: exponent(runs.slice(1).map((one) => [one.pods, one.firstVerdictCpu] as const)),
      unit: 'exponent',
      limit: 1.15,
    },
  ];
}
