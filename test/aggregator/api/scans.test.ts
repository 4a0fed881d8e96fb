import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { readAccess } from '../../../aggregator/src/api/access.ts';
import { after, observations, send } from '../world.ts';
import { type Served, type Serving, serve } from './served.ts';

let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

async function world(serving: Serving = { whole: true }): Promise<Served> {
  served = await serve(serving);
  send(served.store, 'one', observations({ profiling: 'true', etcd: true }), 0);
  send(served.store, 'two', observations({ mode: '0644' }), 0);
  await served.settle(1);
  return served;
}

async function call(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object, headers = {}) {
  const answer = await (served as Served).server.inject({
    ...{ method, url: `/api/v1/${path}`, headers },
    ...(body ? { payload: body } : {}),
  });
  return {
    status: answer.statusCode,
    body: answer.body === '' ? null : answer.json(),
    location: answer.headers['location'],
  };
}

async function ended(id: string): Promise<Record<string, unknown>> {
  for (;;) {
    const { body } = await (served as Served).get(`/api/v1/scans/${id}`);
    const { scan } = body as { readonly scan: Record<string, unknown> };
    if (scan['state'] !== 'running') return scan;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function scanned(body: object = {}): Promise<Record<string, unknown>> {
  const begun = await call('POST', 'scans', body);
  expect(begun).toMatchObject({ status: 202, body: { joined: false, scan: { state: 'running', at: null } } });
  expect(begun.location).toBe(`/api/v1/scans/${begun.body.scan.id}`);
  return ended(begun.body.scan.id);
}

describe('scans', () => {
  test('needs 31: one scan of every node holds the same counts as the summary of its instant', async () => {
    const { get, settle, store } = await world();
    const scan = await scanned({ name: 'before', note: 'first' });
    expect(scan).toMatchObject({
      ...{ state: 'complete', reason: null, name: 'before', note: 'first', trigger: 'request', by: 'local' },
      ...{ at: after(1), detail: 'kept', program: '0.1.0', gaps: [], gapsTotal: 0 },
      nodes: { total: 2, reporting: 2, notReporting: 0, unsupported: 0 },
      documents: [{ benchmark: 'cis/kubernetes-2.0', total: 4 }],
    });
    expect(Object.keys((scan['summary'] as { sections: object }).sections)).toEqual(['1', '2', '4', '5']);
    send(store, 'two', observations({ mode: '0600' }), 10, 2n);
    await settle(10);
    const { body } = await get(`/api/v1/summary?at=${scan['at']}`);
    expect((body as { summary: unknown }).summary).toEqual(scan['summary']);
    expect(await ended(String(scan['id']))).toEqual(scan);
  });

  test('needs 44: a silent node and a denied resource make it partial, each named', async () => {
    const { mute } = await world({ within: 300 });
    mute.add('two');
    expect(await scanned()).toMatchObject({
      ...{ state: 'partial', reason: 'incomplete', gapsTotal: 2 },
      message: 'Of 2 nodes 1 cannot be told: two (no-answer). Of the API server cannot be told: roles (denied).',
      gaps: [
        { kind: 'node', name: 'two', reason: 'no-answer' },
        { kind: 'resource', name: 'roles', reason: 'denied' },
      ],
      nodes: { total: 2, reporting: 2, notReporting: 0 },
    });
  });

  test('nodes without an agent are named, Windows is not waited for, a deleted node is not there', async () => {
    const { store, settle, get } = await world({ whole: true, within: 300 });
    for (const [name, os] of [
      ['dark', 'linux'],
      ['pane', 'windows'],
      ['late', 'linux'],
    ] as const) {
      store.nodes.ensure(name, 0);
      store.nodes.patch(name, { listed: true, os, ...(name === 'late' ? { deletedAt: 1 } : {}) });
    }
    await settle(2);
    expect(await scanned()).toMatchObject({
      message: 'Of 4 nodes 1 cannot be told: dark (no-agent).',
      nodes: { total: 4, reporting: 2, notReporting: 1, unsupported: 1 },
    });
    const { body } = await get('/api/v1/summary');
    expect((body as { gaps: unknown }).gaps).toEqual([{ kind: 'node', name: 'dark', reason: 'no-agent' }]);
  });

  test('where nothing was ever judged it fails', async () => {
    served = await serve({ whole: true, within: 100 });
    Object.assign(served.store.queries, { tally: () => [] });
    expect(await scanned()).toMatchObject({ state: 'failed', reason: 'nothing-judged', at: null, summary: null });
  });

  test('needs 44: a second trigger joins', async () => {
    const { mute } = await world({ whole: true, within: 300 });
    mute.add('two');
    const first = await call('POST', 'scans', {});
    const second = await call('POST', 'scans', { name: 'mine' });
    expect(second).toMatchObject({
      status: 200,
      body: { joined: true, scan: { id: first.body.scan.id, name: 'mine' } },
    });
    expect((await call('DELETE', `scans/${first.body.scan.id}`)).status).toBe(409);
    await ended(first.body.scan.id);
    expect((await call('POST', 'scans', { name: 'mine' })).body).toMatchObject({ code: 'PLB_CONFLICT', status: 409 });
  });

  test('are listed youngest first by pages, renamed and forgotten', async () => {
    const { get } = await world();
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) ids.unshift(String((await scanned({ name }))['id']));
    const page = async (query: string) => (await get(`/api/v1/scans?${query}`)).body as Record<string, never[]>;
    const first = await page('limit=2');
    expect(first).toMatchObject({ scans: [{ id: ids[0], name: 'c' }, { id: ids[1] }], nextCursor: ids[1] });
    expect(await page(`limit=2&cursor=${first['nextCursor']}`)).toMatchObject({
      scans: [{ name: 'a', summary: { total: 4 } }],
      nextCursor: null,
    });
    expect((await get('/api/v1/scans?cursor=x')).status).toBe(400);
    const named = await call('PATCH', `scans/${ids[0]}`, { name: null, note: 'only a note' });
    expect(named.body.scan).toMatchObject({ name: null, note: 'only a note' });
    expect((await call('DELETE', `scans/${ids[0]}`)).status).toBe(204);
    for (const id of [ids[0], 'nobody']) {
      expect((await get(`/api/v1/scans/${id}`)).status).toBe(404);
      expect((await call('DELETE', `scans/${id}`)).status).toBe(404);
    }
  });

  test.each([
    [{ name: '2026-01-01' }, 'name'],
    [{ name: 'now' }, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 12 }, 'name'],
    [{ note: 'x'.repeat(2001) }, 'note'],
    [{ when: 'now' }, 'when'],
  ])('a request of %j is a 400 that names the field', async (body, field) => {
    await world();
    const { status, body: problem } = await call('POST', 'scans', body);
    expect([status, problem.code]).toEqual([400, 'PLB_REQUEST_INVALID']);
    expect(problem.detail).toContain(field);
  });

  test('need an operator, whose name they carry', async () => {
    const line = (name: string, role: string) =>
      `${name}:${createHash('sha256').update(`${name}-token`).digest('hex')}:${role}`;
    await world({ whole: true, access: readAccess(`${line('ann', 'operator')}\n${line('vic', 'viewer')}`, 'tokens') });
    const as = (name: string) => ({ authorization: `Bearer ${name}-token` });
    for (const path of ['scans', 'schedules'])
      expect((await call('POST', path, {}, as('vic'))).body.code).toBe('PLB_FORBIDDEN');
    expect((await call('POST', 'scans', undefined, as('ann'))).body.scan.by).toBe('ann');
  });
});

describe('a comparison', () => {
  test('takes scans by id and by name', async () => {
    const { get, store, settle } = await world();
    const before = await scanned({ name: 'before' });
    send(store, 'two', observations({ mode: '0600' }), 10, 2n);
    await settle(10);
    const now = await scanned();
    for (const [from, to] of [
      ['before', String(`scan:${now['id']}`)],
      [`scan:${before['id']}`, 'now'],
      ['scan:before', String(now['at'])],
    ]) {
      const { body } = await get(`/api/v1/compare?from=${from}&to=${to}`);
      expect(body).toMatchObject({
        before: { at: before['at'], scan: { id: before['id'], name: 'before' } },
        deltas: { fixed: 1 },
      });
    }
  });

  test.each([
    ['scan:99', 'There is no scan 99.'],
    ['nobody', 'The parameter from is no time in ISO 8601 and no scan: nobody.'],
    ['running', 'Scan 1 still runs.'],
    ['scan:1', 'Scan 1 still runs.'],
  ])('from %s says why it cannot be', async (from, why) => {
    const { mute, get } = await world({ whole: true, within: 300 });
    mute.add('two');
    await call('POST', 'scans', { name: 'running' });
    expect((await get(`/api/v1/compare?from=${from}`)).body).toMatchObject({ status: 400, detail: why });
  });

  test('refuses a scan that failed, and one of which only the summary is left', async () => {
    const { store, get } = await world();
    const at = Date.parse(after(0)) - 1000;
    const about = {
      note: null,
      trigger: 'request',
      by: 'ann',
      requestedAt: at,
      deadline: at,
      program: '0.1.0',
    } as const;
    const { result = null } = store.scans.get(Number((await scanned())['id'])) ?? {};
    store.scans.add({
      ...about,
      name: 'lost',
      state: 'failed',
      reason: 'store',
      message: '',
      at: null,
      endedAt: at,
      result: null,
    });
    store.scans.add({ ...about, name: 'old', state: 'complete', reason: null, message: null, at, endedAt: at, result });
    expect((await get('/api/v1/compare?from=lost')).body).toMatchObject({
      detail: expect.stringContaining('failed (store)'),
    });
    expect((await get('/api/v1/compare?from=old')).body).toMatchObject({
      detail: expect.stringContaining('only its summary'),
    });
    expect(await ended('3')).toMatchObject({ detail: 'gone', summary: { total: 4 } });
  });
});

describe('schedules', () => {
  const nightly = { name: 'nightly', cron: '30 2 * * *', timeZone: 'Europe/Berlin' };

  test('are made, shown with their next run, replaced and deleted', async () => {
    const { get } = await world();
    const made = await call('POST', 'schedules', nightly);
    const shown = { ...nightly, note: null, enabled: true, nextRun: '2026-03-01T01:30:00.000Z' };
    expect(made).toMatchObject({ status: 201, location: '/api/v1/schedules/nightly', body: { schedule: shown } });
    expect((await call('POST', 'schedules', nightly)).status).toBe(409);
    await call('POST', 'schedules', { name: 'another', cron: '0 * * * *' });
    expect((await get('/api/v1/schedules?limit=1')).body).toMatchObject({
      schedules: [{ name: 'another', timeZone: 'UTC', nextRun: '2026-03-01T01:00:00.000Z' }],
      nextCursor: 'another',
    });
    expect((await get('/api/v1/schedules?cursor=another')).body).toMatchObject({
      schedules: [shown],
      nextCursor: null,
    });
    const off = await call('PUT', 'schedules/nightly', { cron: '0 3 * * *', enabled: false, note: 'later' });
    expect(off.body.schedule).toMatchObject({ cron: '0 3 * * *', enabled: false, note: 'later', nextRun: null });
    expect((await get('/api/v1/schedules/nightly')).body).toEqual(off.body);
    expect((await call('DELETE', 'schedules/nightly')).status).toBe(204);
    expect((await get('/api/v1/schedules/nightly')).status).toBe(404);
    expect((await call('PUT', 'schedules/nightly', { cron: '0 3 * * *' })).status).toBe(404);
  });

  test('start scans, which carry their name', async () => {
    const { settle, scanning, get } = await world();
    await call('POST', 'schedules', { ...nightly, note: 'every night' });
    await settle(2 * 3600);
    scanning.schedules.tick();
    const { body } = await get('/api/v1/scans');
    expect(body).toMatchObject({ scans: [{ trigger: 'schedule', by: 'nightly', note: 'every night' }] });
  });

  test.each([
    [{ name: 'x', cron: '61 * * * *' }, 'cron'],
    [{ name: 'x', cron: '0 0 * * *', timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ name: 'No Name', cron: '0 0 * * *' }, 'name'],
    [{ cron: '0 0 * * *' }, 'name'],
    [{ name: 'x', cron: '0 0 * * *', enabled: 'perhaps' }, 'enabled'],
    [{ name: 'x', cron: '0 0 * * *', deadline: 5 }, 'deadline'],
  ])('of %j are a 400 that names the field', async (body, field) => {
    await world();
    const { status, body: problem } = await call('POST', 'schedules', body);
    expect([status, problem.code]).toEqual([400, 'PLB_REQUEST_INVALID']);
    expect(problem.detail).toContain(field);
  });
});
