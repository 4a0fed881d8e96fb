import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openAccess } from '../../../aggregator/src/api/access.ts';
import { type Served, serve } from '../api/served.ts';
import { after as moment, observations, send } from '../world.ts';

const waiver = {
  kind: 'accepted-risk',
  control: 'kubelet-mode',
  owner: 'Jane Doe',
  reason: 'The file is replaced in spring.',
  expires: '2026-06-01',
};
const { kind: _, ...attestation } = waiver;

interface Answer {
  readonly waiver: { readonly id: string };
  readonly waivers: readonly { readonly id: string; readonly state: string }[];
  readonly findings: readonly { readonly node: string; readonly status: string; readonly waiver: object | null }[];
  readonly entries: readonly object[];
  readonly nextCursor: string | null;
  readonly detail: string;
}

let served: Served;
beforeAll(async () => {
  served = await serve({ access: { ...openAccess, caller: () => ({ name: 'ci', role: 'operator' }) } });
  send(served.store, 'one', observations({ mode: '0644', profiling: 'true' }), 0);
  send(served.store, 'two', observations({ mode: '0644' }), 0);
  send(served.store, 'three', observations({ mode: '0600' }), 0);
  await served.settle();
});
afterAll(() => served.close());
afterEach(async () => {
  for (const { id } of (await ask('waivers')).waivers) await remove(id);
});

async function ask(path: string): Promise<Answer> {
  const { status, body } = await served.get(`/api/v1/${path}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}
async function add(change: object = {}, what = 'waivers'): Promise<{ status: number; body: Answer }> {
  return served.send('POST', `/api/v1/${what}`, { ...(what === 'waivers' ? waiver : attestation), ...change });
}
const remove = async (id: string, what = 'waivers') => served.send('DELETE', `/api/v1/${what}/${id}`);

describe('needs 8: who decided what, until when', () => {
  test('a new waiver is answered with what it is about now, and never hides the raw verdict', async () => {
    const before = (await ask('summary')) as unknown as { summary: { score: number; fail: number } };
    const { status, body } = await add({ node: 'o*' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      waiver: {
        ...waiver,
        node: 'o*',
        expires: '2026-06-01T00:00:00.000Z',
        createdBy: 'ci',
        createdAt: moment(0),
        state: 'active',
        matches: { open: 1, covers: 1 },
      },
    });
    const { id } = body.waiver;
    const { findings } = await ask('findings?control=kubelet-mode');
    expect(findings.map((one) => [one.node, one.status, one.waiver !== null])).toEqual([
      ['one', 'fail', true],
      ['two', 'fail', false],
      ['three', 'pass', false],
    ]);
    expect(findings[0]?.waiver).toEqual({
      ...{ id, kind: 'accepted-risk', owner: 'Jane Doe' },
      ...{ reason: waiver.reason, expires: '2026-06-01T00:00:00.000Z' },
    });
    // Partly waived still fails.
    expect(await ask('summary')).toMatchObject({ summary: { ...before.summary, waived: 0 } });
    expect(await ask('controls/kubelet-mode')).toMatchObject({
      status: 'fail',
      adjusted: 'fail',
      counts: { fail: 2, pass: 1 },
      covered: { waivedFail: 1, waivedWarn: 0, attested: 0 },
    });
    expect(await ask('nodes/one')).toMatchObject({ node: { summary: { fail: 2, waived: 1, adjusted: { fail: 1 } } } });
    expect(await ask('nodes/two')).toMatchObject({ node: { summary: { fail: 1, waived: 0, adjusted: { fail: 1 } } } });
    expect((await remove(id)).status).toBe(204);
  });

  test('all failing subjects waived: the control is waived in the adjusted counts, beside the raw ones', async () => {
    const { body } = await add();
    const { summary: raw } = (await ask('summary')) as unknown as { summary: Record<string, never> };
    expect(raw).toMatchObject({ total: 4, fail: 2, error: 2, score: 0, waived: 1 });
    expect(raw['adjusted']).toMatchObject({ pass: 0, fail: 1, error: 2, notApplicable: 0, score: 0 });
    expect(raw['sections']).toMatchObject({
      '4': { fail: 1, score: 0, waived: 1, adjusted: { fail: 0, score: null } },
    });
    expect(await ask('benchmarks/cis/kubernetes-2.0')).toMatchObject({
      document: {
        controls: [
          { number: '1.2.9', status: 'fail', adjusted: 'fail' },
          {},
          { number: '4.1.1', status: 'fail', adjusted: 'waived', covered: { waivedFail: 2 } },
          {},
        ],
      },
    });
    await remove(body.waiver.id);
    expect(await ask('summary')).toMatchObject({ summary: { fail: 2, waived: 0, adjusted: { fail: 2 } } });
  });

  test.each([
    [{ control: '5.2.99' }, 'control: there is no control 5.2.99'],
    [{ control: 'nothing' }, 'control: there is no control nothing'],
    [{ benchmark: 'cis/none' }, 'benchmark: there is no benchmark cis/none'],
    [{ expires: '2025-01-01' }, 'expires: it would be over already'],
    [{ expires: '2036-01-01' }, 'expires: at most two years ahead'],
    [{ kind: 'mitigated' }, 'compensating: a mitigated risk needs the measure'],
    [{ nodeSelector: 'a=b' }, 'nodeSelector: values of labels are not kept'],
    [{ expires: undefined }, 'The parameter expires is missing.'],
    [{ owner: undefined }, 'The parameter owner is missing.'],
    [{ reason: undefined }, 'The parameter reason is missing.'],
    [{ kind: undefined }, 'The parameter kind is missing.'],
    [{ reason: '   ' }, 'The parameter reason is not valid'],
    [{ colour: 'red' }, 'There is no parameter colour.'],
  ])('POST with %j is refused and names the field', async (change, says) => {
    const { status, body } = await add(change);
    expect({ status, detail: body.detail }).toEqual({ status: 400, detail: expect.stringContaining(says) });
    const put = await served.send('PUT', '/api/v1/waivers/1', { ...waiver, ...change });
    expect(put.status).toBe(400);
  });

  test('waived=true and waived=false part the findings, page by page, at any time', async () => {
    const { body } = await add({ node: 'two' });
    const nodes = async (query: string) => (await ask(`findings?${query}`)).findings.map((one) => one.node);
    expect(await nodes('waived=true')).toEqual(['two']);
    expect(await nodes('waived=true&status=pass')).toEqual([]);
    expect(await nodes('waived=false&control=kubelet-mode')).toEqual(['one', 'three']);
    const first = await ask('findings?waived=false&control=kubelet-mode&limit=1');
    expect(first.findings.map((one) => one.node)).toEqual(['one']);
    const next = await ask(`findings?waived=false&control=kubelet-mode&limit=1&cursor=${first.nextCursor}`);
    expect(next).toMatchObject({ findings: [{ node: 'three' }], nextCursor: null });
    await remove(body.waiver.id);
    expect(await nodes('waived=true')).toEqual([]);
  });

  test('two waivers on the same: the older covers, the other is ineffective; one that nothing needs is too', async () => {
    const ids = [(await add()).body, (await add({ node: 'one' })).body, (await add({ node: 'three' })).body];
    const { waivers } = await ask('waivers');
    expect(waivers.map((one) => one.state)).toEqual(['active', 'ineffective', 'ineffective']);
    expect((await ask('waivers?state=ineffective&limit=1')).nextCursor).toBe(ids[1]?.waiver.id);
    expect((await ask(`waivers?state=ineffective&limit=1&cursor=${ids[1]?.waiver.id}`)).waivers).toHaveLength(1);
    await remove(String(ids[0]?.waiver.id));
    expect((await ask('waivers')).waivers.map((one) => one.state)).toEqual(['active', 'ineffective']);
    for (const one of ids.slice(1)) await remove(String(one.waiver.id));
  });

  test('an edit is another version, a removed one is gone and stays in history, and all of it is logged', async () => {
    const { body } = await add({ node: 'one' });
    const { id } = body.waiver;
    await served.settle(10);
    expect(await served.send('PUT', `/api/v1/waivers/${id}`, { ...waiver, node: 'two' })).toMatchObject({
      status: 200,
      body: { waiver: { id, node: 'two', createdAt: moment(0), changedAt: moment(10), state: 'active' } },
    });
    await served.settle(20);
    expect((await remove(id)).status).toBe(204);
    for (const [method, path] of [
      ['DELETE', id],
      ['PUT', id],
      ['DELETE', 'x'],
    ] as const)
      expect((await served.send(method, `/api/v1/waivers/${path}`, method === 'PUT' ? waiver : undefined)).status).toBe(
        404,
      );
    expect((await served.get(`/api/v1/waivers/${id}`)).status).toBe(404);
    const nodeAt = async (seconds: number) => (await ask(`waivers?at=${moment(seconds)}`)).waivers;
    expect(await nodeAt(5)).toMatchObject([{ id, node: 'one', state: null, matches: null }]);
    expect(await nodeAt(15)).toMatchObject([{ id, node: 'two' }]);
    expect(await nodeAt(25)).toEqual([]);
    const waived = async (seconds: number) => (await ask(`findings?waived=true&at=${moment(seconds)}`)).findings;
    expect(await waived(5)).toMatchObject([{ node: 'one', status: 'fail', waiver: { id } }]);
    expect(await waived(15)).toMatchObject([{ node: 'two' }]);
    expect(await ask(`nodes/one?at=${moment(5)}`)).toMatchObject({ node: { summary: { waived: 1 } } });
    expect(await ask(`summary?at=${moment(5)}`)).toMatchObject({ summary: { waived: 0, fail: 2 } });
    const { entries } = await ask(`audit?kind=waiver&target=${id}`);
    expect(entries).toMatchObject([
      { who: 'ci', at: moment(20), action: 'removed', before: { node: 'two' }, after: null },
      { who: 'ci', at: moment(10), action: 'changed', before: { node: 'one' }, after: { node: 'two' } },
      { who: 'ci', at: moment(0), action: 'created', before: null, after: { node: 'one', reason: waiver.reason } },
    ]);
    const first = await ask(`audit?target=${id}&limit=2`);
    expect((await ask(`audit?target=${id}&limit=2&cursor=${first.nextCursor}`)).entries).toHaveLength(1);
  });

  test.each([
    'waivers?state=open',
    'waivers?cursor=x',
    'waivers?at=never',
    `waivers?at=${moment(0)}&state=active`,
    'audit?cursor=-1',
  ])('%s is refused', async (path) => expect((await served.get(`/api/v1/${path}`)).status).toBe(400));

  test('an attestation is made the same way', async () => {
    const made = (await add({ proof: 'https://tickets.example/7' }, 'attestations')).body as unknown as {
      attestation: { id: string };
    };
    // Nothing of it warns, so nothing waits for a person.
    expect(made).toMatchObject({
      attestation: { state: 'ineffective', proof: 'https://tickets.example/7', matches: { open: 0 } },
    });
    expect((await ask('attestations')) as unknown).toMatchObject({ attestations: [{ id: made.attestation.id }] });
    expect((await add({ kind: 'mitigated' }, 'attestations')).status).toBe(400);
    expect((await remove(made.attestation.id, 'attestations')).status).toBe(204);
  });
});

test('compare: what a waiver began to cover between two instants is waived, and the other way round no longer', async () => {
  const later = await serve();
  send(later.store, 'one', observations({ mode: '0644', profiling: 'true' }), 0);
  send(later.store, 'two', observations({ mode: '0644' }), 0);
  await later.settle();
  await later.settle(10);
  const made = (await later.send('POST', '/api/v1/waivers', { ...waiver, node: 'two' })).body as Answer;
  await later.settle(20);
  const told = async (query: string) => {
    const { body } = await later.get(`/api/v1/compare?${query}`);
    const {
      changes,
      controls,
      before,
      after: now,
    } = body as {
      changes: { delta: string; before: { node: string; waived: boolean }; after: { waived: boolean } }[];
      controls: { control: string; delta: string | null; after: { status: string; adjusted: string } }[];
      before: { summary: { fail: number; waived: number } };
      after: { summary: { fail: number; waived: number } };
    };
    return {
      changes: changes.map((one) => `${one.before.node} ${one.delta} ${one.before.waived} ${one.after.waived}`),
      controls: controls.map((one) => `${one.control} ${one.delta} ${one.after.status} ${one.after.adjusted}`),
      fails: [before.summary.fail, now.summary.fail, before.summary.waived, now.summary.waived],
    };
  };
  expect(await told(`from=${moment(5)}`)).toEqual({
    changes: ['two waived false true'],
    controls: ['kubelet-mode null fail fail'],
    fails: [2, 2, 0, 0],
  });
  expect(await told(`from=${moment(20)}&to=${moment(5)}`)).toMatchObject({
    changes: ['two no-longer-waived true false'],
  });
  expect(await told(`from=${moment(5)}&node=two`)).toEqual({
    changes: ['two waived false true'],
    controls: ['kubelet-mode waived fail waived'],
    fails: [1, 1, 0, 1],
  });
  expect(await told(`from=${moment(5)}&node=one`)).toMatchObject({ changes: [] });
  expect(await told(`from=${moment(12)}&to=${moment(20)}`)).toMatchObject({ changes: [] });
  expect(await told(`from=${moment(5)}&control=apiserver-profiling`)).toMatchObject({ changes: [] });
  // What failed in another way and was waived too is one change.
  send(later.store, 'two', observations({ mode: '0666' }), 30, 2n);
  await later.settle(30);
  expect(await told(`from=${moment(5)}`)).toMatchObject({ changes: ['two waived false true'] });
  await later.send('DELETE', `/api/v1/waivers/${made.waiver.id}`);
  expect(await told(`from=${moment(5)}`)).toMatchObject({ changes: ['two changed false false'] });
  await later.close();
});
