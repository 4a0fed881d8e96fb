import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAggregator } from '@plumbline/aggregator';
import { dumpedCluster, type JsonObject, projectDump } from '@plumbline/core';
import { expect, test } from 'vitest';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { seriesOf } from '../../aggregator/metrics/sources.ts';
import { send } from '../../aggregator/world.ts';
import { objects } from '../../bench/api/pod.ts';
import { fleetOf, variant } from '../../bench/fleet.ts';

const size = { pods: 10_000, namespaces: 200, owners: 800 };
const nodes = 100;

function cluster() {
  const paths = ['/api/v1/namespaces', '/api/v1/serviceaccounts', '/api/v1/pods'];
  const all = paths.flatMap((path) => [...objects(path, size)] as JsonObject[]);
  return dumpedCluster(projectDump(all), 'cluster');
}

test('needs.md 47: 100 nodes and 10,000 pods are less than 5,000 series, by control and status, and none names a pod', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'plumbline-series-'));
  const database = join(directory, 'plumbline.db');
  const store = await openStore(database);
  const fleet = await fleetOf({ controlPlaneEvery: 34 });
  for (let index = 0; index < nodes; index++) send(store, `node-${index}`, variant(fleet(index), index), 0);
  store.close();
  const aggregator = await startAggregator({
    ...{ listen: '127.0.0.1:0', grpcListen: '127.0.0.1:0', logLevel: 'silent', ingestTokens: 'token *\n' },
    ...{ database, kubernetesVersion: '1.34', recordedObjects: cluster() },
  });
  try {
    await aggregator.settle();
    const series = seriesOf(await (await fetch(`${aggregator.restAddress}/metrics`)).text());
    expect(series).toContain(`plumbline_nodes{presence="reporting"} ${nodes}`);
    expect(series.length).toBeGreaterThan(1000);
    expect(series.length).toBeLessThan(5000);
    expect(series.filter((line) => /\b(pod|namespace|subject)="|team-\d/.test(line))).toEqual([]);
    const own = series.filter((line) => line.includes('node="'));
    expect(own).toHaveLength(8 * nodes);
    expect(own.filter((line) => line.startsWith('plumbline_node_last_judged_timestamp_seconds{'))).toHaveLength(nodes);
    // The cluster was judged too: one workload in eight runs what it should not.
    expect(
      series.find((line) =>
        /^plumbline_verdicts\{control="psa-privileged-containers",status="fail"\} [1-9]/.test(line),
      ),
    ).toBeDefined();
    console.log(`${series.length} series of ${nodes} nodes and ${size.pods} pods, ${own.length} of them by node`);
  } finally {
    await aggregator.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
