import { type Finding, rollUp, type Status, summarize, worst } from '@plumbline/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test.each<readonly [readonly Status[], Status]>([
  [['pass', 'fail', 'error'], 'fail'],
  [['pass', 'error', 'warn'], 'error'],
  [['pass', 'warn', 'not-applicable'], 'warn'],
  [['pass', 'not-applicable'], 'pass'],
  [['not-applicable'], 'not-applicable'],
  [[], 'not-applicable'],
])('the worst of %j is %s', (statuses, status) => {
  expect(worst(statuses)).toBe(status);
});

test('needs.md 5: controls that time out do not lift the score, and coverage falls', () => {
  const healthy = [...Array(85).fill('pass'), ...Array(15).fill('fail')] as Status[];
  const timedOut = [...Array(85).fill('pass'), ...Array(3).fill('fail'), ...Array(12).fill('error')] as Status[];
  expect(summarize(healthy).score).toBeCloseTo(0.85);
  expect(summarize(timedOut).score).toBeCloseTo(0.85);
  expect(summarize(timedOut).coverage).toBeCloseTo(0.88);
});

test('nothing judged has no score', () => {
  expect(summarize(['not-applicable'])).toMatchObject({ total: 1, score: null, coverage: null });
});

test('property: turning a pass into an error never raises the score', () => {
  const status = fc.constantFrom<Status>('pass', 'fail', 'warn', 'error', 'not-applicable');
  fc.assert(
    fc.property(fc.array(status, { minLength: 1 }), (statuses) => {
      const worse = statuses.map((one) => (one === 'pass' ? ('error' as const) : one));
      expect(summarize(worse).score ?? 0).toBeLessThanOrEqual(summarize(statuses).score ?? 0);
    }),
  );
});

test('one number on several nodes is one control: the worst, inconsistent where those that were judged differ', () => {
  const finding = (number: string, status: Status) =>
    ({ benchmark: 'b', number, control: `c-${number}`, title: 't', severity: 'low', level: '1', status }) as Finding;
  const rolled = rollUp([
    finding('1.1', 'pass'),
    finding('1.2', 'pass'),
    finding('1.1', 'fail'),
    finding('1.2', 'not-applicable'),
  ]);
  expect(rolled.map((one) => [one.number, one.status, one.inconsistent, one.counts.pass, one.counts.fail])).toEqual([
    ['1.1', 'fail', true, 1, 1],
    ['1.2', 'pass', false, 1, 0],
  ]);
});
