import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '@plumbline/core';
import { afterEach, describe, expect, test } from 'vitest';
import type { ReportFinding } from '../../cli/src/audit/report.ts';
import { type Served, type Serving, serve } from '../aggregator/api/served.ts';
import { observations, send } from '../aggregator/world.ts';
import { reportWith, smallFindings } from './small-report.ts';
import { plumbline } from './terminal.ts';

const directory = mkdtempSync(join(tmpdir(), 'plumbline-gate-'));
const [first] = smallFindings;
if (!first) throw new Error('the small report has findings');

/** A report of so many controls of each status. */
function saved(name: string, counts: Partial<Record<Status, number>>, more: Partial<ReportFinding> = {}): string {
  const findings = Object.entries(counts).flatMap(([status, count], group) =>
    Array.from({ length: count }, (_, index) => ({
      ...{ ...first, status: status as Status, number: `1.${group}.${index}`, control: `${status}-${index}` },
      ...more,
    })),
  );
  const file = join(directory, `${name}.json`);
  writeFileSync(file, JSON.stringify(reportWith(findings as ReportFinding[])));
  return file;
}

const gate = (...argv: string[]) => plumbline(['gate', ...argv]);

describe('a saved report', () => {
  test('needs 5: controls that time out leave the score where it is, and show in coverage', async () => {
    const before = saved('needs-5-before', { pass: 85, fail: 15 });
    const after = saved('needs-5', { pass: 85, fail: 3, error: 12 });
    expect((await gate('--report', before, '--min-score', '90')).out).toContain(
      'score 85.0 % (85 of 100) is below 90 %',
    );
    const { code, out } = await gate('--report', after, '--min-score', '90');
    expect(code).toBe(1);
    expect(out).toMatch(/^GATE NOT REACHED\n/);
    expect(out).toContain('missed    score 85.0 % (85 of 100) is below 90 %');
    expect(out).toContain('missed    coverage 88.0 % (88 of 100) is below 90 %');
    expect((await gate('--report', after, '--min-score', '85', '--min-coverage', '88')).code).toBe(0);
    expect((await gate('--report', after, '--min-score', '85')).code).toBe(0);
    expect((await gate('--report', after, '--min-coverage', '88.1', '--min-score', '85')).code).toBe(1);
  });

  test.each([
    [{ pass: 999, fail: 1 }, '100', 1],
    [{ pass: 1000 }, '100', 0],
    [{ pass: 2, fail: 1 }, '66.667', 1],
    [{ pass: 2, fail: 1 }, '66.666', 0],
    [{ pass: 29, fail: 71 }, '29', 0],
    [{ fail: 3 }, '0', 0],
    [{ warn: 3 }, '0', 2],
    [{ 'not-applicable': 3 }, '0', 2],
    [{}, '0', 2],
  ])('of %j before a mark of %s: exit %d', async (counts, mark, code) => {
    const file = saved('marks', counts);
    expect(await gate('--report', file, '--min-score', mark, '--min-coverage', '0')).toMatchObject({ code });
  });

  test('needs 45: a failing critical control is exit 1 in every format', async () => {
    const file = saved('critical', { pass: 9, fail: 1 }, { severity: 'critical' });
    for (const format of ['table', 'json', 'junit']) {
      const { code, out, err } = await gate('--report', file, '--fail-on', 'critical', '--format', format);
      expect([code, err]).toEqual([1, '']);
      expect(out).toContain('1 control of severity critical fails');
      expect(out).toContain('1.1.0 Anonymous requests');
    }
    const high = saved('high', { pass: 9, fail: 1 }, { severity: 'high' });
    expect((await gate('--report', high, '--fail-on', 'critical')).code).toBe(0);
    expect((await gate('--report', high, '--fail-on', 'low')).code).toBe(1);
  });

  test('a severe control that could not be judged is no success', async () => {
    const file = saved('blind', { pass: 9, error: 1 }, { severity: 'critical' });
    expect(await gate('--report', file, '--fail-on', 'critical')).toMatchObject({ code: 2 });
    expect(await gate('--report', file, '--fail-on', 'critical', '--allow-partial')).toMatchObject({ code: 0 });
  });

  test('since another report nothing may be worse', async () => {
    const good = saved('good', { pass: 3 }, { control: 'one' });
    const bad = saved('bad', { pass: 2, fail: 1 }, { control: 'one', number: '1.1.1' });
    const { code, out } = await gate('--report', bad, '--since', good, '--format', 'json');
    expect([code, JSON.parse(out).checks]).toEqual([
      1,
      [
        expect.objectContaining({
          ...{ name: 'regress', outcome: 'missed', text: `1 finding worse than in ${good}` },
          details: [expect.stringContaining('pass → fail on kube-apiserver@')],
        }),
      ],
    ]);
    expect((await gate('--report', good, '--since', bad)).code).toBe(0);
  });

  test('says as data what was asked and found', async () => {
    const output = join(directory, 'gate.json');
    const file = saved('data', { pass: 3, fail: 1, error: 1 });
    const { code, out } = await gate('--report', file, '--min-score', '70', '--format', 'json', '--output', output);
    expect([code, out]).toEqual([1, '']);
    expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({
      ...{ outcome: 'missed', exitCode: 1, adjusted: false },
      score: { part: 3, whole: 5, text: '60.0 %', least: 70 },
      coverage: { part: 4, whole: 5, text: '80.0 %', least: 70 },
    });
  });

  test.each([
    [[], 'Say what must be reached'],
    [['--report', 'x', '--min-score', '101'], '--min-score'],
    [['--report', 'x', '--min-score', 'NaN'], '--min-score'],
    [['--report', 'x', '--min-coverage', '-1'], '--min-coverage'],
    [['--max-age', '0', '--min-score', '1'], '--max-age'],
    [['--report', 'x', '--url', 'http://x', '--min-score', '1'], 'cannot be used with'],
    [['--report', '/nowhere.json', '--min-score', '1'], '/nowhere.json cannot be read'],
  ])('%j cannot be judged', async (argv, why) => {
    const { code, err } = await gate(...argv);
    expect(code).toBe(2);
    expect(err).toMatch(/^PLB_CONFIG_INVALID: /);
    expect(err).toContain(why);
  });
});

describe('an aggregator', () => {
  let served: Served | undefined;
  afterEach(async () => {
    await served?.close();
    served = undefined;
  });

  async function world(serving: Serving = { whole: true }) {
    const made = await serve(serving);
    served = made;
    send(made.store, 'one', observations({ profiling: 'false', etcd: true }), 0);
    send(made.store, 'two', observations({ mode: '0600' }), 0);
    await made.settle(1);
    const url = await made.server.listen({ host: '127.0.0.1', port: 0 });
    const ask = (...argv: string[]) => gate('--url', url, ...argv);
    return { ...made, url, ask, scan: (...argv: string[]) => plumbline(['scan', '--wait', '--url', url, ...argv]) };
  }

  test('is judged as it stands', async () => {
    const { ask, store, settle } = await world();
    // Of four controls three pass, and of one nobody asks the API server.
    expect(await ask('--min-score', '75')).toMatchObject({ code: 0, err: '' });
    expect((await ask('--min-score', '75', '--min-coverage', '80')).out).toContain(
      'coverage 75.0 % (3 of 4) is below 80 %',
    );
    send(store, 'two', observations({ mode: '0644' }), 2, 2n);
    await settle(2);
    const { code, out } = await ask('--min-score', '70', '--min-coverage', '70', '--fail-on', 'high');
    expect(code).toBe(1);
    expect(out).toContain('score 50.0 % (2 of 4) is below 70 %');
    expect(out).toContain('4.1.1 Mode of the kubelet file (high, fail)');
  });

  test('with gaps could not be judged, unless that is allowed', async () => {
    const { ask } = await world({});
    const { code, out } = await ask('--min-score', '75');
    expect(code).toBe(2);
    expect(out).toMatch(/^GATE COULD NOT BE JUDGED\n/);
    expect(out).toContain('unjudged  it is partial: Cannot be told: roles (denied).');
    expect((await ask('--min-score', '75', '--allow-partial')).code).toBe(0);
    // What fails for certain fails, whatever else is not known.
    expect((await ask('--min-score', '1', '--since', 'latest')).err).toBe('PLB_NOT_FOUND: There is no scan latest.\n');
  });

  test('without a node, or with nothing judged, is never reached', async () => {
    const { ask, store, settle } = await world();
    for (const name of ['one', 'two']) store.nodes.patch(name, { deletedAt: 1 });
    await settle(2);
    for (const more of [[], ['--allow-partial']]) expect((await ask('--min-score', '0', ...more)).code).toBe(2);
  });

  test('that is away is exit 2, and says so in the format that was asked for', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const none = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    await new Promise((closed) => gone.close(closed));
    for (const format of ['json', 'junit', 'table']) {
      const { code, out, err } = await gate('--url', none, '--min-score', '0', '--format', format);
      expect([code, err]).toEqual([
        2,
        `PLB_CONFIG_INVALID: ${none} does not answer (ECONNREFUSED); give another --url.\n`,
      ]);
      expect(out).toContain('does not answer');
    }
    const { out } = await gate('--url', none, '--min-score', '0', '--format', 'json');
    expect(JSON.parse(out)).toMatchObject({ outcome: 'unjudged', exitCode: 2, score: null });
  });

  test('judges a scan: complete and fresh, never one that is partial, running, old, failed or unknown', async () => {
    const { ask, scan, settle, store, mute, url } = await world({ whole: true, within: 300 });
    expect((await scan('--name', 'good')).code).toBe(0);
    const marks = ['--min-score', '75'];
    for (const reference of ['good', '1', 'latest']) expect((await ask('--scan', reference, ...marks)).code).toBe(0);
    mute.add('two');
    expect((await scan('--name', 'gaps')).code).toBe(2);
    expect((await ask('--scan', 'gaps', ...marks)).out).toContain('two (no-answer)');
    expect((await ask('--scan', 'gaps', ...marks)).code).toBe(2);
    expect((await ask('--scan', 'gaps', '--allow-partial', ...marks)).code).toBe(0);
    expect((await ask('--since', 'gaps', ...marks)).err).toContain('Scan 2 (gaps) is partial');
    expect((await ask('--since', 'gaps', '--allow-partial', ...marks)).code).toBe(0);
    await plumbline(['scan', '--name', 'runs', '--url', url]);
    expect(await ask('--scan', 'runs', ...marks)).toMatchObject({
      ...{ code: 2, err: 'PLB_NOT_JUDGED: Scan 3 (runs) still runs.\n' },
    });
    expect((await ask('--scan', 'nobody', ...marks)).err).toBe('PLB_NOT_FOUND: There is no scan nobody.\n');
    const failed = {
      ...store.scans.get(1),
      name: 'lost',
      state: 'failed',
      message: 'No room.',
      at: null,
      result: null,
    };
    store.scans.add(failed as unknown as Parameters<typeof store.scans.add>[0]);
    expect((await ask('--scan', 'lost', ...marks)).err).toBe('PLB_NOT_JUDGED: Scan 4 (lost) failed: No room.\n');
    for (const name of ['one', 'two']) send(store, name, observations({ mode: '0600' }), 90_000, 3n);
    await settle(90_000);
    expect(await ask('--scan', 'good', ...marks)).toMatchObject({
      code: 2,
      err: expect.stringContaining('more than 24 hours ago'),
    });
    expect((await ask('--scan', 'good', '--max-age', '48', ...marks)).code).toBe(0);
  });

  test('is missed when anything is worse than in a scan', async () => {
    const { ask, scan, settle, store } = await world();
    await scan('--name', 'before');
    expect((await ask('--since', 'before')).out).toContain('nothing is worse than in scan 1 (before)');
    send(store, 'two', observations({ mode: '0644' }), 10, 2n);
    await settle(10);
    const worse = await ask('--since', 'before');
    expect(worse.code).toBe(1);
    expect(worse.out).toContain('1 finding worse than in scan 1 (before)');
    expect(worse.out).toContain('4.1.1 Mode of the kubelet file: pass → fail on two');
    await scan('--name', 'after');
    expect((await ask('--scan', 'after', '--since', 'before')).code).toBe(1);
    expect((await ask('--scan', 'before', '--since', 'after')).code).toBe(0);
  });

  test('needs 45: what is excepted only is exit 0 with --adjusted, and the raw numbers stay', async () => {
    const { ask, scan, settle, store, send: ask2, get } = await world();
    send(store, 'two', observations({ mode: '0644' }), 10, 2n);
    await settle(10);
    const marks = ['--min-score', '60', '--fail-on', 'low'];
    expect((await ask(...marks)).code).toBe(1);
    const reason = 'Waits for the next image of the nodes.';
    const waiver = {
      control: 'kubelet-mode',
      kind: 'accepted-risk',
      owner: 'ann',
      reason,
      expires: '2026-04-01T00:00:00Z',
    };
    expect(await ask2('POST', '/api/v1/waivers', waiver)).toMatchObject({ status: 201 });
    await settle(11);
    const waived = await ask('--adjusted', '--allow-partial', ...marks);
    expect(waived.out).toContain('score 66.6 % (2 of 3) is at least 60 %');
    expect(waived.code).toBe(0);
    // The one control that nobody could judge is no exception.
    expect(await ask('--adjusted', ...marks)).toMatchObject({ code: 2 });
    expect((await ask('--allow-partial', ...marks)).out).toContain('score 50.0 % (2 of 4) is below 60 %');
    await scan('--name', 'both');
    expect((await get('/api/v1/scans/both')).body).toMatchObject({
      scan: {
        summary: { pass: 2, fail: 1, error: 1, score: 0.5, waived: 1, adjusted: { pass: 2, fail: 0, error: 1 } },
      },
    });
  });

  test('that went blind since a scan is not taken for one where nothing is worse', async () => {
    const { ask, scan, settle } = await world();
    await scan('--name', 'before');
    // Nobody is heard for ten minutes.
    await settle(600);
    const { code, out } = await ask('--since', 'before');
    expect(code).toBe(2);
    expect(out.replaceAll(/\s+/g, ' ')).toContain('cannot be compared: one side could not look');
  });
});

describe('scan', () => {
  let served: Served | undefined;
  afterEach(() => served?.close());

  test('takes one, waits, shows what was counted; another joins it', async () => {
    served = await serve({ whole: true, within: 2000 });
    send(served.store, 'one', observations({ profiling: 'true', etcd: true }), 0);
    await served.settle(1);
    const url = await served.server.listen({ host: '127.0.0.1', port: 0 });
    served.mute.add('one');
    const begun = await plumbline(['scan', '--url', url, '--note', 'the first']);
    expect(begun).toMatchObject({ code: 0, err: '' });
    expect(begun.out).toMatch(/^Scan 1: running\nthe first\nIt ends by /);
    served.mute.clear();
    const joined = await plumbline(['scan', '--url', url, '--name', 'mine', '--wait']);
    expect(joined.code).toBe(0);
    expect(joined.out).toMatch(/^Scan 1 \(mine\): complete, 2026-03-01T00:00:01.000Z\nthe first\nIt ran already/);
    expect(joined.out).toContain('1 of 1 nodes report.');
    expect(joined.out).toMatch(/All 4 controls +2 +1 +0 +1 +0 +50.0 % \(2\/4\) +75.0 % \(3\/4\)/);
    const json = await plumbline(['scan', '--url', url, '--wait', '--format', 'json']);
    expect(JSON.parse(json.out)).toMatchObject({ joined: false, scan: { id: '2', state: 'complete', by: 'local' } });
    expect((await plumbline(['scan', '--url', url, '--name', 'mine'])).err).toBe(
      'PLB_CONFLICT: Scan 1 is called mine already.\n',
    );
  });
});
