import type { Observation } from '@plumbline/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { after, observations, send } from '../world.ts';
import { type Served, serve } from './served.ts';

interface Group {
  readonly digest: string;
  readonly nodes: readonly string[];
  readonly nodesTotal: number;
  readonly differences: readonly {
    readonly fact: string;
    readonly key: string;
    readonly biggest: unknown;
    readonly here: unknown;
  }[];
  readonly differencesTotal: number;
}
interface Answer {
  readonly groups: readonly Group[];
  readonly groupsTotal: number;
  readonly nodesTotal: number;
  readonly unobserved: number;
  readonly nextCursor: string | null;
}

let served: Served;
let sequence = 0n;
beforeEach(async () => {
  served = await serve();
});
afterEach(() => served.close());

/** A node as it is: with its name, its address, its process and its certificate. */
function shows(node: string, n: number, mode = '0600', flag = '--v=2'): void {
  const see = (fact: string, subject: string, value: Observation['value']): Observation => ({
    ...{ fact, subject, state: 'observed' as const, observedAt: after(n) },
    ...(value === undefined ? {} : { value }),
  });
  const certificate = { subject: `CN=system:node:${node}`, issuer: 'CN=ca', isCA: false, extKeyUsage: [] };
  send(
    served.store,
    node,
    [
      ...observations({ mode }),
      see('node.host', 'node', { hostname: `host-${n}`, os: 'debian', osVersion: '13' }),
      see('process.instance', 'kubelet@here', { pid: n, startTime: `${n}` }),
      see('process', 'kubelet@here', {
        argv: ['kubelet', `--hostname-override=${node}`, `--node-ip=10.0.0.${n}`, flag],
        environment: {},
        cgroup: `/${n}`,
      }),
      see('certificates', '/pki/kubelet.crt', {
        privateKeys: 1,
        certificates: [{ ...certificate, publicKey: `${n}`, notBefore: `${n}`, notAfter: `${n}` }],
      }),
      see('file', `/pki/${node}.crt`, { type: 'file', mode: '0600', uid: 0, gid: 0, owner: 'root', group: 'root' }),
    ],
    n,
    ++sequence,
  );
}

async function ask(query = ''): Promise<Answer> {
  const { status, body } = await served.get(`/api/v1/node-groups${query}`);
  expect([status, body]).toEqual([200, body]);
  return body;
}

test('needs 30: 99 nodes are one group whatever their names and addresses are, and the one that differs says in what', async () => {
  for (let n = 0; n < 99; n++) shows(`node-${n}`, n);
  shows('odd', 120, '0644', '--v=9');
  served.store.nodes.ensure('silent', 0);
  served.store.nodes.patch('silent', { listed: true });
  await served.settle(130);
  const answer = await ask();
  expect(answer).toMatchObject({ groupsTotal: 2, nodesTotal: 101, unobserved: 1, nextCursor: null });
  const [most, odd] = answer.groups;
  expect([most?.nodesTotal, most?.nodes.length, most?.differencesTotal]).toEqual([99, 50, 0]);
  expect(odd?.nodes).toEqual(['odd']);
  expect(odd?.differences.map(({ fact, key, biggest, here }) => [fact, key, biggest, here])).toEqual([
    ['file', '/mode', '0600', '0644'],
    ['process', '--v', '2', '9'],
  ]);
  expect(odd?.differencesTotal).toBe(2);
});

test('a node that changed leaves its group, and comes back into it', async () => {
  for (let n = 0; n < 3; n++) shows(`n-${n}`, n);
  const sizes = async () => (await ask()).groups.map((one) => one.nodesTotal);
  expect(await sizes()).toEqual([3]);
  shows('n-1', 10, '0640');
  expect(await sizes()).toEqual([2, 1]);
  shows('n-1', 20);
  expect(await sizes()).toEqual([3]);
});

test('is paged, takes a role, and refuses what cannot be meant', async () => {
  for (let n = 0; n < 6; n++) shows(`n-${n}`, n, `06${n}0`);
  served.store.nodes.patch('n-1', { roles: ['control-plane'] });
  const digests: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Answer = await ask(`?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`);
    digests.push(...page.groups.map((one) => one.digest));
    cursor = page.nextCursor;
  }
  expect(new Set(digests).size).toBe(6);
  expect((await ask('?role=control-plane')).groups.map((one) => one.nodes)).toEqual([['n-1']]);
  expect(await ask('?role=nobody')).toMatchObject({ groups: [], nodesTotal: 0 });
  expect((await served.get('/api/v1/node-groups?cursor=abc')).status).toBe(400);
});
