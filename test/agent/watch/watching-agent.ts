import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '@plumbline/core';
import { Bystanders, observeNode, realHost, watching } from '../../../agent/src/index.ts';
import { Loop } from '../../../agent/src/loop.ts';
import { diff, isEmpty, type State, stateOf } from '../../../agent/src/uplink/state.ts';
import { Vigil, type VigilOptions } from '../../../agent/src/watch/vigil.ts';
import { shippedPack } from '../../pack.ts';
import { plant } from '../planted.ts';

export interface WatchingOptions extends Pick<VigilOptions, 'mostWatched' | 'times'> {
  /** Called at the end of every look. */
  readonly during?: () => void;
}

/** What the agent did: looks, keys of observations that changed since somebody emptied the list, and the current state. */
export interface Story {
  looks: number;
  changes: string[];
  now: State;
}

export interface WatchingAgent {
  readonly story: Story;
  readonly vigil: Vigil;
  /** Where a path of the node lies. */
  at(path: string): string;
  /** Resolves with the look after which the condition holds; throws after ten seconds. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** A whole agent but for its stream, over a recorded node as a tree: looks by the hour unless something is noticed. Resolves when it watches. */
export async function watchingAgent(options: WatchingOptions = {}): Promise<WatchingAgent> {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-vigil-'));
  plant(root, readFileSync(join(import.meta.dirname, '../../nodes/kubeadm-control-plane.yaml'), 'utf8'));
  const host = realHost(root);
  const pack = shippedPack();
  const how = watching(host, pack);
  if (!how) throw new Error('a real host watches');
  const stop = new AbortController();
  const story: Story = { looks: 0, changes: [], now: new Map() };
  let wake: () => void = () => undefined;
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
    onFailure: (error) => story.changes.push(String(error)),
    clock: () => new Date(),
    random: () => 1,
    intervalSeconds: 3_600,
    rescanSeconds: 3_600,
    isWatched: () => vigil.whole,
  });
  function looked(observations: readonly Observation[]): void {
    const next = stateOf(observations, story.now);
    const change = diff(story.now, next);
    story.now = next;
    story.looks += 1;
    story.changes.push(...change.changed.map(({ wire }) => `${wire.fact} ${wire.subject}`));
    vigil.ends(observations, !isEmpty(change));
    wake();
  }
  async function until(condition: () => boolean): Promise<void> {
    const late = performance.now() + 10_000;
    while (!condition()) {
      if (performance.now() > late) throw new Error('it does not come');
      const looked = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await Promise.race([looked, sleep(1_000)]);
    }
  }
  vigil.start(stop.signal);
  const running = loop.run(stop.signal);
  await until(() => story.looks >= 2);
  story.changes = [];
  return {
    story,
    vigil,
    until,
    at: (path) => join(root, path),
    async close() {
      stop.abort();
      await running;
      rmSync(root, { recursive: true, force: true });
    },
  };
}
