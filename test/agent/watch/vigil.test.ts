import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '@plumbline/core';
import { afterEach, expect, test } from 'vitest';
import { Bystanders, observeNode, realHost, watching } from '../../../agent/src/index.ts';
import { Loop } from '../../../agent/src/loop.ts';
import { diff, isEmpty, type State, stateOf } from '../../../agent/src/uplink/state.ts';
import { Vigil } from '../../../agent/src/watch/vigil.ts';
import { shippedPack } from '../../pack.ts';
import { plant } from '../planted.ts';

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0)) await one();
});

/** A whole agent but for its stream, over a recorded node as a tree: looks by the hour unless something is noticed. */
async function agent(options: { readonly mostWatched?: number; readonly during?: () => void } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-vigil-'));
  plant(root, readFileSync(join(import.meta.dirname, '../../nodes/kubeadm-control-plane.yaml'), 'utf8'));
  const host = realHost(root);
  const pack = shippedPack();
  const how = watching(host, pack);
  if (!how) throw new Error('a real host watches');
  const stop = new AbortController();
  const state = { looks: 0, changes: [] as string[], now: new Map() as State, wake: () => undefined as void };
  const bystanders = new Bystanders();
  const clock = () => new Date().toISOString();
  const vigil = new Vigil({ ...how, ...options, onDue: () => loop.lookAgain() });
  const loop: Loop = new Loop({
    async observe(signal) {
      vigil.begins();
      const { unwatched } = vigil.coverage;
      const seen = await observeNode({ host, pack, clock, versions: {}, bystanders, signal, unwatched });
      options.during?.();
      return seen;
    },
    onLook: (observations) => looked(observations),
    onFailure: (error) => expect.fail(String(error)),
    clock: () => new Date(),
    random: () => 1,
    intervalSeconds: 3_600,
    rescanSeconds: 3_600,
    isWatched: () => vigil.whole,
  });
  function looked(observations: readonly Observation[]): void {
    const next = stateOf(observations, state.now);
    const change = diff(state.now, next);
    state.now = next;
    state.looks += 1;
    state.changes.push(...change.changed.map(({ wire }) => `${wire.fact} ${wire.subject}`));
    vigil.ends(observations, !isEmpty(change));
    state.wake();
  }
  vigil.start(stop.signal);
  const running = loop.run(stop.signal);
  cleanup.push(async () => {
    stop.abort();
    await running;
    rmSync(root, { recursive: true, force: true });
  });
  const until = async (condition: () => boolean) => {
    const late = performance.now() + 10_000;
    while (!condition()) {
      if (performance.now() > late) throw new Error('it does not come');
      await Promise.race([new Promise<void>((resolve) => (state.wake = resolve)), sleep(100)]);
    }
  };
  await until(() => state.looks >= 2);
  state.changes = [];
  return { root, state, vigil, until, at: (path: string) => join(root, path) };
}

test('a change is looked at at once, and the node is whole from the second look on', async () => {
  const { vigil, state, until, at } = await agent();
  expect(vigil.whole).toBe(true);
  expect(vigil.coverage.unwatched).toEqual([]);
  const { looks } = state;
  chmodSync(at(manifest), 0o666);
  await until(() => state.changes.length > 0);
  expect(state.changes).toEqual([`file ${manifest}`]);
  expect(state.looks).toBe(looks + 1);
});

test('thousands of changes cost few looks, and the last is seen', async () => {
  const { state, until, at } = await agent();
  const { looks } = state;
  const began = performance.now();
  for (let count = 0; count < 200; count++) {
    for (let more = 0; more < 20; more++) writeFileSync(at(`/etc/kubernetes/pki/storm-${more}.crt`), `${count}`);
    await sleep(5);
  }
  writeFileSync(at('/etc/kubernetes/pki/last.crt'), 'no certificate');
  await until(
    () =>
      state.now.has('certificates\0/etc/kubernetes/pki/last.crt') ||
      [...state.now.keys()].some((key) => key.endsWith('last.crt')),
  );
  const seconds = (performance.now() - began) / 1_000;
  expect(state.looks - looks).toBeGreaterThan(1);
  expect(state.looks - looks).toBeLessThanOrEqual(4 * seconds + 3);
});

test('what changes during a look is looked at after it', async () => {
  let path = '';
  const change = () => {
    if (path === '') return;
    writeFileSync(`${path}.new`, readFileSync(path));
    chmodSync(`${path}.new`, 0o666);
    renameSync(`${path}.new`, path);
    path = '';
  };
  const { state, until, at } = await agent({ during: change });
  path = at('/etc/kubernetes/admin.conf');
  chmodSync(at(manifest), 0o666);
  await until(() => state.changes.includes('file /etc/kubernetes/admin.conf'));
  expect(state.changes[0]).toBe(`file ${manifest}`);
});

test('where not everything can be watched the node is not whole, and the agent says what', async () => {
  const { state, vigil } = await agent({ mostWatched: 5 }).catch(() => expect.fail('the second look did not come'));
  expect(vigil.whole).toBe(false);
  expect(vigil.coverage.watched).toBe(5);
  const agentFact = state.now.get('node.agent\0node')?.wire.value ?? '';
  expect(JSON.parse(agentFact).unwatched[0]).toMatch(/: more than 5 directories$/);
});
