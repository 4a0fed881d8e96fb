import { afterAll, beforeAll, expect, test } from 'vitest';
import { after, observations, send } from '../world.ts';
import { type Served, serve } from './served.ts';

interface Found {
  readonly id: string;
  readonly node: string | null;
  readonly number: string;
  readonly status: string;
}
interface Answer {
  readonly findings: readonly Found[];
  readonly nextCursor: string | null;
  readonly benchmarkMatch: string;
  readonly versions: object;
}

let served: Served;
beforeAll(async () => {
  served = await serve();
  send(served.store, 'one', observations({ profiling: 'true', etcd: true, mode: '0600' }), 0);
  send(served.store, 'two', observations({ mode: '0600' }), 0);
  await served.settle();
  send(served.store, 'two', observations({ mode: '0644' }), 10, 2n);
  await served.settle(10);
});
afterAll(() => served.close());

async function rows(query: string): Promise<string[]> {
  const { status, body } = await served.get(`/api/v1/findings?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return (body as Answer).findings.map((one) => `${one.number} ${one.node ?? 'cluster'} ${one.status}`);
}

test.each([
  [
    '',
    [
      '1.2.9 one fail',
      '1.2.9 two not-applicable',
      '2.1 one pass',
      '2.1 two not-applicable',
      '4.1.1 one pass',
      '4.1.1 two fail',
      '5.1.1 cluster error',
    ],
  ],
  ['status=fail', ['1.2.9 one fail', '4.1.1 two fail']],
  ['status=pass,error', ['2.1 one pass', '4.1.1 one pass', '5.1.1 cluster error']],
  ['section=4', ['4.1.1 one pass', '4.1.1 two fail']],
  ['section=1.2', ['1.2.9 one fail', '1.2.9 two not-applicable']],
  ['section=1.1', []],
  ['control=kubelet-mode', ['4.1.1 one pass', '4.1.1 two fail']],
  ['control=4.1.1&node=one', ['4.1.1 one pass']],
  ['node=cluster', ['5.1.1 cluster error']],
  ['level=2', ['4.1.1 one pass', '4.1.1 two fail']],
  ['severity=low', []],
  ['reason=no-check', ['5.1.1 cluster error']],
  ['q=PROFILING&status=fail', ['1.2.9 one fail']],
  ['q=0644', ['4.1.1 two fail']],
  ['q=%25', []],
  ['benchmark=cis/kubernetes-2.0&status=fail&node=two', ['4.1.1 two fail']],
  // Nobody was judged by it: everybody is now.
  ['benchmark=cis/kubernetes-1.9&section=4', ['4.1.1 one pass', '4.1.1 two fail']],
  [`benchmark=cis/kubernetes-1.9&section=4&at=${after(5)}`, ['4.1.1 one pass', '4.1.1 two pass']],
  [`at=${after(5)}&section=4`, ['4.1.1 one pass', '4.1.1 two pass']],
  [`at=${after(-5)}`, []],
])('findings?%s', async (query, expected) => expect(await rows(query)).toEqual(expected));

test.each([
  ['status=broken', 'The parameter status knows pass, fail, warn, error, not-applicable, not broken.'],
  ['severity=', 'The parameter severity is not valid'],
  ['benchmark=cis/none', 'There is no benchmark cis/none; known are'],
  ['control=none', 'There is no control none.'],
  ['node=none', 'There is no node none.'],
  ['section=x', 'section'],
  ['at=yesterday', 'at is no time'],
  ['cursor=nonsense', 'cursor'],
  ['limit=501', 'limit'],
  ['limit=0', 'limit'],
  ['colour=red', 'There is no parameter colour.'],
])('findings?%s is refused with a sentence', async (query, says) => {
  const { status, body } = await served.get(`/api/v1/findings?${query}`);
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: 'PLB_REQUEST_INVALID', status: 400, detail: expect.stringContaining(says) });
});

test.each([1, 2, 3, 7, 500])('pages of %i give every finding once', async (limit) => {
  const seen: string[] = [];
  let cursor = '';
  do {
    const { body } = await served.get(`/api/v1/findings?limit=${limit}${cursor}`);
    const { findings, nextCursor } = body as Answer;
    expect(findings.length).toBeLessThanOrEqual(limit);
    seen.push(...findings.map((one) => one.id));
    cursor = nextCursor === null ? '' : `&cursor=${nextCursor}`;
  } while (cursor !== '');
  expect(seen).toHaveLength(7);
  expect(new Set(seen).size).toBe(7);
});

test('a finding has everything that it rests on, now and in the past', async () => {
  const { body } = await served.get('/api/v1/findings?control=4.1.1&node=two');
  const id = (body as Answer).findings[0]?.id;
  const now = await served.get(`/api/v1/findings/${id}`);
  expect(now.body).toMatchObject({
    benchmarkMatch: 'exact',
    versions: { controlPlane: 'v1.34.1' },
    finding: {
      id,
      node: 'two',
      benchmark: 'cis/kubernetes-2.0',
      status: 'fail',
      since: after(10),
      until: null,
      evidence: [
        {
          fact: 'file',
          subject: '/var/lib/kubelet/config.yaml',
          actual: '0644',
          holds: false,
          observedAt: after(0),
          origin: { kind: 'stat', text: 'stat of /var/lib/kubelet/config.yaml' },
        },
      ],
    },
  });
  const past = await served.get(`/api/v1/findings/${id}?at=${after(5)}`);
  expect(past.body).toMatchObject({ finding: { status: 'pass', since: after(0), until: after(10) } });
});

test('a setting has its origin and the time at which its process was seen', async () => {
  const { body } = await served.get('/api/v1/findings?control=1.2.9&node=one');
  const { body: one } = await served.get(`/api/v1/findings/${(body as Answer).findings[0]?.id}`);
  expect(one).toMatchObject({
    finding: { evidence: [{ actual: true, observedAt: after(0), origin: { kind: 'flag', key: 'profiling' } }] },
  });
});

test.each([
  'nonsense',
  Buffer.from('["x","y"]').toString('base64url'),
  Buffer.from('["no","a","1","s"]').toString('base64url'),
])('findings/%s is not found', async (id) => {
  const { status, body } = await served.get(`/api/v1/findings/${id}`);
  expect(status).toBe(404);
  expect(body).toMatchObject({ code: 'PLB_NOT_FOUND', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
});
