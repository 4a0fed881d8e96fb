import { afterAll, beforeAll, expect, test } from 'vitest';
import { after, observations, send, start } from '../world.ts';
import { type Served, serve } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
  send(served.store, 'one', observations({ profiling: 'true', etcd: true }), 0);
  send(served.store, 'two', observations(), 0);
  send(served.store, 'three', observations({ mode: '0644' }), 0);
  served.store.nodes.ensure('silent', start);
  served.store.nodes.patch('silent', { listed: true, kubeletVersion: 'v1.34.1', labels: ['a'] });
  await served.settle();
});
afterAll(() => served.close());

test('summary counts controls by their worst node, whole and by section', async () => {
  const { body } = await served.get('/api/v1/summary');
  expect(body).toMatchObject({
    cluster: '<b>test</b>',
    at: after(0),
    benchmarkMatch: 'exact',
    benchmarks: [{ benchmark: 'cis/kubernetes-2.0', benchmarkMatch: 'exact' }],
    versions: { controlPlane: 'v1.34.1', kubelets: { unknown: 3, 'v1.34.1': 1 } },
    summary: {
      total: 4,
      fail: 2,
      error: 2,
      pass: 0,
      score: 0,
      coverage: 0.5,
      sections: { '1': { fail: 1 }, '2': { error: 1 }, '4': { fail: 1 }, '5': { error: 1 } },
    },
    nodes: { total: 4, reporting: 3, stale: 0, noAgent: 1 },
    nodeList: { source: 'cluster', synced: true },
  });
});

test('nodes are paged by name and each has its own summary', async () => {
  const first = (await served.get('/api/v1/nodes?limit=2')).body as { nodes: { name: string }[]; nextCursor: string };
  expect(first.nodes.map((one) => one.name)).toEqual(['one', 'silent']);
  expect(first.nodes[1]).toMatchObject({ presence: 'no-agent', lastReceived: null, summary: { error: 3 } });
  const second = (await served.get(`/api/v1/nodes?limit=2&cursor=${first.nextCursor}`)).body as typeof first;
  expect(second).toMatchObject({ nodes: [{ name: 'three' }, { name: 'two' }], nextCursor: null });
});

test('a node tells how far its clock is off and what it fills of the store', async () => {
  const { body } = await served.get('/api/v1/nodes');
  const of = (name: string) => (body as { nodes: { name: string }[] }).nodes.find((one) => one.name === name);
  expect(of('three')).toMatchObject({ clockSkewSeconds: 86_400 });
  expect(of('two')).toMatchObject({ clockSkewSeconds: null, storedBytes: served.store.nodes.get('two')?.storedBytes });
});

test('one node', async () => {
  const { body } = await served.get('/api/v1/nodes/one');
  expect(body).toMatchObject({
    node: {
      name: 'one',
      presence: 'reporting',
      roles: ['control-plane', 'etcd', 'node'],
      platform: 'kubeadm',
      benchmark: 'cis/kubernetes-2.0',
      benchmarkMatch: 'exact',
      summary: { total: 3, sections: { '1': { fail: 1 } } },
    },
  });
  expect((await served.get('/api/v1/nodes/none')).status).toBe(404);
});

test.each(['kubelet-mode', '4.1.1'])('controls/%s: what most have, and who differs', async (slug) => {
  const { body } = await served.get(`/api/v1/controls/${slug}`);
  expect(body).toMatchObject({
    control: 'kubelet-mode',
    status: 'fail',
    inconsistent: true,
    counts: { pass: 2, fail: 1, error: 1 },
    numbers: [{ benchmark: 'cis/kubernetes-2.0', number: '4.1.1' }],
    majority: { status: 'pass', value: '0600', nodes: 2 },
    outliersTotal: 2,
  });
  const { outliers } = body as { outliers: { node: string; value: string; status: string }[] };
  expect(outliers.map((one) => `${one.node} ${one.status} ${one.value}`).sort()).toEqual([
    'silent error ',
    'three fail 0644',
  ]);
});

test('benchmarks', async () => {
  const { body } = await served.get('/api/v1/benchmarks');
  expect(body).toMatchObject({
    documents: [
      { benchmark: 'cis/kubernetes-1.9', inUse: false },
      { benchmark: 'cis/kubernetes-2.0', inUse: true, total: 4, kubernetes: { from: '1.34', to: '1.35' } },
    ],
  });
  const one = await served.get('/api/v1/benchmarks/cis/kubernetes-2.0');
  expect(one.body).toMatchObject({
    document: { controls: [{ number: '1.2.9', status: 'fail' }, {}, { number: '4.1.1', counts: { pass: 2 } }, {}] },
  });
  expect((await served.get('/api/v1/benchmarks/cis/none')).status).toBe(404);
});

test.each(['/api/v1/summary?x=1', '/api/v1/nodes?limit=none', '/api/v1/controls/4.1.1?at=never'])(
  '%s is refused',
  async (path) => expect(await served.get(path)).toMatchObject({ status: 400, body: { code: 'PLB_REQUEST_INVALID' } }),
);
