import { afterEach, expect, test } from 'vitest';
import { start } from '../world.ts';
import { everyRule, type Told, telling } from './told.ts';

let told: Told;
afterEach(() => told.end());

const rack = Array.from({ length: 50 }, (_, index) => `rack-${String(index).padStart(2, '0')}`);

/** Time passes while these agents go on reporting. */
async function reporting(nodes: readonly string[], seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 60) {
    for (const node of nodes) await told.shows(node, { mode: '0600' });
    await told.pass(Math.min(60, seconds - passed));
  }
}

test('needs 29: one of ten agents is killed: one message that names it, a resolve when it is back', async () => {
  told = await telling({ rules: everyRule });
  const nodes = rack.slice(0, 10);
  await reporting(nodes, 60);
  await reporting(nodes.slice(1), 300);
  expect(told.lines()).toHaveLength(1);
  expect(told.messages[0]).toMatchObject({ status: 'firing', rule: 'silent', nodes: ['rack-00'], nodesTotal: 1 });
  expect(told.messages[0]?.title).toBe('No report any more from rack-00');
  await reporting(nodes, 300);
  expect(told.lines()).toHaveLength(2);
  expect(told.messages[1]).toMatchObject({ status: 'resolved', nodes: ['rack-00'] });
});

test('needs 29: a rack of 50 that falls silent within a minute is one message naming all', async () => {
  told = await telling({ rules: everyRule });
  for (const node of rack) {
    await told.shows(node, { mode: '0600' });
    await told.pass(1.1);
  }
  for (let second = 0; second < 600; second++) await told.pass(1);
  expect(told.messages.map((one) => one.nodesTotal)).toEqual([50]);
  expect(told.messages[0]).toMatchObject({ rule: 'silent', nodes: rack });
  await reporting(rack, 120);
  expect(told.messages.map((one) => one.status)).toEqual(['firing', 'resolved']);
});

test('needs 29: a node that is listed and gets its agent within two minutes is told to nobody; one that gets none is', async () => {
  told = await telling({ rules: everyRule });
  for (const node of ['one', 'two']) {
    told.store.nodes.ensure(node, start);
    told.store.nodes.patch(node, { listed: true });
    told.judging.node(node);
  }
  await told.settle();
  await told.pass(60);
  await told.shows('one', { mode: '0600' });
  await told.pass(50);
  expect(told.lines()).toEqual([]);
  await told.pass(120);
  expect(told.lines()).toEqual(['150 firing 1 silent two']);
  expect(told.messages[0]?.title).toBe('No agent reports from two');
});

test('needs 29: a deleted node leaves the current view, its alerts end, and its past stays', async () => {
  told = await telling({ rules: everyRule });
  await told.shows('one', { mode: '0600' });
  await told.shows('one', { mode: '0644' });
  await told.pass(10);
  told.store.nodes.patch('one', { deletedAt: start + told.now() });
  told.judging.node('one');
  await told.settle();
  await told.pass(120);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one', '70 resolved 2 regress 4.1.1 one']);
  const [alert] = told.store.alerts.queries.list({ node: 'one', limit: 10 });
  expect(told.store.alerts.queries.places(alert?.id ?? 0, '', 10)).toMatchObject([{ why: 'node-deleted' }]);
  const id = told.store.nodes.get('one')?.id ?? 0;
  expect(told.store.queries.tally(undefined, id)).toEqual([]);
  expect(told.store.queries.tally(start + 5000, id).length).toBeGreaterThan(0);
});

test('a fail, a silence and the same fail again are nothing; a fix that came in the silence is a resolve', async () => {
  told = await telling({ rules: everyRule.filter((rule) => rule.on !== 'silent') });
  for (const node of ['one', 'two']) await told.shows(node, { mode: '0600' });
  for (const node of ['one', 'two']) await told.shows(node, { mode: '0644' });
  await told.pass(600);
  await told.shows('one', { mode: '0644' });
  await told.pass(600);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one,two']);
  for (const node of ['one', 'two']) await told.shows(node, { mode: '0600' });
  await told.pass(600);
  expect(told.lines().slice(1)).toEqual(['1260 resolved 2 regress 4.1.1 one,two']);
});

test('what went wrong while nobody looked is told when somebody looks again', async () => {
  told = await telling();
  await told.shows('one', { mode: '0600' });
  await told.pass(600);
  await told.shows('one', { mode: '0644' });
  await told.pass(1);
  expect(told.lines()).toEqual(['600.4 firing 1 regress 4.1.1 one']);
});

test('a restart while nodes are silent tells nothing again', async () => {
  told = await telling({ rules: everyRule });
  await reporting(['one', 'two'], 60);
  await reporting(['two'], 400);
  await told.restart();
  await reporting(['two'], 600);
  expect(told.lines()).toHaveLength(1);
  await reporting(['one', 'two'], 300);
  expect(told.messages.map((one) => one.status)).toEqual(['firing', 'resolved']);
});
