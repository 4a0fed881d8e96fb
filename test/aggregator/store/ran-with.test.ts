import { at, type ConfigAge, type Json } from '@plumbline/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { kubelet, kubeletSubject } from '../kubelet.ts';
import { freshFile, observations, send, start } from '../world.ts';

/** One thing that happens on a node; `lost`: its kubelet is not seen in one look. */
type Step = 'open' | 'shut' | 'touch' | 'restart' | 'lost';

/** A node with one kubelet, as it really is. */
class Node {
  file = false;
  read = false;
  age: ConfigAge = 'before-start';
  pid = 1;

  step(step: Step): void {
    if (step === 'open' || step === 'shut') this.#edit(step === 'open');
    if (step === 'touch' && this.age === 'before-start') this.age = 'touched';
    if (step === 'restart') this.#restart();
  }

  #edit(open: boolean): void {
    this.file = open;
    this.age = 'after-start';
  }

  #restart(): void {
    this.read = this.file;
    this.age = 'before-start';
    this.pid += 1;
  }

  /** What an agent sees of it. */
  shown() {
    return kubelet({ anonymous: this.file, pid: this.pid, age: this.age });
  }
}

const step = fc.constantFrom<Step>('open', 'shut', 'touch', 'restart', 'lost');
/** What happens between two looks: one thing, or a restart with an edit before or after it. */
const between = fc.oneof(
  { weight: 4, arbitrary: step.map((one) => [one]) },
  fc.constantFrom<Step[]>(
    ['open', 'restart'],
    ['shut', 'restart'],
    ['restart', 'open'],
    ['restart', 'shut'],
    ['restart', 'touch'],
  ),
);

async function lookAt(store: Store, node: Node, steps: readonly Step[], seconds: number): Promise<void> {
  for (const one of steps) node.step(one);
  if (steps[0] === 'lost') send(store, 'n', observations(), seconds, BigInt(seconds));
  send(store, 'n', node.shown(), seconds + 1, BigInt(seconds + 1));
}

function runsNow(store: Store, node: Node): Json | undefined {
  const now = store.observations('n').find((seen) => seen.fact === 'kubelet.config');
  const ran = node.age === 'before-start' ? now : store.ran('n')('kubelet.config', kubeletSubject);
  return at(ran?.value ?? null, 'document.authentication.anonymous.enabled');
}

test('whatever happens on a node that is looked at, history knows what runs', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(between, { maxLength: 15 }), fc.nat(9), async (looks, dice) => {
      const file = dice === 0 ? freshFile() : ':memory:';
      let store = await openStore(file);
      const node = new Node();
      await lookAt(store, node, [], 0);
      for (const [index, steps] of looks.entries()) {
        await lookAt(store, node, steps, 2 * index + 2);
        expect(runsNow(store, node)).toBe(node.read);
      }
      if (dice === 0) {
        store.close();
        store = await openStore(file);
        expect(runsNow(store, node)).toBe(node.read);
      }
      store.close();
    }),
    { numRuns: 60 },
  );
});

test('the past is asked as of an instant', async () => {
  const file = freshFile();
  const store = await openStore(file);
  const looks = [
    kubelet({ anonymous: false }),
    kubelet({ anonymous: true, age: 'after-start' }),
    kubelet({ anonymous: true, pid: 2 }),
    kubelet({ anonymous: false, pid: 2, age: 'after-start' }),
  ];
  for (const [index, look] of looks.entries()) send(store, 'n', look, index * 10, BigInt(index + 1));
  const id = store.nodes.get('n')?.id ?? -1;
  const runsAt = (seconds: number) => {
    const ran = store.past.ran(id, start + seconds * 1000)('kubelet.config', kubeletSubject);
    return ran && at(ran.value ?? null, 'document.authentication.anonymous.enabled');
  };
  expect([-1, 0, 15, 25, 35].map(runsAt)).toEqual([undefined, false, false, true, true]);
  expect(store.ran('n')('kubelet.drop-ins', kubeletSubject)).toBeUndefined();
  expect(store.ran('nobody')('kubelet.config', kubeletSubject)).toBeUndefined();
  store.close();
});

test('a purge leaves what still runs, and forgets it once it does not', async () => {
  const store = await openStore(':memory:');
  const day = 86_400;
  const see = (days: number, look: ReturnType<typeof kubelet>) => send(store, 'n', look, days * day, BigInt(days + 1));
  const purge = (days: number) => {
    for (const _ of store.purging.purge(start + days * day * 1000));
  };
  const id = () => store.nodes.get('n')?.id ?? -1;
  const runsAt = (days: number) =>
    at(
      store.past.ran(id(), start + days * day * 1000)('kubelet.config', kubeletSubject)?.value ?? null,
      'document.authentication.anonymous.enabled',
    );
  see(0, kubelet({ anonymous: true }));
  see(1, kubelet({ anonymous: false, pid: 2 }));
  see(2, kubelet({ anonymous: true, pid: 2, age: 'after-start' }));
  see(3, kubelet({ anonymous: 'gone', pid: 2, age: 'after-start' }));
  purge(100);
  expect(runsAt(100)).toBe(false);
  expect(runsAt(150)).toBe(false);
  see(150, kubelet({ anonymous: true, pid: 3 }));
  purge(149);
  expect(runsAt(149)).toBe(false);
  const facts = () => store.past.fact(id(), 'kubelet.config', start + 2.5 * day * 1000).read();
  expect(facts()).toHaveLength(1);
  purge(151);
  expect(facts()).toHaveLength(0);
  expect(runsAt(151)).toBe(true);
  // Restarted and edited between two looks: what stood before ended with the first sight of the process.
  see(160, kubelet({ anonymous: false, pid: 4, age: 'after-start' }));
  purge(300);
  expect(runsAt(300)).toBe(true);
  store.close();
});
