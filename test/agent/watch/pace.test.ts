import { expect, test } from 'vitest';
import { Pace, pace } from '../../../agent/src/watch/pace.ts';

test('nothing noted, nothing due', () => {
  expect(new Pace().due).toBeUndefined();
});

test('a change is due when it has settled, a row of changes at the latest after its bound', () => {
  const one = new Pace();
  one.note(1_000);
  expect(one.due).toBe(1_000 + pace.settle);
  for (let now = 1_000; now <= 2_000; now += 10) one.note(now);
  expect(one.due).toBe(1_000 + pace.longest);
});

test('a look that begins answers what was noted, and what comes during it is due after it', () => {
  const one = new Pace();
  one.note(0);
  one.begins();
  expect(one.due).toBeUndefined();
  one.note(10);
  expect(one.due).toBeUndefined();
  one.ends(30, true);
  expect(one.due).toBe(30 + pace.busy);
});

/** When looks begin that take 30 ms each, while something is noted every 5 ms. */
function storm(milliseconds: number, different: boolean): readonly number[] {
  const one = new Pace();
  const looks: number[] = [];
  for (let now = 0; now < milliseconds; now += 5) {
    one.note(now);
    if (one.due === undefined || one.due > now) continue;
    looks.push(now);
    one.begins();
    one.note(now + 1);
    one.ends(now + 30, different);
  }
  return looks;
}

test('a storm of real changes is followed four times a second at most', () => {
  const looks = storm(60_000, true);
  expect(looks.length).toBeGreaterThan(120);
  expect(looks.length).toBeLessThanOrEqual(60 * 4 + 1);
});

test('a storm that says nothing is looked at ever less, and at least every six seconds', () => {
  const looks = storm(120_000, false);
  expect(looks.length).toBeLessThan(35);
  const gaps = looks.slice(1).map((at, index) => at - (looks[index] ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(6_000);
});

test('after a calm nothing is held against a change', () => {
  const one = new Pace();
  for (let now = 0; now < 10_000; now += 1_000) {
    one.begins();
    one.ends(now, false);
  }
  one.begins();
  one.ends(100_000, false);
  one.note(100_001);
  expect(one.due).toBe(100_000 + pace.vain[0]);
});
