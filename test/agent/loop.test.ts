import type { Observation } from '@plumbline/core';
import { expect, test } from 'vitest';
import { Loop, type LoopOptions, type Pass, restartedMeanwhile } from '../../agent/src/loop.ts';

const observedAt = '2026-01-01T00:00:00.000Z';

function component(...instances: string[]): Observation {
  return { fact: 'component', subject: 'kubelet', state: 'observed', value: { instances, manifests: [] }, observedAt };
}

function process(subject: string, state: 'observed' | 'absent'): Observation {
  return {
    fact: 'process.instance',
    subject,
    state,
    value: state === 'observed' ? { pid: 1, startTime: '1' } : null,
    observedAt,
  };
}

/** Runs a loop until `passes` looks have ended, in the loop's own time. */
async function run(observe: LoopOptions['observe'], passes: number, options: Partial<LoopOptions> = {}) {
  const stop = new AbortController();
  const looks: Pass[] = [];
  const failures: unknown[] = [];
  const ended = () => {
    if (looks.length + failures.length === passes) stop.abort();
    else loop.lookNow();
  };
  const loop: Loop = new Loop({
    observe,
    onLook: (_observations, pass) => {
      looks.push(pass);
      ended();
    },
    onFailure: (error) => {
      failures.push(error);
      ended();
    },
    clock: () => new Date(observedAt),
    random: () => 0.5,
    intervalSeconds: 60,
    atMostEvery: 0,
    ...options,
  });
  await loop.run(stop.signal);
  return { looks, failures, loop };
}

test('a component that restarted meanwhile is looked at once more, not for ever', async () => {
  let calls = 0;
  const gone = [component('kubelet@a'), process('kubelet@a', 'absent')];
  const { looks } = await run(async () => {
    calls++;
    return gone;
  }, 1);
  expect(calls).toBe(2);
  expect(looks.map((pass) => pass.repeated)).toEqual([true]);
});

test.each([
  [[component('a'), process('a', 'observed')], false],
  [[component('a'), process('a', 'absent')], true],
  [[component(), process('a', 'absent')], false],
  [[], false],
])('restarted meanwhile: %#', (observations, restarted) => {
  expect(restartedMeanwhile(observations)).toBe(restarted);
});

test('a pass that fails is said and the next one looks', async () => {
  let calls = 0;
  const { looks, failures } = await run(async () => {
    if (calls++ === 0) throw new Error('the host vanished');
    return [];
  }, 2);
  expect([looks.length, failures.length]).toEqual([1, 1]);
});

test('passes never overlap, even when one ignores its deadline', async () => {
  let open = 0;
  let most = 0;
  await run(
    async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 10));
      open--;
      return [];
    },
    4,
    { passWithin: 1 },
  );
  expect(most).toBe(1);
});

test('a pass is told when its time is over', async () => {
  const observe = (signal: AbortSignal) =>
    new Promise<readonly Observation[]>((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    );
  const { failures } = await run(observe, 1, { passWithin: 5 });
  expect(failures).toHaveLength(1);
});

test.each([
  [0, 10],
  [30, 30],
  [1e9, 3_600],
])('an interval of %d s becomes %d s', async (asked, becomes) => {
  const { loop } = await run(async () => [], 1);
  loop.setInterval(asked);
  expect(loop.intervalSeconds).toBe(becomes);
});

/** What a loop of short times does until it has looked so often: looks and quiet intervals in order. */
async function story(looks: number, options: Partial<LoopOptions>): Promise<readonly string[]> {
  const stop = new AbortController();
  const told: string[] = [];
  const loop = new Loop({
    observe: async () => [],
    onLook: () => {
      told.push('look');
      if (told.filter((one) => one === 'look').length === looks) stop.abort();
    },
    onQuiet: () => told.push('quiet'),
    onFailure: (error) => told.push(String(error)),
    clock: () => new Date(observedAt),
    random: () => 1,
    intervalSeconds: 0.05,
    rescanSeconds: 0.2,
    ...options,
  });
  await loop.run(stop.signal);
  return told;
}

test('while a change would be noticed, intervals are quiet and looks are rare', async () => {
  const told = await story(3, { isWatched: () => true });
  expect(told.slice(0, 1)).toEqual(['look']);
  expect(told.length).toBeGreaterThanOrEqual(3 + 2 * 3);
});

test('where a change would not be noticed every interval has its look', async () => {
  expect(await story(4, { isWatched: () => false })).toEqual(['look', 'look', 'look', 'look']);
  let watched = true;
  const lost = await story(3, {
    intervalSeconds: 0.05,
    rescanSeconds: 3_600,
    isWatched: () => watched,
    onQuiet: () => {
      watched = false;
    },
  });
  expect(lost).toEqual(['look', 'look', 'look']);
});

test('a change that is noticed is looked at without waiting, however lately the last look was', async () => {
  let looks = 0;
  const began = performance.now();
  const stop = new AbortController();
  const loop: Loop = new Loop({
    observe: async () => [],
    onLook: () => {
      looks += 1;
      if (looks === 3) stop.abort();
      else setTimeout(() => loop.lookAgain(), 5);
    },
    onFailure: () => stop.abort(),
    clock: () => new Date(observedAt),
    random: () => 1,
    intervalSeconds: 3_600,
  });
  await loop.run(stop.signal);
  expect(looks).toBe(3);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('a pass answers who asked before it began, not who asks while it is on; one that fails answers nobody', async () => {
  const stop = new AbortController();
  const answers: string[] = [];
  let passes = 0;
  const loop: Loop = new Loop({
    observe: async () => {
      passes += 1;
      if (passes === 1) loop.lookNow('one');
      if (passes === 2) throw new Error('this look fails');
      return [];
    },
    onLook: (_observations, pass) => {
      answers.push(pass.answers);
      if (answers.length === 3) stop.abort();
      else loop.lookAgain();
    },
    onFailure: () => loop.lookAgain(),
    clock: () => new Date(observedAt),
    random: () => 1,
    intervalSeconds: 3_600,
    atMostEvery: 0,
  });
  await loop.run(stop.signal);
  expect(answers).toEqual(['', 'one', '']);
});
