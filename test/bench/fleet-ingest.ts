import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseDocuments, judgeNode } from '@plumbline/core';
import { contentDigest, keyOf, stateDigest } from '@plumbline/proto';
import { openStore } from '../../aggregator/src/store/store.ts';
import { shippedPack } from '../pack.ts';
import { recorded, variant, variantView } from './fleet.ts';
import { exponent, type Measure, residentMiB, spent } from './measure.ts';

const versions = { kubelet: '1.34', controlPlane: '1.34' };
const receivedAt = '2026-01-01T00:00:00.000Z';

/** Ingest and judging of whole fleets of distinct control-plane nodes, the largest there are, on one core, with memory and database growth. */
export async function benchFleet(sizes: readonly number[] = [500, 1000, 2000, 5000]): Promise<readonly Measure[]> {
  const node = await recorded('kubeadm-control-plane');
  const pack = shippedPack();
  const documents = chooseDocuments(pack, versions);
  const measures: Measure[] = [];
  const costs: [number, number][] = [];
  for (const size of sizes) {
    const home = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
    const before = residentMiB();
    const store = await openStore(join(home, 'bench.db'));
    const ingest = await spent(() => {
      for (let i = 0; i < size; i++) {
        const observations = variant(node, i);
        const digest = stateDigest(observations.map((one) => [keyOf(one), contentDigest(one)] as const));
        store.log.begin({ node: `node-${i}`, epoch: 'e', sequence: 0n, digest: '', receivedAt });
        store.log.replace({ node: `node-${i}`, epoch: 'e', sequence: 1n, digest, receivedAt }, observations);
      }
    });
    const judging = await spent(() => {
      for (let i = 0; i < size; i++) {
        const findings = judgeNode({ pack, view: variantView(node, i), versions, documents, now: receivedAt });
        store.judge(
          `node-${i}`,
          findings.map((finding) => ({ finding, match: 'exact' as const })),
          Date.parse(receivedAt),
        );
      }
    });
    store.checkpoint();
    const { database } = store.size();
    costs.push([size, ingest.cpuMs + judging.cpuMs]);
    if (size === sizes.at(-1)) {
      measures.push(
        {
          name: `ingest of ${size} first snapshots`,
          value: size / (ingest.cpuMs / 1000),
          unit: 'nodes per CPU-second',
        },
        {
          name: `judging of ${size} distinct nodes and storing verdicts`,
          value: size / (judging.cpuMs / 1000),
          unit: 'nodes per CPU-second',
        },
        { name: `database of ${size} nodes`, value: database / 1048576, unit: 'MiB' },
        { name: `memory grown by ${size} nodes`, value: residentMiB() - before, unit: 'MiB' },
      );
    }
    store.close();
    rmSync(home, { recursive: true });
  }
  measures.push({
    name: `growth of CPU over ${sizes.join(', ')} nodes (1 is linear)`,
    value: exponent(costs),
    unit: 'exponent',
    limit: 1.15,
  });
  return measures;
}
