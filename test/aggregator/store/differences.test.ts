import { type Change, changesOf, type Finding, type Status } from '@plumbline/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { freshFile, start } from '../world.ts';
import { oldDatabase } from './old-database.ts';

const made = (number: string, subject: string, status: Status, more: Partial<Finding> = {}): Finding => ({
  benchmark: 'cis/kubernetes-2.0',
  number,
  control: `c-${number}`,
  title: 'A control of this test',
  severity: 'high',
  level: '1',
  by: 'automated',
  subject,
  status,
  reason: status,
  message: status,
  evidence: [
    { fact: 'file', subject: '/f', actual: status, expected: 'x', origin: { kind: 'stat', path: '/f' }, holds: true },
  ],
  remedy: 'none',
  ruleset: 'r1',
  ...more,
});

const numbers = ['1.1.1', '4.1.1', '5.1.1'];
const nodes = ['one', 'two'];
const finding = fc
  .tuple(
    fc.constantFrom(...numbers),
    fc.constantFrom('kubelet@a', 'kubelet@b'),
    fc.constantFrom<Status>('pass', 'fail', 'error'),
    fc.constantFrom('r1', 'r2'),
  )
  .map(([number, subject, status, ruleset]) => made(number, subject, status, { ruleset }));
const judged = fc
  .array(finding, { maxLength: 6 })
  .map((list) => [...new Map(list.map((one) => [`${one.number} ${one.subject}`, one])).values()]);
const history = fc.array(fc.record({ node: fc.constantFrom(...nodes, null), findings: judged }), { maxLength: 12 });

type Steps = readonly { readonly node: string | null; readonly findings: readonly Finding[] }[];

async function storeOf(steps: Steps): Promise<Store> {
  const store = await openStore(':memory:');
  for (const node of nodes) store.nodes.ensure(node, start);
  judgeAll(store, steps, 0);
  return store;
}

function judgeAll(store: Store, steps: Steps, after: number): void {
  steps.forEach(({ node, findings }, index) => {
    store.judge(
      node,
      findings.map((one) => ({ finding: one, match: 'exact' as const })),
      start + (after + index) * 10,
    );
  });
}

const all = (store: Store, at: number, node?: number) => store.queries.withEvidence(store.queries.lines(), node, at);
const told = (changes: readonly Change[]) =>
  changes
    .map(({ delta, before, after, values }) =>
      [
        delta,
        (after ?? before)?.node,
        (after ?? before)?.number,
        before?.subject,
        after?.subject,
        JSON.stringify(values),
      ].join(' '),
    )
    .sort();
const instant = fc.integer({ min: -1, max: 20 }).map((n) => start + n * 10 + 5);

test('property: what differs between two instants is all that comparing them whole finds', async () => {
  await fc.assert(
    fc.asyncProperty(history, instant, instant, fc.constantFrom(undefined, 0, 1, 2), async (steps, a, b, node) => {
      const store = await storeOf(steps);
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const some = store.queries.differing({
        from,
        to,
        lines: store.queries.lines(),
        most: 1000,
        ...(node === undefined ? {} : { node }),
      });
      const whole = changesOf(all(store, from, node), all(store, to, node));
      expect(told(changesOf(some?.before ?? [], some?.after ?? []))).toEqual(told(whole));
      store.close();
    }),
    { numRuns: 60 },
  );
});

test('property: counts as of an instant are counts of what stood then, whatever was counted before and whatever came after', async () => {
  const counted = (store: Store, at: number) =>
    store.queries.tally(at).map(({ line, status, count }) => `${line.id} ${status} ${count}`);
  const found = (store: Store, at: number) =>
    store.queries.lines().flatMap((line) => {
      const statuses = store.queries.withEvidence([line], undefined, at).map((one) => one.status);
      const times = (status: Status) => statuses.filter((one) => one === status).length;
      return [...new Set(statuses)].map((status) => `${line.id} ${status} ${times(status)}`);
    });
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.array(instant, { minLength: 1, maxLength: 6 }),
      history,
      async (steps, asked, more) => {
        const store = await storeOf(steps);
        const right = () => {
          for (const at of asked) expect(counted(store, at).sort()).toEqual(found(store, at).sort());
        };
        right();
        judgeAll(store, more, steps.length);
        right();
        store.dropVerdicts();
        right();
        store.close();
      },
    ),
    { numRuns: 60 },
  );
});

test('only lines that are asked for, and never more than was allowed', async () => {
  const store = await storeOf([
    { node: 'one', findings: numbers.map((number) => made(number, 's', 'pass')) },
    { node: 'one', findings: numbers.map((number) => made(number, 's', 'fail')) },
  ]);
  const lines = store.queries.lines();
  const ask = (most: number, wanted = lines) =>
    store.queries.differing({ from: start + 5, to: start + 15, lines: wanted, most });
  expect([ask(3)?.before.length, ask(3)?.after.length, ask(2)]).toEqual([3, 3, undefined]);
  expect(
    ask(
      2,
      lines.filter((line) => line.number === '5.1.1'),
    ),
  ).toMatchObject({
    before: [{ number: '5.1.1', status: 'pass', evidence: [{ actual: 'pass' }] }],
    after: [{ number: '5.1.1', status: 'fail', evidence: [{ actual: 'fail' }] }],
  });
  store.close();
});

test('a check that changed is another line, and what it finds is kept apart', async () => {
  const store = await storeOf([
    { node: 'one', findings: [made('4.1.1', 's', 'pass', { ruleset: 'old' })] },
    { node: 'one', findings: [made('4.1.1', 's', 'pass', { ruleset: 'new' })] },
  ]);
  expect(all(store, start + 5).map((one) => one.ruleset)).toEqual(['old']);
  expect(all(store, start + 15).map((one) => one.ruleset)).toEqual(['new']);
  store.close();
});

test('the first moment and the programs that judged are known', async () => {
  const store = await openStore(':memory:');
  expect([store.queries.firstMoment(), store.queries.programAt(start)]).toEqual([undefined, undefined]);
  store.rememberProgram('1.0.0', start);
  store.rememberProgram('1.0.0', start + 10);
  store.rememberProgram('1.1.0', start + 20);
  store.rememberProgram('1.0.0', start + 20);
  const at = (after: number) => store.queries.programAt(start + after);
  expect([at(-1), at(0), at(19), at(20)]).toEqual([undefined, '1.0.0', '1.0.0', '1.0.0']);
  store.judge(null, [{ finding: made('5.1.1', 'cluster', 'pass'), match: 'exact' }], start + 30);
  expect(store.queries.firstMoment()).toBe(start + 30);
  store.close();
});

test('a database of before has lines of which nobody knows what judged them', async () => {
  const file = freshFile();
  const db = await oldDatabase(file, 2);
  db.exec(`INSERT INTO line (digest, benchmark, match, number, control, title, severity, level, by, remedy, sort)
    VALUES (x'00', 'cis/kubernetes-2.0', 'exact', '4.1.1', 'c', 't', 'high', '1', 'automated', 'r', 's')`);
  db.close();
  const store = await openStore(file);
  expect(store.queries.lines()).toMatchObject([{ number: '4.1.1', ruleset: '' }]);
  store.close();
});
