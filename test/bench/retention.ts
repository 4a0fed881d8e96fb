import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../../aggregator/src/store/store.ts';
import { type Measure, quantile, residentMiB } from './measure.ts';
import { changesADay, dayMs, fleetYear } from './year.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const nodes = 200;
const days = 100;
const kept = 60;
const rounds = 100;
/** The journal is kept for 90 days; a step of the purge holds up others for at most so long. */
const journalDays = 90;
const stepLimitMs = 50;
/** What the aim is about. */
const fleet = { nodes: 5000, days: 365 };

/**
 * Detail that comes and goes: what a change costs, what a year of 5,000 nodes would take at that (it is linear: intervals are rows), how
 * fast a past state is read, and how fast and how gently 40 days are purged. The mix of changes is that of `fleetYear`.
 */
export async function benchRetention(): Promise<readonly Measure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'plumbline-retention-'));
  const file = join(directory, 'plumbline.db');
  const store = await openStore(file);
  try {
    return await measured(store);
  } finally {
    store.close();
    rmSync(directory, { recursive: true });
  }
}

async function measured(store: Store): Promise<readonly Measure[]> {
  const life = await fleetYear(store, { nodes, start });
  life.begin();
  const size = () => {
    store.checkpoint();
    return store.size().database;
  };
  const base = size();
  const halves: number[] = [];
  const began = performance.now();
  for (let day = 0; day < days; day++) {
    life.day(day, true);
    if ((day + 1) * 2 === days || day + 1 === days) halves.push(size());
  }
  const wrote = performance.now() - began;
  const [half = 0, whole = 0] = halves;
  const changes = nodes * days * changesADay;
  const perChange = (whole - base) / changes;
  const journalBytes = await journalCost(store, size, changes);
  const inYear = fleet.nodes * fleet.days * changesADay;
  const year = (base / nodes) * fleet.nodes + inYear * (perChange - journalBytes * (1 - journalDays / fleet.days));
  const past = asOf(store);
  const purge = purgeOf(store);
  return [
    { name: `${changes} changes: bytes a change, with the journal`, value: perChange, unit: 'bytes' },
    {
      name: 'the same for the second half over the first (1: no growth of its own)',
      value: (whole - half) / (half - base),
      unit: 'times',
      limit: 1.1,
    },
    {
      name: 'changes stored, all of a node and day at once',
      value: changes / (wrote / 1000),
      unit: 'changes per second',
    },
    { name: `extrapolated: ${fleet.nodes} nodes, a year, ${changesADay} changes a day`, value: year / 1e9, unit: 'GB' },
    { name: 'state of a node as of an instant, p99', value: quantile(past, 0.99), unit: 'ms', limit: 100 },
    { name: 'purge: intervals', value: purge.intervals / (purge.ms / 1000), unit: 'intervals per second' },
    { name: 'purge: longest step', value: purge.longest, unit: 'ms', limit: stepLimitMs },
    { name: 'purge: database before', value: whole / 1048576, unit: 'MiB' },
    { name: 'purge: database after', value: size() / 1048576, unit: 'MiB' },
    { name: 'resident memory', value: residentMiB(), unit: 'MiB' },
  ];
}

/** Bytes of the journal for each change: what forgetting all of it gives back. */
async function journalCost(store: Store, size: () => number, changes: number): Promise<number> {
  const before = size() - store.vacuum.unused().bytes;
  for (const _ of store.purging.pruneJournal(Number.MAX_SAFE_INTEGER));
  return (before - (size() - store.vacuum.unused().bytes)) / changes;
}

function asOf(store: Store): readonly number[] {
  return Array.from({ length: rounds }, (_, round) => {
    const at = start + ((round * 37) % days) * dayMs;
    const id = store.nodes.get(`node-${(round * 13) % nodes}`)?.id ?? -1;
    const began = performance.now();
    store.queries.observations(id, at);
    return performance.now() - began;
  });
}

function purgeOf(store: Store): { readonly intervals: number; readonly ms: number; readonly longest: number } {
  const cut = start + (days - kept) * dayMs;
  const steps: number[] = [];
  const timed = <T>(work: Iterator<void, T>): T => {
    for (;;) {
      const began = performance.now();
      const { done, value } = work.next();
      steps.push(performance.now() - began);
      if (done) return value;
    }
  };
  const gone = timed(store.purging.purge(cut));
  timed(store.vacuum.shrink());
  const intervals = Object.values(gone).reduce((sum, one) => sum + one, 0);
  return { intervals, ms: steps.reduce((sum, one) => sum + one, 0), longest: Math.max(...steps) };
}
