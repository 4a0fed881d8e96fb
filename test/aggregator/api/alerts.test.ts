import { afterEach, expect, test } from 'vitest';
import { after, observations, type Shown, send } from '../world.ts';
import { type Served, serve } from './served.ts';

interface Alert {
  readonly id: string;
  readonly state: string;
  readonly [key: string]: unknown;
}

let served: Served;
let sequence = 0n;
afterEach(() => served.close());

async function shows(node: string, shown: Shown, seconds: number): Promise<void> {
  send(served.store, node, observations(shown), seconds, ++sequence);
  await served.settle(seconds);
}

async function alerts(query = ''): Promise<{ readonly alerts: readonly Alert[]; readonly nextCursor: string | null }> {
  const { status, body } = await served.get(`/api/v1/alerts${query}`);
  expect(status).toBe(200);
  return body;
}

/** Two alerts: one that is over, one that fires. */
async function story(): Promise<void> {
  served = await serve();
  for (const node of ['one', 'two']) await shows(node, { mode: '0600' }, 0);
  await shows('one', { mode: '0644' }, 10);
  await served.settle(11);
  await shows('one', { mode: '0600' }, 20);
  await served.settle(90);
  await shows('two', { mode: '0666' }, 100);
  await served.settle(101);
}

test('alerts, youngest first, and each with places, values and messages', async () => {
  await story();
  const { alerts: all } = await alerts();
  expect(all).toMatchObject([
    {
      state: 'firing',
      rule: 'regress',
      severity: 'high',
      startsAt: after(100),
      endsAt: null,
      nodes: ['two'],
      nodesTotal: 1,
      controls: [{ number: '4.1.1', control: 'kubelet-mode' }],
      messages: 1,
      receivers: [],
    },
    { state: 'resolved', startsAt: after(10), endsAt: after(20), nodes: ['one'], messages: 2 },
  ]);
  const { body } = await served.get(`/api/v1/alerts/${all[1]?.id}`);
  expect(body).toMatchObject({
    alert: {
      state: 'resolved',
      places: [
        {
          node: 'one',
          control: { number: '4.1.1' },
          statusBefore: 'pass',
          statusAfter: 'fail',
          values: [{ fact: 'file', from: '0600', to: '0644' }],
          since: after(10),
          until: after(20),
          ended: 'fixed',
        },
      ],
      placesCursor: null,
      told: [
        { revision: 1, status: 'firing', at: after(11) },
        { revision: 2, status: 'resolved', at: after(90) },
      ],
      deliveries: [],
    },
  });
});

test('filters and pages', async () => {
  await story();
  const count = async (query: string) => (await alerts(query)).alerts.length;
  expect(await count('?state=firing')).toBe(1);
  expect(await count('?state=firing,resolved')).toBe(2);
  expect(await count('?state=gathering')).toBe(0);
  expect(await count('?rule=regress')).toBe(2);
  expect(await count('?rule=other')).toBe(0);
  expect(await count('?node=one')).toBe(1);
  expect(await count('?control=4.1.1')).toBe(2);
  expect(await count('?control=kubelet-mode')).toBe(2);
  expect(await count('?control=etcd-guard')).toBe(0);
  expect(await count(`?from=${after(50)}`)).toBe(1);
  expect(await count(`?to=${after(50)}`)).toBe(1);
  const first = await alerts('?limit=1');
  const second = await alerts(`?limit=1&cursor=${first.nextCursor}`);
  expect(first.alerts.concat(second.alerts).map((one) => one.state)).toEqual(['firing', 'resolved']);
  expect(second.nextCursor).toBeNull();
});

test('what cannot be meant is refused', async () => {
  await story();
  for (const query of ['?state=loud', '?cursor=-1', '?cursor=x', '?from=then', '?limit=0', '?what=ever']) {
    expect([query, await served.get(`/api/v1/alerts${query}`)]).toMatchObject([query, { status: 400 }]);
  }
  expect(await served.get('/api/v1/alerts/none')).toMatchObject({ status: 404, body: { code: 'PLB_NOT_FOUND' } });
});

test('the rules in force are shown, built-in ones too, with how many alerts of each fire', async () => {
  await story();
  const { body } = await served.get('/api/v1/alert-rules');
  const { builtIn, rules } = body as { builtIn: boolean; rules: readonly Record<string, unknown>[] };
  expect(builtIn).toBe(true);
  expect(rules.map((rule) => rule['on'])).toEqual(['regress', 'error', 'silent', 'certificate', 'waiver']);
  expect(rules[0]).toMatchObject({ name: 'regress', receivers: [], wait: 0.4, resolveAfter: 60, firing: 1 });
});

test('a finding that is waived when it appears is told to nobody; a waiver that ends is', async () => {
  served = await serve();
  await shows('one', { mode: '0600' }, 0);
  const waiver = { kind: 'accepted-risk', control: 'kubelet-mode', owner: 'jane', reason: 'it is a test node' };
  const made = await served.send('POST', '/api/v1/waivers', { ...waiver, expires: '2026-03-12T00:00:00Z' });
  expect(made.status).toBe(201);
  await shows('one', { mode: '0644' }, 10);
  await served.settle(20);
  expect((await alerts()).alerts).toEqual([]);
  const seconds = 5 * 86_400;
  await served.settle(seconds);
  await served.settle(seconds + 10);
  const expiring = (await alerts('?rule=waiver-expiring')).alerts;
  expect(expiring).toMatchObject([{ state: 'firing', title: 'Decisions of jane end soon', severity: 'medium' }]);
});
