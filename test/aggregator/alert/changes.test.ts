import { afterEach, expect, test } from 'vitest';
import type { RuleSpec } from '../../../aggregator/src/alert/rule-spec.ts';
import { ruleOf } from '../../../aggregator/src/alert/rules.ts';
import { start } from '../world.ts';
import { everyRule, type Told, telling } from './told.ts';

let told: Told;
afterEach(() => told.end());

const many = Array.from({ length: 50 }, (_, index) => `node-${String(index).padStart(2, '0')}`);
const config = '/var/lib/kubelet/config.yaml';

test('one change is one message within the quiet time, with before and after; undoing it is one resolve', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  await told.pass(30);
  await told.shows('one', { mode: '0644' });
  expect(told.lines()).toEqual([]);
  await told.pass(0.4);
  expect(told.lines()).toEqual(['30.4 firing 1 regress 4.1.1 one']);
  await told.pass(100);
  await told.shows('one', { mode: '0600' });
  await told.pass(600);
  expect(told.lines()).toEqual(['30.4 firing 1 regress 4.1.1 one', '190.4 resolved 2 regress 4.1.1 one']);
  const [first, last] = told.messages;
  expect(first).toMatchObject({
    status: 'firing',
    severity: 'high',
    cluster: 'test',
    startsAt: start + 30_000,
    endsAt: null,
    control: { control: 'kubelet-mode', number: '4.1.1', benchmark: 'cis/kubernetes-2.0' },
    nodes: ['one'],
    nodesTotal: 1,
    statusBefore: 'pass',
    statusAfter: 'fail',
    values: [{ fact: 'file', subject: config, from: '0600', to: '0644', origin: expect.stringContaining(config) }],
    remedy: 'Mend kubelet-mode.',
    url: `https://plumbline.test/api/v1/alerts/${first?.alert}`,
    labels: { alertname: 'PlumblineRegress', severity: 'high', control: 'kubelet-mode', number: '4.1.1' },
  });
  expect(first?.title).toBe('4.1.1 Mode of the kubelet file: fails now on one');
  expect(last).toMatchObject({ alert: first?.alert, revision: 2, endsAt: start + 130_400, labels: first?.labels });
});

test('needs 9: 50 nodes that change alike within 60 s are one notification with control, pass to fail, values and 50 nodes', async () => {
  told = await telling({ rules: [ruleOf({ name: 'regress', on: 'regress', receivers: ['all'], wait: '60s' })] });
  for (const node of many) await told.shows(node, { mode: '0600' });
  await told.pass(60);
  for (const node of many) {
    await told.shows(node, { mode: '0644' });
    await told.pass(1);
  }
  await told.pass(600);
  expect(told.lines()).toEqual(['169 firing 1 regress 4.1.1 50 nodes']);
  expect(told.messages[0]).toMatchObject({
    nodes: many,
    statusBefore: 'pass',
    statusAfter: 'fail',
    values: [{ subject: config, from: '0600', to: '0644' }],
  });
});

test('told at once: the first node within a second, all that followed in one more message at the end of the window', async () => {
  told = await telling();
  for (const node of many) await told.shows(node, { mode: '0600' });
  for (const node of many) {
    await told.shows(node, { mode: '0644' });
    await told.pass(1);
  }
  await told.pass(600);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 node-00', '60.4 firing 2 regress 4.1.1 50 nodes']);
  const [first, second] = told.messages;
  expect(second).toMatchObject({ alert: first?.alert, labels: first?.labels, nodes: many });
});

test('50 nodes that change in one moment are one message within the second', async () => {
  told = await telling();
  for (const node of many) await told.shows(node, { mode: '0600' });
  for (const node of many) await told.shows(node, { mode: '0644' });
  await told.pass(300);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 50 nodes']);
});

test('needs 9: a value that flaps 10 times in 5 minutes is at most two messages, the last one true', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  for (let flip = 0; flip < 10; flip++) {
    await told.shows('one', { mode: '0644' });
    await told.pass(15);
    await told.shows('one', { mode: '0600' });
    await told.pass(15);
  }
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one']);
  await told.pass(900);
  expect(told.lines().slice(1)).toEqual(['585 resolved 2 regress 4.1.1 one']);
});

test('needs 9: flapping that ends badly has told so', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  for (let flip = 0; flip < 10; flip++) {
    await told.shows('one', { mode: '0644' });
    await told.pass(15);
    if (flip === 9) break;
    await told.shows('one', { mode: '0600' });
    await told.pass(15);
  }
  await told.pass(3600);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one']);
});

test('needs 9: a restart of the aggregator and agents that send everything again are no message', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  await told.shows('two', { mode: '0644' });
  await told.restart();
  await told.shows('one', { mode: '0600' });
  await told.shows('two', { mode: '0644' });
  await told.pass(600);
  expect(told.lines()).toEqual([]);
});

test('needs 9: an upgrade of the agent or of what judges is a change of the ruleset and sent to nobody', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  await told.shows('one', { mode: '0644' }, '0.2.0');
  await told.pass(60);
  expect(told.store.journal.after(0, 100, ['verdict']).map((one) => one.cause)).toEqual(['agent']);
  expect(told.lines()).toEqual([]);
  told.end();
  told = await telling();
  told.store.rememberProgram('1.0.0', start);
  await told.shows('one', { mode: '0600' });
  await told.restart('2.0.0');
  await told.shows('one', { mode: '0644' });
  await told.pass(60);
  expect(told.store.journal.after(0, 100, ['verdict'])).toMatchObject([{ cause: 'observed' }]);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one']);
});

test('what was fixed by an upgrade of the agent ends all the same', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  await told.shows('one', { mode: '0644' });
  await told.pass(10);
  await told.shows('one', { mode: '0600' }, '0.2.0');
  await told.pass(100);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one', '70 resolved 2 regress 4.1.1 one']);
});

test('a window of ten minutes with a restart in it: exactly one firing and one resolve', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  await told.pass(60);
  await told.shows('one', { mode: '0644' });
  await told.pass(10);
  await told.restart();
  await told.shows('one', { mode: '0644' });
  await told.pass(100);
  await told.shows('one', { mode: '0600' });
  await told.restart();
  await told.pass(30);
  await told.shows('one', { mode: '0600' });
  await told.pass(150);
  expect(told.lines().map((line) => line.split(' ')[1])).toEqual(['firing', 'resolved']);
});

test('a kill between the change and its message loses nothing and doubles nothing', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  told.engine.stop();
  await told.shows('one', { mode: '0644' });
  expect(told.lines()).toEqual([]);
  await told.restart();
  await told.pass(0.3);
  await told.restart();
  await told.pass(0.1);
  await told.restart();
  await told.pass(60);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one']);
});

test('a change that is undone within the quiet time is told to nobody', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  await told.shows('one', { mode: '0644' });
  await told.pass(0.3);
  await told.shows('one', { mode: '0600' });
  await told.pass(600);
  expect(told.lines()).toEqual([]);
  expect(told.store.alerts.queries.list({ limit: 10 })).toEqual([]);
});

test('a value that moves on while it fails is one more message of the same alert, from what it was at first', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  await told.shows('one', { mode: '0644' });
  await told.pass(5);
  await told.shows('one', { mode: '0666' });
  await told.pass(100);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one', '60.4 firing 2 regress 4.1.1 one']);
  expect(told.messages[1]?.values).toMatchObject([{ from: '0600', to: '0666' }]);
});

test('different values are different alerts, each with labels of its own', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  await told.shows('two', { mode: '0600' });
  await told.shows('one', { mode: '0644' });
  await told.shows('two', { mode: '0666' });
  await told.pass(1);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one', '0.4 firing 1 regress 4.1.1 two']);
  expect(told.messages[0]?.labels).not.toEqual(told.messages[1]?.labels);
});

test('a node that changes alike an hour later is told of in a second, as an alert of its own', async () => {
  told = await telling();
  for (const node of ['one', 'two']) await told.shows(node, { mode: '0600' });
  await told.shows('one', { mode: '0644' });
  await told.pass(3600);
  await told.shows('two', { mode: '0644' });
  await told.pass(1);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one', '3600.4 firing 1 regress 4.1.1 two']);
});

test('a rollout of one node every two minutes is one alert, told again at growing distance', async () => {
  told = await telling();
  const nodes = many.slice(0, 30);
  for (const node of nodes) await told.shows(node, { mode: '0600' });
  for (const node of nodes) {
    await told.shows(node, { mode: '0644' });
    await told.pass(120);
  }
  await told.pass(3600);
  expect(new Set(told.messages.map((one) => one.alert)).size).toBe(1);
  expect(told.messages.length).toBeLessThan(10);
  expect(told.messages.at(-1)).toMatchObject({ nodesTotal: 30 });
});

test('filters: severity, control, section, node, namespace and status', async () => {
  told = await telling({ rules: [] });
  const filters: readonly (readonly [Partial<RuleSpec>, number])[] = [
    [{ atLeast: 'critical' }, 0],
    [{ atLeast: 'high' }, 1],
    [{ controls: ['etcd-*'] }, 0],
    [{ controls: ['kubelet-*'] }, 1],
    [{ sections: ['1'] }, 0],
    [{ sections: ['4'] }, 1],
    [{ sections: ['4.1'] }, 1],
    [{ nodes: ['two*'] }, 0],
    [{ nodes: ['o*'] }, 1],
    [{ namespaces: ['*-x'] }, 0],
    [{ statuses: ['warn'] }, 0],
  ];
  for (const [index, [filter, count]] of filters.entries()) {
    await told.shows('one', { mode: '0600' });
    told.engine.change([ruleOf({ name: `rule-${index}`, on: 'regress', receivers: ['all'], ...filter })]);
    const before = told.messages.length;
    await told.shows('one', { mode: '0644' });
    await told.pass(1);
    expect([filter, told.messages.length - before]).toEqual([filter, count]);
    told.engine.change([]);
  }
});

test('what somebody waived is told to nobody', async () => {
  told = await telling({ parts: { waived: ({ control }) => control === 'kubelet-mode' } });
  await told.shows('one', { mode: '0600' });
  await told.shows('one', { mode: '0644' });
  await told.pass(60);
  expect(told.lines()).toEqual([]);
});

test('a rule that is no more ends what it told', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  await told.shows('one', { mode: '0644' });
  await told.pass(10);
  told.engine.change(everyRule.filter((rule) => rule.name === 'error'));
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one', '10 resolved 2 regress 4.1.1 one']);
  told.engine.change(everyRule.filter((rule) => rule.name !== 'silent'));
  await told.pass(600);
  expect(told.lines()).toHaveLength(2);
});
