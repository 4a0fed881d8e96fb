import { afterEach, expect, test } from 'vitest';
import type { ChangeAnswer } from '../../../aggregator/src/api/drift/schema.ts';
import { after, observations, type Shown, send } from '../world.ts';
import { type Served, serve } from './served.ts';

interface Answer {
  readonly changes: readonly ChangeAnswer[];
  readonly nextCursor: string | null;
}

let served: Served;
let sequence = 0n;
afterEach(() => served.close());

async function shows(node: string, shown: Shown, seconds: number): Promise<void> {
  send(served.store, node, observations(shown), seconds, ++sequence);
  await served.settle(seconds);
}

async function ask(query = ''): Promise<Answer> {
  const { status, body } = await served.get(`/api/v1/drift${query}`);
  expect([status, body]).toEqual([200, body]);
  return body;
}

/** Every page, one after the other. */
async function all(query: string, limit: number): Promise<readonly ChangeAnswer[]> {
  const found: ChangeAnswer[] = [];
  let cursor = '';
  for (let pages = 0; pages < 200; pages++) {
    const { changes, nextCursor } = await ask(`?limit=${limit}&${query}${cursor}`);
    expect(changes.length).toBeLessThanOrEqual(limit);
    found.push(...changes);
    if (nextCursor === null) return found;
    cursor = `&cursor=${nextCursor}`;
  }
  throw new Error('the pages do not end');
}

const says = ({ nodes, subject, changes, verdicts }: ChangeAnswer) =>
  [
    nodes.join('+'),
    subject,
    ...changes.map(({ key, from, to, origin }) => `${key} ${String(from)}>${String(to)} (${origin.text})`),
    ...verdicts.map((one) => `${one.number} ${one.before}>${one.after}`),
  ].join(' ');
const file = '/var/lib/kubelet/config.yaml';
const mode = (from: string, to: string) => `/mode ${from}>${to} (stat of ${file} mode)`;

test('needs 30: which value, on which subject, from what to what, when, by which origin, and which verdict followed', async () => {
  served = await serve();
  await shows('a', { profiling: 'false' }, 0);
  await shows('a', { profiling: 'true' }, 100);
  await shows('a', { profiling: 'true', mode: '0644' }, 200);
  const { changes } = await ask();
  expect(changes.map(says)).toEqual([
    `a ${file} ${mode('0600', '0644')} 4.1.1 pass>fail`,
    'a kube-apiserver@here --profiling false>true (flag --profiling) 1.2.9 pass>fail',
  ]);
  expect(changes[0]).toMatchObject({
    kind: 'drift',
    cause: 'observed',
    at: after(200),
    firstAt: after(200),
    fact: 'file',
    before: 'observed',
    after: 'observed',
    nodesTotal: 1,
    changesTotal: 1,
    verdicts: [{ control: 'kubelet-mode', title: 'Mode of the kubelet file', severity: 'high', nodes: 1 }],
  });
});

test('needs 30: what a node shows first is no change; what came and went later is', async () => {
  served = await serve();
  await shows('a', {}, 0);
  expect((await ask()).changes).toEqual([]);
  await shows('a', { etcd: true }, 100);
  await shows('a', {}, 200);
  await shows('b', { etcd: true }, 300);
  const { changes } = await ask('?fact=file');
  expect(
    changes.map(({ at, subject, before, after: now, changes: values }) => [at, subject, before, now, values[0]?.key]),
  ).toEqual([
    [after(200), '/var/lib/etcd', 'observed', null, ''],
    [after(100), '/var/lib/etcd', null, 'observed', ''],
  ]);
});

test('needs 9, 30: nodes that change alike within a minute are one entry, and alike means the values and not the names', async () => {
  served = await serve();
  const names = Array.from({ length: 60 }, (_, n) => `node-${String(n).padStart(2, '0')}`);
  for (const name of names) await shows(name, { mode: '0600' }, 0);
  for (const [n, name] of names.entries()) await shows(name, { mode: name === 'node-07' ? '0666' : '0644' }, 100 + n);
  await shows('node-00', { mode: '0600' }, 400);
  const { changes } = await ask();
  expect(
    changes.map(({ nodesTotal, nodes, changes: values, at, firstAt }) => [
      nodesTotal,
      nodes.length,
      values[0]?.to,
      at,
      firstAt,
    ]),
  ).toEqual([
    [1, 1, '0600', after(400), after(400)],
    [59, 50, '0644', after(159), after(100)],
    [1, 1, '0666', after(107), after(107)],
  ]);
  expect(changes[1]?.verdicts).toMatchObject([{ number: '4.1.1', before: 'pass', after: 'fail', nodes: 50 }]);
  expect((await ask('?grouped=false&limit=500')).changes.length).toBe(61);
});

test('pages hold every change once, however small they are', async () => {
  served = await serve();
  for (let n = 0; n < 12; n++) await shows(`n${n}`, { mode: '0600', etcd: n % 2 === 0 }, n);
  for (let n = 0; n < 60; n++)
    await shows(`n${n % 12}`, { mode: `06${n % 8}${Math.floor(n / 8)}`, etcd: n % 3 === 0 }, 100 + n * 7);
  for (const query of [
    'grouped=false',
    'grouped=false&kind=drift,verdict,presence',
    'grouped=true',
    'node=n3',
    'grouped=false&fact=file',
  ]) {
    const whole = (await ask(`?limit=500&${query}`)).changes;
    expect(whole.length).toBeGreaterThan(5);
    for (const limit of [1, 3, 7])
      expect((await all(query, limit)).map((one) => one.id)).toEqual(whole.map((one) => one.id));
    const times = whole.map((one) => one.at);
    expect(times).toEqual([...times].sort().reverse());
  }
});

test('filters: time, node, fact, subject, control, cause and kind', async () => {
  served = await serve();
  await shows('a', { profiling: 'false' }, 0);
  await shows('b', {}, 0);
  await shows('a', { profiling: 'true' }, 100);
  await shows('b', { mode: '0644' }, 200);
  await shows('a', { profiling: 'true', mode: '0644' }, 300);
  const count = async (query: string) => (await ask(`?${query}`)).changes.length;
  expect(await count('')).toBe(3);
  expect(await count(`from=${after(150)}`)).toBe(2);
  expect(await count(`to=${after(250)}`)).toBe(2);
  expect(await count(`from=${after(150)}&to=${after(250)}`)).toBe(1);
  expect(await count('node=a')).toBe(2);
  expect(await count('node=cluster')).toBe(0);
  expect(await count('fact=process')).toBe(1);
  expect(await count('subject=kube-apiserver@here')).toBe(1);
  expect(await count('control=4.1.1')).toBe(2);
  expect(await count('control=apiserver-profiling&kind=drift,verdict')).toBe(2);
  expect(await count('cause=agent')).toBe(0);
  expect(await count(`kind=verdict&from=${after(50)}`)).toBe(3);
  const { changes } = await ask('?kind=verdict&node=b');
  expect(changes).toMatchObject([
    {
      kind: 'verdict',
      nodes: ['b'],
      number: '4.1.1',
      control: 'kubelet-mode',
      before: 'pass',
      after: 'fail',
      changes: [{ key: `file of ${file}`, from: '0600', to: '0644' }],
    },
  ]);
});

test('another agent is the cause of what changes with it, and process ids are none', async () => {
  served = await serve();
  await shows('a', {}, 0);
  const newer = observations({ mode: '0640' }).map((one) =>
    one.fact === 'node.agent' ? { ...one, value: { version: '0.2.0', capabilities: [] } } : one,
  );
  send(
    served.store,
    'a',
    [
      ...newer,
      {
        fact: 'process.instance',
        subject: 'x',
        state: 'observed',
        value: { pid: 1, startTime: '1' },
        observedAt: after(0),
      },
    ],
    10,
    ++sequence,
  );
  const { changes } = await ask();
  expect(changes.map(({ fact, cause }) => [fact, cause])).toEqual([
    ['file', 'agent'],
    ['node.agent', 'agent'],
  ]);
  expect((await ask('?cause=observed')).changes).toEqual([]);
});

test('objects of the cluster change as facts do', async () => {
  served = await serve();
  await shows('a', {}, 0);
  const { objects } = served.store;
  const put = (labels: object | undefined, seconds: number) => {
    objects.take('namespaces', 'namespace/shop', labels && { metadata: { labels } }, Date.parse(after(seconds)));
    objects.flush();
  };
  objects.state('namespaces', { state: 'synced' }, Date.parse(after(0)));
  put({ tier: 'a' }, 0);
  put({ tier: 'b' }, 100);
  put(undefined, 200);
  const { changes } = await ask('?node=cluster');
  expect(
    changes.map(({ nodes, fact, subject, before, after: now, changes: values }) => [
      nodes,
      fact,
      subject,
      before,
      now,
      values[0]?.key,
    ]),
  ).toEqual([
    [[], 'object', 'namespace/shop', 'observed', null, ''],
    [[], 'object', 'namespace/shop', 'observed', 'observed', '/metadata/labels/tier'],
  ]);
  expect((await ask('?fact=object&subject=namespace/shop')).changes.length).toBe(2);
});

test.each([
  ['cursor=abc', 'The parameter cursor is none that an answer gave.'],
  ['node=nobody', 'There is no node nobody.'],
  ['control=nothing', 'There is no control nothing.'],
  ['kind=waiver', 'The parameter kind knows drift, verdict, presence, not waiver.'],
  ['cause=fate', 'The parameter cause knows observed, ruleset, agent, silence, not fate.'],
  ['from=yesterday', 'The parameter from is no time in ISO 8601: yesterday.'],
  ['from=2026-03-02&to=2026-03-01', 'The parameter from is later than to.'],
  ['limit=501', 'The parameter limit is not valid: must be <= 500.'],
])('refuses %s in one sentence', async (query, detail) => {
  served = await serve();
  const { status, body } = await served.get(`/api/v1/drift?${query}`);
  expect([status, body]).toMatchObject([400, { code: 'PLB_REQUEST_INVALID', detail }]);
});
