import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { summaryOf } from '@plumbline/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reports } from '../../../aggregator/src/api/reports.ts';
import { type Keeping, startKeeping } from '../../../aggregator/src/history/keeping.ts';
import type { Store } from '../../../aggregator/src/store/store.ts';
import { type Served, serve } from '../api/served.ts';
import { danglingReferences, rowsOf } from '../store/references.ts';
import { observations, send, start } from '../world.ts';

const day = 86_400;
const retention = 90;
let served: Served;
let keeping: Keeping | undefined;
let now = start;

/** 200 days of two nodes; `one` changes its mode every five days, what it says of its kubelet is never said again. */
beforeEach(async () => {
  served = await serve({ interval: 1000 * day * 1000 });
  send(served.store, 'two', observations(), 0);
  for (let days = 0; days < 200; days += 5) {
    const shown = observations({ mode: days % 2 === 0 ? '0600' : `0${600 + (days % 100)}` });
    const unique = {
      fact: 'kernel',
      subject: `host-${days}`,
      state: 'observed',
      value: `only ${days}${'.'.repeat(4000)}`,
    } as const;
    send(
      served.store,
      'one',
      [...shown, { ...unique, observedAt: shown[0]?.observedAt ?? '' }],
      days * day,
      BigInt(days + 1),
    );
    await served.settle(days * day);
  }
});
afterEach(async () => {
  await keeping?.stop();
  await served.close();
});

/** Does what is due on a day after the start. */
async function keep(days: number, exportDir?: string, store: Store = served.store): Promise<void> {
  now = start + days * day * 1000;
  await keeping?.stop();
  keeping = startKeeping({
    ...{ store, reports: reports(served.parts), clock: () => now, retention, exportDir },
    ...{ ready: () => true, failed: () => undefined },
  });
  await keeping.run();
}

/** Everything that can be said of an instant. */
function told(days: number): unknown {
  const { queries, nodes } = served.store;
  const at = start + days * day * 1000;
  const ids = nodes.all().map((one) => one.id);
  return [
    ids.map((id) => queries.observations(id, at)),
    queries.tally(at).map(({ line, status, count }) => [line.number, status, count]),
    queries.withEvidence(queries.lines(), undefined, at),
  ];
}
const fresh = () => mkdtempSync(join(tmpdir(), 'plumbline-export-'));
const linesOf = (directory: string, kind: string) =>
  readdirSync(directory)
    .filter((name) => name.startsWith(kind) && name.endsWith('.gz'))
    .flatMap((name) =>
      gunzipSync(readFileSync(join(directory, name)))
        .toString()
        .trimEnd()
        .split('\n'),
    )
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

test('needs 39: with a retention of 90 days older detail is gone and monthly scores remain', async () => {
  const days = [110, 110.5, 117, 130, 150.25, 199];
  const before = days.map(told);
  const values = rowsOf(served.file, 'fact_value');
  await keep(200);
  const cut = start + 110 * day * 1000;
  expect(rowsOf(served.file, 'fact', `until <= ${cut}`)).toBe(0);
  expect(rowsOf(served.file, 'verdict', `until <= ${cut}`)).toBe(0);
  expect(days.map(told)).toEqual(before);
  expect(rowsOf(served.file, 'fact_value')).toBeLessThan(values - 20);
  expect(danglingReferences(served.file)).toEqual([]);
  const { body } = await served.get('/api/v1/trend?of=node&node=one&step=month&from=2026-03-01&to=2026-08-31');
  const [series] = (body as { series: readonly { points: readonly { period: string; lowest: number }[] }[] }).series;
  expect(series?.points.map((one) => one.period)).toEqual([
    '2026-03',
    '2026-04',
    '2026-05',
    '2026-06',
    '2026-07',
    '2026-08',
  ]);
});

test('an instant before the cut is refused with the oldest one, and the trend goes on to answer', async () => {
  await keep(200);
  for (const path of [
    'summary?at=2026-06-18T23:59:59Z',
    'findings?at=2026-03-02',
    'compare?from=2026-03-02',
    'nodes/one?at=2026-03-02',
  ]) {
    const answer = await served.get(`/api/v1/${path}`);
    expect(answer, path).toMatchObject({ status: 404, body: { code: 'PLB_NOT_FOUND' } });
    expect(JSON.stringify(answer.body)).toContain('the oldest instant is 2026-06-19T00:00:00.000Z');
  }
  expect((await served.get('/api/v1/summary?at=2026-06-19T00:00:00Z')).status).toBe(200);
  expect((await served.get('/api/v1/trend?from=2026-03-01')).status).toBe(200);
  expect(served.store.queries.firstMoment()).toBe(Date.parse('2026-06-19T00:00:00Z'));
});

test('a scan with a name keeps its counts when its detail goes, one without a name goes too', async () => {
  const { scans } = served.store;
  const scan = (name: string | null, days: number) => {
    const at = start + days * day * 1000;
    const times = { requestedAt: at, deadline: at, endedAt: at, at };
    const result = { summary: summaryOf([]), documents: [], nodes, gaps: [], gapsTotal: 0 };
    const end = { state: 'complete', reason: null, message: null, result } as const;
    return scans.add({ name, note: null, trigger: 'schedule', by: 'nightly', program: '0.1.0', ...times, ...end }).id;
  };
  const nodes = { total: 2, reporting: 2, notReporting: 0, unsupported: 0 };
  const [named, unnamed, young] = [scan('release-7', 50), scan(null, 50), scan('release-8', 150)];
  await keep(200);
  expect(scans.get(unnamed)).toBeUndefined();
  expect((await served.get(`/api/v1/scans/${named}`)).body).toMatchObject({
    scan: { detail: 'gone', summary: { total: 0 } },
  });
  for (const from of ['release-7', `scan:${named}`])
    expect((await served.get(`/api/v1/compare?from=${from}`)).body).toMatchObject({
      detail: expect.stringContaining('only its summary is left'),
    });
  // Names that look a little like a date are none.
  for (const from of ['release-8', `scan:${young}`])
    expect(await served.get(`/api/v1/compare?from=${from}`)).toMatchObject({
      status: 200,
      body: { before: { scan: { name: 'release-8' } } },
    });
});

test('what a node paid for what is gone is taken off its account', async () => {
  const before = served.store.nodes.get('one')?.storedBytes ?? 0;
  await keep(200);
  expect(served.store.nodes.get('one')?.storedBytes).toBeLessThan(before);
  expect(served.store.nodes.get('one')?.storedBytes).toBeGreaterThanOrEqual(0);
});

test('what is written while the purge goes on is kept, even what was about to go', () => {
  const { store } = served;
  const cut = start + 110 * day * 1000;
  let sequence = 1000n;
  let step = 0;
  for (const _ of store.purging.purge(cut)) {
    // Values and texts that nothing but the past had are said once more, each at another step.
    const days = (step++ * 5) % 110;
    const unique = {
      fact: 'kernel',
      subject: `host-${days}`,
      state: 'observed',
      value: `only ${days}`,
      observedAt: '',
    } as const;
    send(store, 'three', [...observations(), unique], 201 * day + step, sequence++);
    expect(store.observations('three').find((one) => one.fact === 'kernel')).toMatchObject({ value: `only ${days}` });
  }
  expect(step).toBeGreaterThan(5);
  expect(danglingReferences(served.file)).toEqual([]);
});

test('nothing is purged while it is not rolled up', async () => {
  served.store.scores.finish(Math.floor(start / 86_400_000) + 20);
  const rows = rowsOf(served.file, 'verdict');
  const { scores } = served.store;
  const blocked = {
    ...served.store,
    scores: {
      ...scores,
      put: () => {
        throw new Error('the disk is full');
      },
    },
  };
  keeping = startKeeping({
    ...{
      store: blocked,
      reports: reports(served.parts),
      clock: () => start + 300 * day * 1000,
      retention,
      exportDir: undefined,
    },
    ...{ ready: () => true, failed: () => undefined },
  });
  await expect(keeping.run()).rejects.toThrow('the disk is full');
  expect(keeping.state().problem).toBe('the disk is full');
  expect(rowsOf(served.file, 'verdict')).toBe(rows);
  expect(served.store.queries.purgedBefore()).toBeUndefined();
});

test('a deleted node of which nothing is left leaves the table, and its months stay', async () => {
  const { store } = served;
  send(store, 'three', observations(), 199 * day);
  store.nodes.patch('two', { deletedAt: start + 40 * day * 1000, listed: false });
  store.judge('two', [], start + 200 * day * 1000, null);
  await keep(230);
  expect(store.nodes.get('two')).toBeDefined();
  await keep(330);
  expect(store.nodes.get('two')).toBeUndefined();
  expect(rowsOf(served.file, 'node', "name = 'two'")).toBe(0);
  expect(danglingReferences(served.file)).toEqual([]);
  const { status, body } = await served.get('/api/v1/trend?of=node&node=two&step=month&from=2026-03-01');
  expect([status, (body as { series: { points: unknown[] }[] }).series[0]?.points.length]).toEqual([200, 6]);
});

test('what is purged was exported before, each interval once, day after day', async () => {
  const directory = fresh();
  const all = rowsOf(served.file, 'fact', 'until IS NOT NULL');
  await keep(200, directory);
  await keep(201, directory);
  await keep(206, directory);
  expect(readdirSync(directory).sort()[0]).toBe('facts-2026-03.ndjson.gz');
  const facts = linesOf(directory, 'facts');
  expect(facts).toHaveLength(all - rowsOf(served.file, 'fact', 'until IS NOT NULL'));
  expect(new Set(facts.map((one) => JSON.stringify(one))).size).toBe(facts.length);
  expect(facts.find((one) => one['subject'] === 'host-20')).toMatchObject({
    ...{ node: 'one', fact: 'kernel', subject: 'host-20', state: 'observed' },
    ...{ from: '2026-03-21T00:00:00.000Z', until: '2026-03-26T00:00:00.000Z' },
  });
  expect(linesOf(directory, 'verdicts')[0]).toMatchObject({
    node: 'one',
    number: '4.1.1',
    evidence: [{ fact: 'file' }],
  });
});

test('an export that fails purges nothing and says so; when it can again, nothing is missing', async () => {
  const directory = join(fresh(), 'file');
  writeFileSync(directory, 'in the way');
  const rows = rowsOf(served.file, 'fact');
  await expect(keep(200, directory)).rejects.toMatchObject({ code: 'PLB_EXPORT_WRITE' });
  expect(keeping?.state().problem).toContain('nothing is purged until it can');
  expect(rowsOf(served.file, 'fact')).toBe(rows);
  rmSync(directory);
  await keep(200, directory);
  expect(keeping?.state().problem).toBeNull();
  expect(linesOf(directory, 'facts')).toHaveLength(rows - rowsOf(served.file, 'fact'));
});

test('a crash between writing and remembering doubles nothing', async () => {
  const directory = fresh();
  await keep(200, directory);
  const { store } = served;
  const rows = rowsOf(served.file, 'fact');
  const crash = {
    ...store,
    rememberExported: () => {
      throw new Error('killed');
    },
  };
  await expect(keep(206, directory, crash)).rejects.toThrow('killed');
  expect(rowsOf(served.file, 'fact')).toBe(rows);
  const exported = linesOf(directory, 'facts').length;
  await keep(206, directory);
  expect(linesOf(directory, 'facts')).toHaveLength(exported);
  expect(rowsOf(served.file, 'fact')).toBeLessThan(rows);
});

test('a file that somebody cut is not mended by guessing, and one that was carried away begins anew', async () => {
  const directory = fresh();
  await keep(200, directory);
  const name = 'facts-2026-06.ndjson.gz';
  truncateSync(join(directory, name), 10);
  await expect(keep(206, directory)).rejects.toMatchObject({ code: 'PLB_EXPORT_WRITE' });
  rmSync(join(directory, name));
  await keep(206, directory);
  expect(linesOf(directory, 'facts-2026-06').every((one) => String(one['until']) > '2026-06-19')).toBe(true);
});
