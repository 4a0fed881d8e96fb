import { afterAll, beforeAll, expect, test } from 'vitest';
import { blindCluster } from '../../../aggregator/src/judging/judged-cluster.ts';
import { kubelet } from '../kubelet.ts';
import { send } from '../world.ts';
import { type Served, serve } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await serve({
    cluster: blindCluster(
      () => [],
      () => 0,
    ),
  });
  send(served.store, 'edited', kubelet({ anonymous: false }), 0);
  send(served.store, 'still', kubelet({ anonymous: false }), 0);
  send(served.store, 'unseen', kubelet({ anonymous: true, age: 'after-start' }), 0);
  await served.settle();
  send(served.store, 'edited', kubelet({ anonymous: true, age: 'after-start' }), 10, 2n);
  await served.settle(10);
});
afterAll(() => served.close());

interface Answer {
  readonly findings: readonly { readonly id: string; readonly node: string; readonly status: string }[];
}

const control = 'kubelet-anonymous-auth';
const ask = async (query: string) => (await served.get(`/api/v1/findings?${query}`)).body as Answer;
const nodes = async (query: string) =>
  (await ask(`control=${control}&${query}`)).findings.map((one) => `${one.node} ${one.status}`);

test('findings with something pending, and those without', async () => {
  expect(await nodes('')).toEqual(['edited pass', 'still pass', 'unseen fail']);
  expect(await nodes('pending=true')).toEqual(['edited pass', 'unseen fail']);
  expect(await nodes('pending=false')).toEqual(['still pass']);
  expect(await nodes('pending=true&at=2026-03-01T00:00:05Z')).toEqual(['unseen fail']);
  const all = async (query: string) => (await ask(`limit=500&${query}`)).findings.length;
  expect((await all('pending=true')) + (await all('pending=false'))).toBe(await all(''));
});

test('the finding says what runs, what comes, and where it stands', async () => {
  const id = (await ask(`control=${control}&node=edited`)).findings[0]?.id ?? '';
  const { body } = await served.get(`/api/v1/findings/${encodeURIComponent(id)}`);
  const origin = {
    kind: 'file',
    path: '/var/lib/kubelet/config.yaml',
    text: 'file /var/lib/kubelet/config.yaml authentication.anonymous.enabled',
  };
  expect((body as { finding: object }).finding).toMatchObject({
    status: 'pass',
    evidence: [{ actual: false, origin, pending: { actual: true, holds: false, running: 'observed', origin } }],
  });
  const unseen = await ask(`control=${control}&node=unseen&evidence=true`);
  expect(unseen.findings).toMatchObject([{ evidence: [{ actual: true, pending: { running: 'unknown' } }] }]);
  const still = await ask(`control=${control}&node=still&evidence=true`);
  expect(still.findings).toMatchObject([{ evidence: [{ actual: false, pending: null }] }]);
});
