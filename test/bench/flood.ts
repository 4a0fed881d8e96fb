import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '@plumbline/core';
import { contentDigest, keyOf, type NodeMessage, stateDigest, toWire } from '@plumbline/proto';
import { byTokens } from '../../aggregator/src/ingest/identity.ts';
import { IngestCounters } from '../../aggregator/src/ingest/metrics.ts';
import { type Ingest, startIngest } from '../../aggregator/src/ingest/server.ts';
import { openStore, type Store } from '../../aggregator/src/store/store.ts';
import { peer } from '../integration/stream-world.ts';
import { type Measure, quantile } from './measure.ts';

const quietNodes = 20;
const measuredMs = 5_000;

/** How long quiet nodes wait for their acknowledgement while one node sends all it can, from states of two sizes. */
export async function benchFlood(): Promise<readonly Measure[]> {
  const measures: Measure[] = [];
  for (const size of [undefined, 400, 20_000]) {
    const waits = await waitsBeside(size);
    const beside = size === undefined ? 'alone' : `beside a flood from a node of ${size} observations`;
    for (const [name, p] of [
      ['median', 0.5],
      ['p99', 0.99],
    ] as const)
      measures.push({ name: `acknowledgement of a change, ${beside}, ${name}`, value: quantile(waits, p), unit: 'ms' });
  }
  return measures;
}

async function waitsBeside(flood: number | undefined): Promise<readonly number[]> {
  const home = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const store = await openStore(join(home, 'bench.db'));
  const { ingest, address } = await listen(store);
  const nodes = await Promise.all(Array.from({ length: quietNodes }, (_, i) => node(address, `quiet-${i}`, 300)));
  const loud = flood === undefined ? undefined : await node(address, 'loud', flood);
  const end = new AbortController();
  const flooding = loud && floodFrom(loud, end.signal);
  // What the node saved up is spent first.
  if (loud) await sleep(5_000);
  const waits = (await Promise.all(nodes.map((one) => changes(one, performance.now() + measuredMs)))).flat();
  end.abort();
  for (const one of [...nodes, ...(loud ? [loud] : [])]) one.close();
  await flooding;
  await ingest.close();
  store.close();
  rmSync(home, { recursive: true });
  return waits;
}

async function listen(store: Store): Promise<{ readonly ingest: Ingest; readonly address: string }> {
  const names = ['loud', ...Array.from({ length: quietNodes }, (_, i) => `quiet-${i}`)];
  const ingest = await startIngest({
    log: store.log,
    identity: byTokens(names.map((name) => `token-${name} ${name}`).join('\n')),
    address: '127.0.0.1:0',
    onCommitted: () => undefined,
    onError: (error) => {
      throw error;
    },
    metrics: new IngestCounters(),
  });
  return { ingest, address: `127.0.0.1:${ingest.port}` };
}

function seen(subject: string, value: number): Observation {
  return { fact: 'file', subject, state: 'observed', value: { mode: value }, observedAt: new Date().toISOString() };
}

/** An agent that is welcomed and whose state of so many observations is stored. */
async function node(address: string, name: string, size: number) {
  const stream = peer(address, `token-${name}`);
  stream.say({
    sequence: '0',
    epoch: '',
    hello: { node: name, agentVersion: '0.1.0', lastEpoch: '', lastAcknowledged: '0', digest: '' },
  });
  const epoch = (await stream.hear())?.welcome?.epoch ?? '';
  const state = Array.from({ length: size }, (_, i) => seen(`/etc/file-${i}`, 0));
  const contents = new Map(state.map((one) => [keyOf(one), contentDigest(one)]));
  const chunks = Math.ceil(size / 2_000);
  const digest = stateDigest(contents);
  let sequence = 0;
  const say = (body: Omit<NodeMessage, 'sequence' | 'epoch'>) =>
    stream.say({ sequence: String(++sequence), epoch, ...body });
  for (let chunk = 0; chunk < chunks; chunk++) {
    const observations = state.slice(chunk * 2_000, (chunk + 1) * 2_000).map(toWire);
    say({ snapshot: { chunk, chunks, observations, digest: chunk === chunks - 1 ? digest : '' } });
  }
  await stream.hear();
  /** Says one change; the next acknowledgement is its. */
  const change = () => {
    const one = seen('/etc/file-0', sequence + 1);
    contents.set(keyOf(one), contentDigest(one));
    say({ delta: { changed: [toWire(one)], gone: [], digest: stateDigest(contents) } });
  };
  return { change, hear: stream.hear, close: stream.close };
}

type Node = Awaited<ReturnType<typeof node>>;

/** One change every fifth of a second; gives the milliseconds until each was acknowledged. */
async function changes(one: Node, until: number): Promise<readonly number[]> {
  const waits: number[] = [];
  await sleep(Math.random() * 200);
  while (performance.now() < until) {
    const began = performance.now();
    one.change();
    await one.hear();
    waits.push(performance.now() - began);
    await sleep(200);
  }
  return waits;
}

async function floodFrom(one: Node, signal: AbortSignal): Promise<void> {
  for (let i = 0; i < 8; i++) one.change();
  while (!signal.aborted && (await one.hear())) one.change();
}
