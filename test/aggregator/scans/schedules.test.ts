import { PlumblineError } from '@plumbline/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ScheduleInput, startSchedules } from '../../../aggregator/src/scans/schedules.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { freshFile } from '../world.ts';

const file = freshFile();
let store: Store;
let now: number;
let ran: string[];
let refuse: boolean;
const failures: unknown[] = [];

beforeEach(async () => {
  store = await openStore(freshFile());
  now = Date.parse('2026-03-01T00:00:00.000Z');
  ran = [];
  refuse = false;
});
afterEach(() => store.close());

function started(from = store) {
  return startSchedules({
    table: from.schedules,
    clock: () => now,
    run({ name }) {
      if (refuse) throw new PlumblineError('PLB_STORE_WRITE', 'no room');
      ran.push(`${name} ${new Date(now).toISOString()}`);
    },
    failed: (error) => failures.push(error),
  });
}

const nightly: ScheduleInput = {
  name: 'nightly',
  cron: '30 2 * * *',
  timeZone: 'Europe/Berlin',
  note: null,
  enabled: true,
};
const at = (time: string) => {
  now = Date.parse(time);
};

test('a schedule runs when it is due, once, in its time zone', () => {
  const schedules = started();
  expect(schedules.add(nightly, 'ann').next).toBe(Date.parse('2026-03-01T01:30:00.000Z'));
  at('2026-03-01T01:29:59Z');
  schedules.tick();
  expect(ran).toEqual([]);
  at('2026-03-01T01:30:04Z');
  schedules.tick();
  schedules.tick();
  expect(ran).toEqual(['nightly 2026-03-01T01:30:04.000Z']);
  expect(schedules.get('nightly')?.next).toBe(Date.parse('2026-03-02T01:30:00.000Z'));
});

test('what was missed while the aggregator was away runs once at the start', async () => {
  const before = await openStore(file);
  started(before).add(nightly, 'ann');
  before.close();
  at('2026-03-05T12:00:00Z');
  const after = await openStore(file);
  const schedules = started(after);
  schedules.tick();
  schedules.tick();
  expect(ran).toEqual(['nightly 2026-03-05T12:00:00.000Z']);
  expect(schedules.all().map(({ next }) => new Date(next ?? 0).toISOString())).toEqual(['2026-03-06T01:30:00.000Z']);
  after.close();
});

test('one that is off is never due; switched on again it does not catch up', () => {
  const schedules = started();
  expect(schedules.add({ ...nightly, enabled: false }, 'ann').next).toBeNull();
  at('2026-03-02T00:00:00Z');
  schedules.tick();
  schedules.replace(nightly, 'ann');
  schedules.tick();
  expect(ran).toEqual([]);
});

test('a clock that was set back does not keep one from being due', () => {
  const schedules = started();
  schedules.add(nightly, 'ann');
  at('2026-03-05T12:00:00Z');
  schedules.tick();
  at('2026-03-02T00:00:00Z');
  expect(schedules.get('nightly')?.next).toBe(Date.parse('2026-03-02T01:30:00.000Z'));
});

test('where nothing can be written it stays due', () => {
  const schedules = started();
  schedules.add(nightly, 'ann');
  at('2026-03-01T01:31:00Z');
  refuse = true;
  schedules.tick();
  expect([ran, failures.length]).toEqual([[], 1]);
  refuse = false;
  schedules.tick();
  expect(ran).toHaveLength(1);
});

test('names are unique; what is not there can be neither replaced nor removed; there is a bound', () => {
  const schedules = started();
  schedules.add(nightly, 'ann');
  expect(() => schedules.add(nightly, 'ann')).toThrow(expect.objectContaining({ code: 'PLB_CONFLICT' }));
  expect(() => schedules.replace({ ...nightly, name: 'other' }, 'ann')).toThrow('There is no schedule other.');
  expect(() => schedules.remove('other', 'ann')).toThrow(expect.objectContaining({ code: 'PLB_NOT_FOUND' }));
  expect(() => schedules.add({ ...nightly, name: 'bad', cron: '0 0 30 2 *' }, 'ann')).toThrow('field cron');
  schedules.replace({ ...nightly, enabled: false }, 'bob');
  schedules.remove('nightly', 'ann');
  expect(schedules.all()).toEqual([]);
  expect(store.audit.list({ limit: 10 }).map(({ who, action, target }) => `${who} ${action} ${target}`)).toEqual([
    'ann removed nightly',
    'bob changed nightly',
    'ann created nightly',
  ]);
  expect(store.audit.list({ limit: 10, who: 'bob' })).toMatchObject([
    { kind: 'schedule', before: { enabled: true }, after: { ...nightly, enabled: false } },
  ]);
  for (let index = 0; index < 100; index++) schedules.add({ ...nightly, name: `n${index}` }, 'ann');
  expect(() => schedules.add(nightly, 'ann')).toThrow('100 schedules');
});
