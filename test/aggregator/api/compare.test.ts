import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { after as moment, observations, send } from '../world.ts';
import { type Served, serve } from './served.ts';

interface Change {
  readonly delta: string;
  readonly control: string;
  readonly before: { readonly node: string | null; readonly status: string; readonly findingId: string } | null;
  readonly after: { readonly node: string | null; readonly status: string; readonly findingId: string } | null;
}
interface Answer {
  readonly unchanged: number;
  readonly deltas: Readonly<Record<string, number>>;
  readonly controls: readonly { readonly control: string; readonly delta: string | null }[];
  readonly changes: readonly Change[];
  readonly changesTotal: number;
  readonly nextCursor: string | null;
}

let served: Served;
beforeAll(async () => {
  served = await serve();
  served.store.rememberProgram('0.1.0', Date.parse(moment(0)));
  send(served.store, 'one', observations({ profiling: 'true', etcd: true, mode: '0600' }), 0);
  send(served.store, 'two', observations({ mode: '0600' }), 0);
  await served.settle();
  send(served.store, 'two', observations({ mode: '0644' }), 10, 2n);
  await served.settle(10);
  send(served.store, 'one', observations({ profiling: 'false', etcd: true, mode: '0400' }), 20, 2n);
  send(served.store, 'three', observations({ mode: '0600' }), 20);
  await served.settle(20);
});
afterAll(() => served.close());

async function ask(query: string): Promise<Answer> {
  const { status, body } = await served.get(`/api/v1/compare?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as Answer;
}
const told = ({ changes }: Answer) =>
  changes.map(
    ({ control, delta, before, after: now }) =>
      `${control} ${now?.node ?? before?.node} ${delta} ${before?.status ?? '-'}→${now?.status ?? '-'}`,
  );

const fixed = 'apiserver-profiling one fixed fail→pass';
const modeOfTwo = 'kubelet-mode two regressed pass→fail';
const modeOfOne = 'kubelet-mode one changed pass→pass';
const three = [
  'apiserver-profiling three new -→not-applicable',
  'etcd-guard three new -→not-applicable',
  'kubelet-mode three new -→pass',
];

test.each<readonly [string, readonly string[]]>([
  [`from=${moment(5)}`, [fixed, three[0] ?? '', three[1] ?? '', modeOfOne, three[2] ?? '', modeOfTwo]],
  [`from=${moment(5)}&to=${moment(15)}`, [modeOfTwo]],
  [`from=${moment(15)}&to=${moment(5)}`, ['kubelet-mode two fixed fail→pass']],
  [`from=${moment(20)}`, []],
  ['from=now&to=now', []],
  [`from=${moment(5)}&node=two`, [modeOfTwo]],
  [`from=${moment(5)}&node=cluster`, []],
  [`from=${moment(5)}&delta=fixed,regressed`, [fixed, modeOfTwo]],
  [`from=${moment(5)}&section=1`, [fixed, three[0] ?? '']],
  [`from=${moment(5)}&control=2.1`, [three[1] ?? '']],
  [`from=${moment(5)}&control=kubelet-mode&delta=changed`, [modeOfOne]],
  [`from=${moment(5)}&to=${moment(15)}&benchmark=cis/kubernetes-1.9`, [modeOfTwo]],
  [`from=${moment(5)}&to=${moment(15)}&rejudge=true`, [modeOfTwo]],
])('compare?%s', async (query, expected) => expect(told(await ask(query))).toEqual(expected));

test('everything is said: sides, summaries, sections, controls, values and where they come from', async () => {
  const answer = await ask(`from=${moment(5)}&to=${moment(15)}`);
  expect(answer).toMatchObject({
    at: moment(15),
    cluster: '<b>test</b>',
    benchmarkMatch: 'exact',
    exclusions: ['sandbox-*'],
    kind: 'instants',
    before: { at: moment(5), node: null, program: '0.1.0', summary: { total: 4, fail: 1 } },
    after: { at: moment(15), summary: { total: 4, fail: 2 } },
    unchanged: 6,
    deltas: { regressed: 1, fixed: 0, new: 0 },
    sections: [
      { section: '1', before: { fail: 1 }, after: { fail: 1 }, deltas: { regressed: 0 } },
      { section: '2' },
      { section: '4', before: { pass: 1 }, after: { fail: 1 }, deltas: { regressed: 1 } },
      { section: '5' },
    ],
    controls: [
      {
        control: 'kubelet-mode',
        section: '4',
        delta: 'regressed',
        before: {
          status: 'pass',
          numbers: [{ benchmark: 'cis/kubernetes-2.0', number: '4.1.1' }],
          counts: { pass: 2 },
        },
        after: { status: 'fail', counts: { pass: 1, fail: 1 } },
      },
    ],
    changes: [
      {
        rulesetChanged: false,
        before: { since: moment(0) },
        after: { since: moment(10) },
        values: [
          {
            subject: '/var/lib/kubelet/config.yaml',
            from: { actual: '0600', origin: { kind: 'stat' } },
            to: { actual: '0644', origin: { text: expect.stringContaining('/var/lib/kubelet/config.yaml') } },
          },
        ],
        valuesTotal: 1,
      },
    ],
    changesTotal: 1,
    nextCursor: null,
  });
  const id = answer.changes[0]?.after?.findingId;
  expect((await served.get(`/api/v1/findings/${id}`)).body).toMatchObject({ finding: { node: 'two' } });
});

describe('two nodes', () => {
  test('are matched by control and component', async () => {
    const nodes = await ask('node=two&otherNode=three');
    expect(told(nodes)).toEqual(['kubelet-mode three fixed fail→pass']);
    expect(nodes).toMatchObject({ kind: 'nodes', before: { node: 'two' }, after: { node: 'three' }, unchanged: 2 });
    expect(told(await ask(`node=two&otherNode=two&from=${moment(5)}`))).toEqual([modeOfTwo]);
    expect(told(await ask('node=one&otherNode=one'))).toEqual([]);
  });

  test.each([
    [`node=two&otherNode=three&to=${moment(15)}`, `The node three was first seen at ${moment(20)}.`],
    ['node=two&otherNode=cluster', 'name both'],
    ['otherNode=two', 'name both'],
    ['node=two&otherNode=nobody', 'There is no node nobody.'],
  ])('compare?%s is refused', refused);

  test('a deleted node is compared while it was there', async () => {
    const other = await serve();
    send(other.store, 'old', observations({ mode: '0644' }), 0);
    send(other.store, 'new', observations({ mode: '0600' }), 0);
    await other.settle();
    other.store.nodes.patch('old', { deletedAt: Date.parse(moment(60)) });
    await other.settle(60);
    const at = async (seconds: number) =>
      (await other.get(`/api/v1/compare?node=old&otherNode=new&from=${moment(seconds)}`)) as {
        status: number;
        body: object;
      };
    expect(await at(30)).toMatchObject({ status: 200, body: { deltas: { fixed: 1 } } });
    expect(await at(60)).toMatchObject({
      status: 400,
      body: { detail: `The node old was deleted at ${moment(60)}; give a time before.` },
    });
    await other.close();
  });
});

test('two documents: what one of them never judged is judged now', async () => {
  expect(await ask('benchmark=cis/kubernetes-2.0&otherBenchmark=cis/kubernetes-1.9')).toMatchObject({
    ...{ kind: 'documents', unchanged: 10, changesTotal: 0, rejudged: true },
    before: { rejudged: false, benchmark: 'cis/kubernetes-2.0', summary: { total: 4 } },
    after: { rejudged: true, benchmark: 'cis/kubernetes-1.9', program: '0.1.0', summary: { total: 4 } },
  });
  const same = await ask('benchmark=cis/kubernetes-2.0&otherBenchmark=cis/kubernetes-2.0');
  expect(same).toMatchObject({ kind: 'documents', unchanged: 10, changesTotal: 0 });
});

test('a silent node is incomparable, not gone', async () => {
  const other = await serve();
  send(other.store, 'one', observations({ mode: '0600' }), 0);
  await other.settle();
  await other.settle(3600);
  const { body } = await other.get(`/api/v1/compare?from=${moment(5)}&control=kubelet-mode`);
  expect(body).toMatchObject({ deltas: { incomparable: 1, gone: 0, new: 0 }, controls: [{ delta: 'incomparable' }] });
  await other.close();
});

test.each([1, 2, 4, 500])('pages of %i give every change once, of the times of the first', async (limit) => {
  const seen: string[] = [];
  let cursor = '';
  do {
    const answer = await ask(`from=${moment(5)}&limit=${limit}${cursor}`);
    expect(answer.changesTotal).toBe(6);
    seen.push(...told(answer));
    cursor = answer.nextCursor === null ? '' : `&cursor=${answer.nextCursor}`;
  } while (cursor !== '');
  expect(seen).toHaveLength(6);
  expect(new Set(seen).size).toBe(6);
});

const cursor = (...parts: readonly unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

test.each([
  ['', 'Say what to compare'],
  ['to=now', 'Say what to compare'],
  [`from=${moment(-1)}`, `Nothing is known before ${moment(0)}; give a later from.`],
  [`from=${moment(5)}&to=${moment(-5)}`, 'give a later to'],
  [`from=${moment(5)}&to=${moment(3600)}`, 'The parameter to lies in the future.'],
  ['from=yesterday', 'The parameter from is no time'],
  ['from=now&to=2026', 'The parameter to is no time'],
  ['from=now&node=none', 'There is no node none.'],
  ['from=now&benchmark=cis/none', 'There is no benchmark cis/none'],
  ['benchmark=cis/kubernetes-2.0&otherBenchmark=none', 'There is no benchmark none'],
  ['otherBenchmark=cis/kubernetes-2.0', 'name both, as benchmark'],
  ['from=now&control=%3Cscript%3E', 'There is no control <script>.'],
  ["from=now&section=1'--", 'section'],
  ['from=now&delta=broken', 'The parameter delta knows regressed, fixed'],
  ['from=now&delta=,', 'not nothing'],
  ['from=now&cursor=nonsense', 'cursor'],
  [`from=now&cursor=${cursor(1, 2)}`, 'cursor'],
  [`from=now&cursor=${cursor(Date.parse(moment(5)), Date.parse(moment(6)), -1)}`, 'cursor'],
  [`from=now&cursor=${cursor(1, 2, 0)}`, 'Nothing is known before'],
  [`from=${moment(6)}&cursor=${cursor(Date.parse(moment(5)), Date.parse(moment(6)), 0)}`, 'cursor is of other times'],
  ['from=now&limit=0', 'limit'],
  ['from=now&from=now', 'from'],
  [`from=${'9'.repeat(300)}`, 'from'],
  ['from=now&colour=red', 'There is no parameter colour.'],
])('compare?%s is refused with a sentence', refused);

async function refused(query: string, says: string): Promise<void> {
  const { status, body } = await served.get(`/api/v1/compare?${query}`);
  expect(body).toMatchObject({ code: 'PLB_REQUEST_INVALID', status: 400, detail: expect.stringContaining(says) });
  expect(status).toBe(400);
}

test('where nothing was judged yet nothing is compared', async () => {
  const empty = await serve();
  const { body } = await empty.get('/api/v1/compare?from=now');
  expect(body).toMatchObject({ status: 400, detail: 'Nothing was judged yet, so nothing can be compared.' });
  await empty.close();
});

test('needs.md 40: what is too much for one answer is refused, and a part of it is not', async () => {
  const large = await serve();
  const many = (status: 'pass' | 'fail') =>
    Array.from({ length: 20_001 }, (_, n) => ({
      match: 'exact' as const,
      finding: {
        ...{
          benchmark: 'cis/kubernetes-2.0',
          number: `5.1.${n < 3 ? 2 : 1}`,
          control: n < 3 ? 'few' : 'many',
          title: 'Many',
        },
        ...{
          severity: 'low' as const,
          level: '1' as const,
          by: 'manual' as const,
          subject: `namespace/n-${n}`,
          status,
        },
        ...{ reason: status, message: status, evidence: [], remedy: 'none' },
      },
    }));
  large.store.judge(null, many('pass'), Date.parse(moment(0)));
  large.store.judge(null, many('fail'), Date.parse(moment(10)));
  await large.settle(20);
  const whole = await large.get(`/api/v1/compare?from=${moment(5)}&to=${moment(15)}`);
  expect(whole.body).toMatchObject({
    code: 'PLB_REQUEST_INVALID',
    detail: 'More than 20000 findings differ; ask for one node, section or control.',
  });
  const part = await large.get(`/api/v1/compare?from=${moment(5)}&to=${moment(15)}&control=few`);
  expect(part.body).toMatchObject({ deltas: { regressed: 3 }, unchanged: 0 });
  await large.close();
});
