import { afterAll, beforeAll, expect, test } from 'vitest';
import { after, observations, send } from '../world.ts';
import { type Served, serve } from './served.ts';

const other = 'cis/kubernetes-1.9';
const own = 'cis/kubernetes-2.0';
let served: Served;

beforeAll(async () => {
  served = await serve();
  served.store.rememberProgram('0.0.9', Date.parse(after(0)));
  send(served.store, 'one', observations({ profiling: 'true', etcd: true }), 0);
  send(served.store, 'two', observations({ mode: '0644' }), 0);
  await served.settle();
  send(served.store, 'two', observations({ mode: '0600' }), 10, 2n);
  await served.settle(10);
  await served.settle(20);
});
afterAll(() => served.close());

interface Summarized {
  readonly at: string;
  readonly rejudged: boolean;
  readonly program: string | null;
  readonly benchmarks: readonly object[];
  readonly summary: Readonly<Record<string, unknown>>;
  readonly nodes: object;
}

async function ask<T = Summarized>(path: string): Promise<T> {
  const { status, body } = await served.get(path);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as T;
}

test('a moment under a document that nobody asked for then, and the one that judged', async () => {
  const then = await ask(`/api/v1/summary?at=${after(5)}&benchmark=${other}`);
  expect(then).toMatchObject({
    ...{ at: after(5), rejudged: true, program: '0.1.0', versions: { controlPlane: 'v1.34.1' } },
    benchmarks: [{ benchmark: other, benchmarkMatch: 'requested' }],
    summary: { total: 4, fail: 2, pass: 1 },
    nodes: { total: 2, reporting: 2 },
  });
  const stored = await ask(`/api/v1/summary?at=${after(5)}&benchmark=${own}`);
  expect(stored).toMatchObject({ rejudged: false, program: '0.0.9', summary: then.summary });
  expect(await ask(`/api/v1/summary?benchmark=${other}`)).toMatchObject({
    rejudged: true,
    summary: { fail: 1, pass: 2 },
  });
});

test('the versions of a moment are those of then', async () => {
  served.store.nodes.patch('two', { kubeletVersion: 'v1.35.0', listed: true });
  send(served.store, 'two', observations({ mode: '0640' }), 30, 3n);
  await served.settle(30);
  const kubelets = async (seconds: number) =>
    (await ask<{ versions: { kubelets: object } }>(`/api/v1/summary?at=${after(seconds)}`)).versions.kubelets;
  expect([await kubelets(5), await kubelets(30)]).toEqual([{ unknown: 2 }, { unknown: 1, 'v1.35.0': 1 }]);
});

test("a moment by today's checks is what was stored of it, and says so", async () => {
  const again = await ask(`/api/v1/summary?at=${after(5)}&rejudge=true`);
  const stored = await ask(`/api/v1/summary?at=${after(5)}`);
  expect([again.rejudged, stored.rejudged]).toEqual([true, false]);
  expect(again.summary).toEqual(stored.summary);
  expect(again.benchmarks).toEqual(stored.benchmarks);
});

interface Page {
  readonly rejudged: boolean;
  readonly findings: readonly { readonly id: string; readonly node: string | null; readonly status: string }[];
  readonly nextCursor: string | null;
}

test('findings of such a moment come page by page, each with evidence and the time it was observed', async () => {
  const query = `at=${after(5)}&benchmark=${other}&limit=2`;
  const pages: Page[] = [await ask<Page>(`/api/v1/findings?${query}`)];
  for (let next = pages[0]?.nextCursor; next; next = pages.at(-1)?.nextCursor) {
    pages.push(await ask<Page>(`/api/v1/findings?${query}&cursor=${next}`));
  }
  expect(pages.every((page) => page.rejudged)).toBe(true);
  expect(pages.flatMap((page) => page.findings).length).toBe(7);
  const [failing] = (await ask<Page>(`/api/v1/findings?${query}&node=two&status=fail`)).findings;
  const whole = await ask<{ finding: object }>(`/api/v1/findings/${failing?.id}?at=${after(5)}`);
  expect(whole).toMatchObject({
    rejudged: true,
    finding: { benchmark: other, status: 'fail', evidence: [{ actual: '0644', observedAt: after(0) }] },
  });
});

test('a control of such a moment: who failed then', async () => {
  const path = `/api/v1/controls/kubelet-mode?at=${after(5)}&benchmark=${other}`;
  expect(await ask<object>(path)).toMatchObject({
    rejudged: true,
    failing: [{ node: 'two' }],
    numbers: [{ benchmark: other }],
  });
  expect(await ask<object>(`/api/v1/controls/kubelet-mode?at=${after(5)}&benchmark=${own}`)).toMatchObject({
    rejudged: false,
  });
});

test.each([
  [`/api/v1/summary?at=${after(-5)}&benchmark=${other}`, `Of nothing before ${after(0)} is enough known`],
  [`/api/v1/summary?at=${after(500)}&rejudge=true`, 'The parameter at lies in the future.'],
  [`/api/v1/findings?at=${after(-5)}&rejudge=true`, `Of nothing before ${after(0)}`],
  ['/api/v1/findings?benchmark=cis/none', 'There is no benchmark cis/none'],
  ['/api/v1/summary?rejudge=perhaps', 'rejudge'],
])('%s is refused with a sentence', async (path, says) => {
  const { status, body } = await served.get(path);
  expect(body).toMatchObject({ code: 'PLB_REQUEST_INVALID', detail: expect.stringContaining(says) });
  expect(status).toBe(400);
});
