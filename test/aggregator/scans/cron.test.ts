import { expect, test } from 'vitest';
import { checkTiming, nextRun } from '../../../aggregator/src/scans/cron.ts';

const runs = (cron: string, timeZone: string, from: string, count: number) => {
  const times: string[] = [];
  for (let at = Date.parse(from); times.length < count; ) {
    at = nextRun({ cron, timeZone }, at) ?? Number.NaN;
    times.push(new Date(at).toISOString());
  }
  return times;
};

test.each([
  ['winter and summer', '30 2 * * *', 'Europe/Berlin', '2026-01-01T00:00:00Z', ['2026-01-01T01:30:00.000Z']],
  ['half an hour off', '15 2 * * 1', 'Asia/Kolkata', '2026-03-28T00:00:00Z', ['2026-03-29T20:45:00.000Z']],
  // 02:30 does not exist on 29 March: the clocks go on at 03:00.
  [
    'a time that is left out in spring',
    '30 2 * * *',
    'Europe/Berlin',
    '2026-03-28T12:00:00Z',
    ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
  ],
  // 02:30 is shown twice on 25 October.
  [
    'a time that comes twice in autumn',
    '30 2 * * *',
    'Europe/Berlin',
    '2026-10-24T12:00:00Z',
    ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
  ],
  [
    'every hour of the night in autumn',
    '30 * * * *',
    'Europe/Berlin',
    '2026-10-24T23:45:00Z',
    ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z', '2026-10-25T02:30:00.000Z'],
  ],
  [
    'midnight that is left out',
    '0 0 * * *',
    'America/Santiago',
    '2026-09-05T12:00:00Z',
    ['2026-09-06T04:00:00.000Z', '2026-09-07T03:00:00.000Z'],
  ],
  ['the last day of a month', '0 0 L 2 *', 'UTC', '2028-01-01T00:00:00Z', ['2028-02-29T00:00:00.000Z']],
])('next runs: %s', (_, cron, timeZone, from, expected) => {
  expect(runs(cron, timeZone, from, expected.length)).toEqual(expected);
});

test.each([
  ['61 * * * *', 'UTC', 'cron'],
  ['* * * *', 'UTC', 'cron'],
  ['* * * * * *', 'UTC', 'cron'],
  ['@daily', 'UTC', 'cron'],
  ['0 0 31 2 *', 'UTC', 'cron'],
  ['whatever is not', 'UTC', 'cron'],
  ['0 0 * * *', 'Mars/Olympus', 'timeZone'],
  ['0 0 * * *', '+02:00', 'timeZone'],
])('%s in %s is refused, naming %s', (cron, timeZone, field) => {
  expect(() => checkTiming({ cron, timeZone }, Date.parse('2026-01-01'))).toThrow(
    expect.objectContaining({ code: 'PLB_REQUEST_INVALID', message: expect.stringContaining(`field ${field} `) }),
  );
});
