import { afterAll, beforeAll, expect, test } from 'vitest';
import { reports } from '../../../aggregator/src/api/reports.ts';
import { rollUp } from '../../../aggregator/src/history/roll-up.ts';
import { observations, send, start } from '../world.ts';
import { type Served, serve } from './served.ts';

interface Point {
  readonly period: string;
  readonly at: string;
  readonly complete: boolean;
  readonly pass: number;
  readonly fail: number;
  readonly score: number | null;
  readonly lowest: number | null;
  readonly highest: number | null;
}
interface Answer {
  readonly from: string;
  readonly to: string;
  readonly series: readonly {
    readonly benchmark: string | null;
    readonly node: string | null;
    readonly section: string | null;
    readonly control: string | null;
    readonly number: string | null;
    readonly points: readonly Point[];
  }[];
  readonly marks: readonly { readonly kind: string; readonly at: string; readonly version: string | null }[];
  readonly nextCursor: string | null;
}

const day = 86_400;
let served: Served;
/** Two nodes from the first of March 2026 on; `one` fails from the 11th on; it is the fifth of May, noon. */
beforeAll(async () => {
  served = await serve({ interval: 400 * day * 1000 });
  served.store.rememberProgram('0.1.0', start);
  send(served.store, 'one', observations({ mode: '0600' }), 10);
  send(served.store, 'two', observations({ mode: '0600' }), 10);
  await served.settle(10);
  send(served.store, 'one', observations({ mode: '0644' }), 10.5 * day, 2n);
  await served.settle(10.5 * day);
  served.store.rememberProgram('0.2.0', start + 12.5 * day * 1000);
  send(served.store, 'two', observations({ mode: '0644' }), 65.4 * day, 2n);
  await served.settle(65.5 * day);
  const { store, parts } = served;
  for (const _ of rollUp({ store, reports: reports(parts), clock: parts.clock }));
});
afterAll(() => served.close());

async function ask(query: string): Promise<Answer> {
  const { status, body } = await served.get(`/api/v1/trend?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as Answer;
}
const shown = ({ points }: Answer['series'][number]) => points.map((one) => `${one.period} ${one.pass}/${one.fail}`);

test('days without a change are shown like the day before, and today as it stands', async () => {
  const { series } = await ask('of=control&control=kubelet-mode&from=2026-03-10&to=2026-03-13');
  expect(series).toMatchObject([{ benchmark: 'cis/kubernetes-2.0', control: 'kubelet-mode', number: '4.1.1' }]);
  expect(series.map(shown)).toEqual([['2026-03-10 2/0', '2026-03-11 1/1', '2026-03-12 1/1', '2026-03-13 1/1']]);
  const now = await ask('of=control&control=4.1.1&from=2026-05-04');
  expect(now.series.map(shown)).toEqual([['2026-05-04 1/1', '2026-05-05 0/2']]);
  expect(now.series[0]?.points.map((one) => [one.complete, one.at])).toEqual([
    [true, '2026-05-04T23:59:59.999Z'],
    [false, '2026-05-05T12:00:00.000Z'],
  ]);
});

test('months show their end, and the lowest and highest of their days', async () => {
  const { series, from, to } = await ask('of=node&node=one&step=month');
  expect([from, to]).toEqual(['2025-06-01', '2026-05-05']);
  expect(series).toMatchObject([{ node: 'one', benchmark: null, control: null }]);
  expect(series[0]?.points).toMatchObject([
    { period: '2026-03', fail: 1, score: 0, lowest: 0, highest: 1, complete: true },
    { period: '2026-04', fail: 1, score: 0, lowest: 0, highest: 0, complete: true },
    { period: '2026-05', fail: 1, score: 0, lowest: null, highest: null, complete: false },
  ]);
});

test('what changed about judging is marked, so that a step of the score is not taken for the nodes', async () => {
  const { marks } = await ask('from=2026-03-01');
  expect(marks.map((one) => [one.kind, one.version, one.at.slice(0, 10)])).toEqual([
    ['program', '0.1.0', '2026-03-01'],
    ['program', '0.2.0', '2026-03-13'],
  ]);
});

test('the points of the cluster are what the summary says as of their times', async () => {
  const { series } = await ask('from=2026-03-01&benchmark=cis/kubernetes-2.0');
  for (const point of series[0]?.points.filter((_, index) => index % 10 === 0) ?? []) {
    const { body } = await served.get(`/api/v1/summary?at=${point.at}`);
    const { summary } = body as { summary: Record<string, unknown> };
    const { period: _, at: __, complete: ___, lowest: ____, highest: _____, ...counts } = point;
    expect(summary).toMatchObject(counts);
  }
  expect(series[0]?.points).toHaveLength(66);
});

test('pages of series join, in the order of numbers', async () => {
  const whole = await ask('of=control&step=month');
  const seen: Answer['series'][number][] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Answer = await ask(`of=control&step=month&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
    expect(page.series).toHaveLength(1);
    seen.push(...page.series);
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(whole.series);
  expect(seen.map((one) => one.number)).toEqual(['1.2.9', '2.1', '4.1.1', '5.1.1']);
  expect((await ask('of=section&section=4')).series.map((one) => one.section)).toEqual(['4']);
});

test.each([
  ['of=node&node=nobody', 404, 'no node nobody'],
  ['of=node&control=kubelet-mode', 400, 'control does not go with of=node'],
  ['of=control&control=nothing', 400, 'no control nothing'],
  ['benchmark=cis/kubernetes-9', 400, 'no benchmark cis/kubernetes-9'],
  ['from=2026-05-01&to=2026-04-01', 400, 'from lies behind to'],
  ['from=1970-01-01', 400, 'more than 4000 days apart'],
  ['of=cluster&cursor=abc', 400, 'cursor'],
  ['step=week', 400, 'step'],
])('%s is refused with %i', async (query, status, words) => {
  const answer = await served.get(`/api/v1/trend?${query}`);
  expect(answer).toMatchObject({ status, body: { detail: expect.stringContaining(words) } });
});
