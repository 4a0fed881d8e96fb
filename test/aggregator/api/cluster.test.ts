import { afterAll, beforeAll, expect, test } from 'vitest';
import { changingCluster, namespace, pod } from '../judging/changing-cluster.ts';
import { type Served, serve } from './served.ts';

let served: Served;
const spaces = ['app', 'default', 'kube-system', 'team-1', 'team-2'];
beforeAll(async () => {
  const cluster = changingCluster();
  for (const name of spaces) cluster.put(namespace(name));
  for (const name of ['app', 'team-1']) cluster.put(pod(name, 'a', true));
  cluster.sync();
  served = await serve({ cluster });
  await served.settle();
});
afterAll(() => served.close());

interface Found {
  readonly subject: string;
  readonly namespace: string | null;
  readonly kind: string | null;
  readonly system: boolean;
  readonly status: string;
  readonly evidence?: readonly { readonly origin: { readonly text: string } }[];
}
interface Page {
  readonly findings: readonly Found[];
  readonly nextCursor: string | null;
}

async function page(query: string): Promise<Page> {
  const { status, body } = await served.get(`/api/v1/findings?control=psa-privileged-containers&${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as Page;
}

test('findings carry namespace, kind and whether they are about the system', async () => {
  const { findings } = await page('');
  expect(findings.map((one) => [one.subject, one.namespace, one.kind, one.system])).toEqual(
    spaces.map((name) => [`namespace/${name}`, name, 'namespace', name === 'kube-system']),
  );
  expect(findings.every((one) => one.evidence === undefined)).toBe(true);
});

test.each([
  ['namespace=team-1', ['namespace/team-1']],
  ['namespace=nobody', []],
  ['namespace=%27%20OR%201=1', []],
  ['kind=namespace&status=fail&namespace=app', ['namespace/app']],
  ['kind=NAMESPACE&namespace=app', ['namespace/app']],
  ['kind=clusterrolebinding', []],
  ['node=cluster&namespace=team-2', ['namespace/team-2']],
])('findings of the cluster by %s', async (query, expected) => {
  expect((await page(query)).findings.map((one) => one.subject)).toEqual(expected);
});

test('failing subjects are paged with their evidence, through a filter too', async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const { findings, nextCursor }: Page = await page(
      `kind=namespace&evidence=true&limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    seen.push(...findings.map((one) => one.subject));
    expect(findings.every((one) => (one.evidence?.length ?? 0) > 0)).toBe(true);
    cursor = nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(spaces.map((name) => `namespace/${name}`));
});

test('a control of the cluster says how many subjects pass and which fail, and knows no majority', async () => {
  const { body } = await served.get('/api/v1/controls/psa-privileged-containers');
  const { findings } = await page('');
  const failing = findings.filter((one) => one.status === 'fail').map((one) => one.subject);
  const judged = findings.filter((one) => ['pass', 'fail', 'warn'].includes(one.status)).length;
  const passing = findings.filter((one) => one.status === 'pass').length;
  expect(failing).toContain('namespace/team-1');
  expect(body).toMatchObject({
    subjects: { judged, passing, failing: failing.length },
    successRate: passing / judged,
    failing: failing.map((subject) => ({
      subject,
      kind: 'namespace',
      evidence: expect.arrayContaining([expect.anything()]),
    })),
    failingCursor: null,
    majority: null,
    outliersTotal: 0,
    inconsistent: false,
  });
});

test('a document says of each control how many subjects pass', async () => {
  const { body } = await served.get('/api/v1/benchmarks/cis/kubernetes-2.0');
  const { controls } = (
    body as { document: { controls: { control: string; subjects: object; successRate: number }[] } }
  ).document;
  const one = controls.find(({ control }) => control === 'psa-privileged-containers');
  const { body: alone } = await served.get('/api/v1/controls/psa-privileged-containers');
  const { subjects, successRate } = alone as { subjects: object; successRate: number };
  expect(one).toMatchObject({ subjects, successRate });
  expect(controls.find(({ control }) => control === 'etcd-unique-ca')).toMatchObject({ successRate: null });
});

test('every answer names the exclusions, the summary every resource', async () => {
  for (const path of ['summary', 'nodes', 'benchmarks', 'controls/psa-privileged-containers', 'findings']) {
    const { body } = await served.get(`/api/v1/${path}`);
    expect(body, path).toMatchObject({ exclusions: ['sandbox-*'] });
  }
  const { body } = await served.get('/api/v1/summary');
  expect(body).toMatchObject({
    resources: [
      { name: 'pods', state: 'synced', detail: null, lastEventAt: '2026-03-01T00:00:00.000Z', objects: 12 },
      { name: 'roles', state: 'denied', detail: 'roles are <forbidden>', lastEventAt: null, objects: 0 },
    ],
  });
});

test('the start page shows sections 3 and 5, exclusions and what is not known, harmless', async () => {
  const { body } = await served.server.inject({ url: '/' });
  expect(body).toContain('namespaces sandbox-*.');
  expect(body).toContain('<code>roles</code> denied: roles are &#60;forbidden&#62;');
  expect(body).not.toContain('<code>pods</code>');
  expect(body).toMatch(/<th scope="row">3 /);
  expect(body).toMatch(/<th scope="row">5 /);
});
