import { afterEach, expect, test } from 'vitest';
import { reports } from '../../../aggregator/src/api/reports.ts';
import { dateOf, dayOf } from '../../../aggregator/src/history/calendar.ts';
import { rollUp } from '../../../aggregator/src/history/roll-up.ts';
import type { SeriesKind } from '../../../aggregator/src/store/scores.ts';
import { type Served, serve } from '../api/served.ts';
import { observations, send, start } from '../world.ts';

const day = 86_400;
let served: Served;
afterEach(() => served.close());

/** Rolls up as of so many days after the first of March 2026; so many steps, or all. */
function roll(days: number, steps = Number.POSITIVE_INFINITY): void {
  const { store, parts } = served;
  const work = rollUp({ store, reports: reports(parts), clock: () => start + days * day * 1000 });
  for (let step = 0; step < steps && !work.next().done; step++);
}

/** Every stored point of a kind as `name period pass/fail/warn/error/n-a [lowest..highest]`. */
function points(kind: SeriesKind, step: 'day' | 'month' = 'day'): readonly string[] {
  const { scores } = served.store.queries;
  return scores.series(kind).flatMap((one) =>
    scores.points(one.id, step, 0, dayOf(start) + 400).map(({ day: period, counts, lowest, highest }) => {
      const name = [one.benchmark, one.name].filter((part) => part !== '').join(' ');
      const range = step === 'month' ? ` ${lowest}..${highest}` : '';
      return `${name || 'all'} ${dateOf(period)} ${Object.values(counts.raw).join('/')}${range}`;
    }),
  );
}

async function twoNodes(): Promise<void> {
  served = await serve({ interval: 400 * day * 1000 });
  send(served.store, 'one', observations({ mode: '0600' }), 10);
  send(served.store, 'two', observations({ mode: '0600' }), 10);
  await served.settle(10);
}

test('a day is rolled up when it is over, and a day like the one before is not written', async () => {
  await twoNodes();
  roll(0.9);
  expect(points('cluster')).toEqual([]);
  roll(3.5);
  expect(points('node')).toEqual(['one 2026-03-01 1/0/0/0/2', 'two 2026-03-01 1/0/0/0/2']);
  expect(served.store.scores.rolledUp()).toBe(dayOf(start) + 2);
});

test('a point is how things stood at the end of the day, whatever was in between', async () => {
  await twoNodes();
  send(served.store, 'one', observations({ mode: '0644' }), 1.2 * day, 2n);
  await served.settle(1.2 * day);
  send(served.store, 'two', observations({ mode: '0644' }), 1.3 * day, 2n);
  await served.settle(1.3 * day);
  send(served.store, 'two', observations({ mode: '0600' }), 1.4 * day, 3n);
  await served.settle(1.4 * day);
  roll(2);
  expect(points('node')).toEqual(['one 2026-03-01 1/0/0/0/2', 'one 2026-03-02 0/1/0/0/2', 'two 2026-03-01 1/0/0/0/2']);
  expect(points('control').filter((one) => one.includes(' 4.1.1 '))).toEqual([
    'cis/kubernetes-2.0 4.1.1 2026-03-01 2/0/0/0/0',
    'cis/kubernetes-2.0 4.1.1 2026-03-02 1/1/0/0/0',
  ]);
});

test('a month has its end, and the lowest and highest end of its days; months without a change as well', async () => {
  await twoNodes();
  send(served.store, 'one', observations({ mode: '0644' }), 10 * day, 2n);
  await served.settle(10 * day);
  send(served.store, 'one', observations({ mode: '0600' }), 20 * day, 3n);
  await served.settle(20 * day);
  roll(70);
  expect(points('node', 'month').filter((one) => one.startsWith('one'))).toEqual([
    'one 2026-03-01 1/0/0/0/2 0..1',
    'one 2026-04-01 1/0/0/0/2 1..1',
  ]);
});

test('months of being down are caught up to what a roll-up each day would have written', async () => {
  const turn = async (each: (days: number) => void) => {
    await twoNodes();
    for (let days = 1; days < 75; days += 7) {
      send(served.store, 'one', observations({ mode: days % 2 === 0 ? '0600' : '0644' }), days * day, BigInt(days + 1));
      await served.settle(days * day);
      each(days);
    }
    roll(80);
    return (['cluster', 'section', 'control', 'node'] as const).flatMap((kind) => [
      ...points(kind),
      ...points(kind, 'month'),
    ]);
  };
  const daily = await turn((days) => roll(days));
  await served.close();
  const late = await turn(() => undefined);
  expect(late.length).toBeGreaterThan(40);
  expect(late).toEqual(daily);
});

test('broken off at any step and done again it writes the same', async () => {
  const rolled = async (steps: number) => {
    await twoNodes();
    send(served.store, 'one', observations({ mode: '0644' }), 20 * day, 2n);
    await served.settle(20 * day);
    roll(40, steps);
    roll(40);
    return [...points('control'), ...points('node'), ...points('node', 'month'), ...points('cluster', 'month')];
  };
  const whole = await rolled(0);
  for (const steps of [1, 2, 7, 63, 64, 65, 66, 67, 68, 69, 70]) {
    await served.close();
    expect(await rolled(steps), `after ${steps} steps`).toEqual(whole);
  }
});

test('a node that is deleted ends with a point of nothing and has no month after', async () => {
  await twoNodes();
  served.store.nodes.patch('two', { deletedAt: start + 3 * day * 1000, listed: false });
  served.store.judge('two', [], start + 3 * day * 1000);
  roll(70);
  expect(points('node').filter((one) => one.startsWith('two'))).toEqual([
    'two 2026-03-01 1/0/0/0/2',
    'two 2026-03-04 0/0/0/0/0',
  ]);
  expect(points('node', 'month').filter((one) => one.startsWith('two'))).toEqual(['two 2026-03-01 0/0/0/0/0 1..1']);
});
