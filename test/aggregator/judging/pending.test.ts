import { at, type Json, type NodeView } from '@plumbline/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Judging, startJudging } from '../../../aggregator/src/judging/judging.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { shippedPack } from '../../pack.ts';
import { type KubeletShown, kubelet, kubeletSubject as subject } from '../kubelet.ts';
import { freshFile, observations, send, start } from '../world.ts';

/** Files that change after their process started, over a real store: what runs is known by history, also after restarts of everything. */

let file: string;
let store: Store;
let judging: Judging;
let now: number;
let sequence: bigint;

const pack = shippedPack();

async function begin(): Promise<void> {
  store = await openStore(file);
  judging = startJudging({
    store,
    pack,
    clock: () => now,
    controlPlaneVersion: () => 'v1.34.1',
    fallbackVersion: 'v1.34.1',
    benchmark: undefined,
    interval: 1e9,
    changed: () => undefined,
    judged: () => undefined,
    failed: (error) => {
      throw error;
    },
  });
  await judging.settle();
}

function end(): void {
  judging.stop();
  store.close();
}

beforeEach(async () => {
  file = freshFile();
  now = start;
  sequence = 0n;
  await begin();
});
afterEach(end);

/** What the agent says, then the verdict on anonymous requests: status, actual, and what is pending. */
async function look(what: KubeletShown & { readonly node?: string }): Promise<string> {
  now += 1000;
  sequence += 1n;
  send(store, what.node ?? 'one', kubelet(what), (now - start) / 1000, sequence);
  await judging.settle();
  return verdict(what.node);
}

function verdict(node = 'one'): string {
  const { findings } = store.queries.page({ lines: store.queries.lines(), limit: 1000, evidence: true });
  const found = findings.find((one) => one.control === 'kubelet-anonymous-auth' && one.node === node);
  const [line] = found?.evidence ?? [];
  const pending = line?.pending
    ? ` pending ${line.pending.running === 'unknown' ? 'unknown' : String(line.pending.actual)}`
    : '';
  return `${found?.status} ${String(line?.actual)}${pending}`;
}

test('edited, restarted: pending at once, in force with the restart', async () => {
  expect(await look({ anonymous: false })).toBe('pass false');
  expect(await look({ anonymous: true, age: 'after-start' })).toBe('pass false pending true');
  expect(await look({ anonymous: true, pid: 2 })).toBe('fail true');
  expect(await look({ anonymous: false, pid: 2, age: 'after-start' })).toBe('fail true pending false');
  expect(await look({ anonymous: false, pid: 3 })).toBe('pass false');
});

test('edited twice, and back', async () => {
  await look({ anonymous: true });
  expect(await look({ anonymous: false, age: 'after-start' })).toBe('fail true pending false');
  expect(await look({ anonymous: 'gone', age: 'after-start' })).toBe('fail true pending null');
  expect(await look({ anonymous: false, age: 'after-start' })).toBe('fail true pending false');
  expect(await look({ anonymous: true, age: 'after-start' })).toBe('fail true');
});

test('edited and restarted between two looks', async () => {
  await look({ anonymous: false });
  expect(await look({ anonymous: true, pid: 2 })).toBe('fail true');
});

test('restarted and edited between two looks: what stood before is what it read', async () => {
  await look({ anonymous: false });
  expect(await look({ anonymous: true, pid: 2, age: 'after-start' })).toBe('pass false pending true');
});

test('edited while another process ran, restarted, edited again', async () => {
  await look({ anonymous: false });
  await look({ anonymous: true, age: 'after-start' });
  await look({ anonymous: true, pid: 2 });
  expect(await look({ anonymous: false, pid: 2, age: 'after-start' })).toBe('fail true pending false');
});

test('changed before anybody looked: judged as it lies, and said', async () => {
  expect(await look({ anonymous: true, age: 'after-start' })).toBe('fail true pending unknown');
  expect(await look({ anonymous: false, age: 'after-start' })).toBe('pass false pending unknown');
  expect(await look({ anonymous: false, pid: 2 })).toBe('pass false');
});

test('only its mode changed before anybody looked: then it changed', async () => {
  expect(await look({ anonymous: true, age: 'touched' })).toBe('fail true');
  expect(await look({ anonymous: false, age: 'after-start' })).toBe('fail true pending false');
});

test('content that came with an older time, by name, is seen by history', async () => {
  await look({ anonymous: true });
  expect(await look({ anonymous: false, age: 'touched' })).toBe('fail true pending false');
});

test('a process that was not seen for a moment is the same one', async () => {
  await look({ anonymous: false });
  await look({ anonymous: true, age: 'after-start' });
  now += 1000;
  sequence += 1n;
  send(store, 'one', observations(), (now - start) / 1000, sequence);
  await judging.settle();
  expect(await look({ anonymous: true, age: 'after-start' })).toBe('pass false pending true');
});

test('an aggregator that restarts, and verdicts that are dropped, come to the same rows', async () => {
  await look({ anonymous: false });
  await look({ anonymous: true, age: 'after-start' });
  const lines = () => {
    const { findings } = store.queries.page({ lines: store.queries.lines(), limit: 1000, evidence: true });
    return findings.map(({ since: _, until: __, ...one }) => one);
  };
  const before = lines();
  end();
  await begin();
  expect(verdict()).toBe('pass false pending true');
  expect(lines()).toEqual(before);
  store.dropVerdicts();
  judging.all();
  await judging.settle();
  expect(lines()).toEqual(before);
});

test('nodes with the same facts and another past are not alike', async () => {
  await look({ anonymous: false });
  await look({ anonymous: true, node: 'two' });
  expect(await look({ anonymous: true, age: 'after-start' })).toBe('pass false pending true');
  expect(await look({ anonymous: true, age: 'after-start', node: 'two' })).toBe('fail true');
});

test('a second kubelet by the same pid, at another start', async () => {
  await look({ anonymous: false });
  expect(await look({ anonymous: true, pid: 2 })).toBe('fail true');
  expect(await look({ anonymous: true, pid: 1, age: 'before-start' })).toBe('fail true');
});

test('controls of the cluster see what runs, and its restart, even where nothing else changed', async () => {
  const seen = () => {
    const [node] = judging.clusterNodes.nodes();
    return nodeSetting(node?.view());
  };
  await look({ anonymous: false });
  expect(seen()).toBe(false);
  const before = judging.clusterNodes.generation();
  await look({ anonymous: true, age: 'after-start' });
  expect(seen()).toBe(false);
  const edited = judging.clusterNodes.generation();
  expect(edited).toBeGreaterThan(before);
  await look({ anonymous: true, age: 'after-start', pid: 2 });
  expect(judging.clusterNodes.generation()).toBeGreaterThan(edited);
  expect(seen()).toBe(true);
});

function nodeSetting(view: NodeView | undefined): Json | undefined {
  const value = view?.get('kubelet.config', subject)?.value;
  return value === undefined ? undefined : at(value, 'document.authentication.anonymous.enabled');
}
