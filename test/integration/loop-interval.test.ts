import { expect, test } from 'vitest';
import { Loop } from '../../agent/src/loop.ts';

test('a shorter interval counts at once, not after the rest that is on', async () => {
  const stop = new AbortController();
  let looks = 0;
  const loop = new Loop({
    observe: async () => [],
    onLook: () => {
      looks += 1;
      if (looks === 2) stop.abort();
      // A share of 0.001 of an hour is 3.6 s, of ten seconds 10 ms.
      else setTimeout(() => loop.setInterval(10), 5);
    },
    onFailure: () => stop.abort(),
    clock: () => new Date(),
    random: () => 0.001,
    intervalSeconds: 3_600,
  });
  const began = performance.now();
  await loop.run(stop.signal);
  expect(looks).toBe(2);
  expect(performance.now() - began).toBeLessThan(3_000);
});
