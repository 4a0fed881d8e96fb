import {
  type Finding,
  findingCounts,
  percent,
  plainVersion,
  ratiosOf,
  rollUp,
  rollUpCounted,
  type Status,
  statusCounts,
  subjectCounts,
  summarize,
  summaryOf,
  summaryOfCounted,
  summaryOfCounts,
  worst,
} from '@plumbline/core';
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

test('subjects: those that need a person are judged and do not pass; errors are not judged', () => {
  const counts = { pass: 6, fail: 1, warn: 1, error: 5, 'not-applicable': 9 };
  expect(subjectCounts(counts)).toEqual({ subjects: { judged: 8, passing: 6, failing: 1 }, successRate: 0.75 });
  expect(subjectCounts({ pass: 0, fail: 0, warn: 0 })).toMatchObject({ successRate: null });
});

test('law: counted findings roll up as the findings themselves do', () => {
  const status = fc.constantFrom<Status>('pass', 'fail', 'warn', 'error', 'not-applicable');
  const number = fc.constantFrom('1.1', '5.2', '5.10');
  fc.assert(
    fc.property(fc.array(fc.tuple(number, status, fc.integer({ min: 1, max: 4 }))), (list) => {
      const counted = list.map(([one, what, count]) => ({
        finding: { benchmark: 'b', number: one, control: one, title: one, severity: 'low', status: what } as Finding,
        count,
      }));
      const each = counted.flatMap(({ finding, count }) => Array<Finding>(count).fill(finding));
      expect(rollUpCounted(counted)).toEqual(rollUp(each));
      expect(summaryOfCounted(counted)).toEqual(summaryOf(each));
    }),
  );
});

test.each([
  [0, 0, '–'],
  [50, 97, '51.5 %'],
  [29, 100, '29.0 %'],
  [2_999, 3_000, '99.9 %'],
  [3, 3, '100.0 %'],
])('%i of %i is %s to people, never more than it is', (part, whole, text) => {
  expect(percent(part, whole)).toBe(text);
});

test('ratios for people are those of the summary', () => {
  const summary = summarize(['pass', 'pass', 'fail', 'error', 'warn', 'not-applicable']);
  expect(ratiosOf(summary)).toEqual({
    score: { text: '50.0 %', part: 2, whole: 4 },
    coverage: { text: '60.0 %', part: 3, whole: 5 },
  });
});

test('a version has no v to people', () => {
  expect(['v1.34.4', '1.34', 'vanilla'].map(plainVersion)).toEqual(['1.34.4', '1.34', 'vanilla']);
});

test('what is kept of a summary makes the same summary again', () => {
  const summary = summarize([
    'pass',
    'not-applicable',
    'warn',
    { status: 'fail', adjusted: 'waived' },
    { status: 'warn', adjusted: 'attested' },
  ]);
  expect(summaryOfCounts(statusCounts(summary))).toEqual(summary);
  expect(summary).toMatchObject({ total: 5, waived: 1, attested: 1 });
});

test('findings of a control count raw and with decisions, and both add up', () => {
  const counts = { pass: 5, fail: 4, warn: 3, error: 2, 'not-applicable': 1 };
  const summary = summaryOfCounts(findingCounts({ counts, covered: { waivedFail: 3, waivedWarn: 1, attested: 2 } }));
  expect(summary).toMatchObject({
    total: 15,
    fail: 4,
    warn: 3,
    waived: 4,
    attested: 2,
    adjusted: { fail: 1, warn: 0 },
  });
  const { adjusted, waived, attested } = summary;
  const { pass, fail, warn, error, notApplicable } = adjusted;
  expect(pass + fail + warn + error + notApplicable + waived + attested).toBe(summary.total);
});
