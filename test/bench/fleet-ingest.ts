import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseDocuments, judgeNode } from '@plumbline/core';
import { contentDigest, keyOf, stateDigest } from '@plumbline/proto';
import { openStore } from '../../aggregator/src/store/store.ts';
import { shippedPack } from '../pack.ts';
import { type Fleet, fleetOf, variant, variantView } from './fleet.ts';
import { exponent, type Measure, residentMiB, spent } from './measure.ts';

const versions = { kubelet: '1.34', controlPlane: '1.34' };
const receivedAt = '2026-01-01T00:00:00.000Z';

type Store = Awaited<ReturnType<typeof openStore>>;

/** What one fleet costs on one core, and what it leaves. */
interface Cost {
  readonly ingestMs: number;
  readonly judgingMs: number;
  readonly databaseMiB: number;
  readonly grownMiB: number;
}

/**
 * Ingest and judging of whole fleets of distinct nodes: of control planes only, the largest nodes there are, and of the last size
 * with a control plane in a hundred, as fleets are.
 */
export async function benchFleet(sizes: readonly number[] = [500, 1000, 2000, 5000]): Promise<readonly Measure[]> {
  const largest = await fleetOf({ controlPlaneEvery: 1 });
  const costs: [number, number][] = [];
  let last: readonly Measure[] = [];
  for (const size of sizes) {
    const cost = await costOf(largest, size);
    costs.push([size, cost.ingestMs + cost.judgingMs]);
    last = measures(`${size} control planes`, size, cost);
  }
  const size = sizes.at(-1) ?? 0;
  return [
    ...last,
    ...measures(
      `${size} nodes, 1 % control planes`,
      size,
      await costOf(await fleetOf({ controlPlaneEvery: 100 }), size),
    ),
    {
      name: `growth of CPU over ${sizes.join(', ')} nodes (1 is linear)`,
      value: exponent(costs),
      unit: 'exponent',
      limit: 1.15,
    },
  ];
}

function measures(fleet: string, size: number, cost: Cost): readonly Measure[] {
  const unit = 'nodes per CPU-second';
  return [
    { name: `${fleet}: ingest of first snapshots`, value: size / (cost.ingestMs / 1000), unit },
    { name: `${fleet}: judging and storing verdicts`, value: size / (cost.judgingMs / 1000), unit },
    { name: `${fleet}: database`, value: cost.databaseMiB, unit: 'MiB' },
    { name: `${fleet}: memory grown`, value: cost.grownMiB, unit: 'MiB' },
  ];
}

async function costOf(fleet: Fleet, size: number): Promise<Cost> {
  const home = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const before = residentMiB();
  const store = await openStore(join(home, 'bench.db'));
  const ingest = await spent(() => ingestAll(store, fleet, size));
  const judging = await spent(() => judgeAll(store, fleet, size));
  store.checkpoint();
  const { database } = store.size();
  const grownMiB = residentMiB() - before;
  store.close();
  rmSync(home, { recursive: true });
  return { ingestMs: ingest.cpuMs, judgingMs: judging.cpuMs, databaseMiB: database / 1048576, grownMiB };
}

function ingestAll(store: Store, fleet: Fleet, size: number): void {
  for (let i = 0; i < size; i++) {
    const observations = variant(fleet(i), i);
    const digest = stateDigest(observations.map((one) => [keyOf(one), contentDigest(one)] as const));
    store.log.begin({ node: `node-${i}`, epoch: 'e', sequence: 0n, digest: '', receivedAt });
    store.log.replace({ node: `node-${i}`, epoch: 'e', sequence: 1n, digest, receivedAt }, observations);
  }
}

function judgeAll(store: Store, fleet: Fleet, size: number): void {
  const pack = shippedPack();
  const documents = chooseDocuments(pack, versions);
  for (let i = 0; i < size; i++) {
    const findings = judgeNode({ pack, view: variantView(fleet(i), i), versions, documents, now: receivedAt });
    store.judge(
      `node-${i}`,
      findings.map((finding) => ({ finding, match: 'exact' as const })),
      Date.parse(receivedAt),
    );
  }
}
