import type { Json, Observation } from '@plumbline/core';
import { afterEach, expect, test } from 'vitest';
import { certificateLevel } from '../../../aggregator/src/alert/levels/certificates.ts';
import { scoreLevel } from '../../../aggregator/src/alert/levels/score.ts';
import { type Rule, ruleOf } from '../../../aggregator/src/alert/rules.ts';
import { after, observations, start } from '../world.ts';
import { type Told, telling } from './told.ts';

let told: Told;
afterEach(() => told.end());

const config = '/var/lib/kubelet/config.yaml';
const receivers = ['all'];
const regress = ruleOf({ name: 'regress', on: 'regress', receivers });
const drift = (more: object = {}): Rule => ruleOf({ name: 'drift', on: 'drift', receivers, facts: ['file'], ...more });

function denied(): readonly Observation[] {
  return observations().map((one) => {
    if (one.subject !== config) return one;
    return { fact: 'file', subject: config, state: 'denied', detail: 'no capability', observedAt: after(0) };
  });
}

test('an error that lasts is one message naming controls and nodes; one that passes is none', async () => {
  told = await telling();
  for (const node of ['one', 'two']) await told.shows(node, {});
  for (const node of ['one', 'two']) await told.sees(node, denied());
  await told.pass(60);
  await told.shows('two', {});
  await told.pass(100);
  expect(told.lines()).toEqual(['125 firing 1 error 4.1.1 one']);
  expect(told.messages[0]).toMatchObject({
    statusBefore: 'pass',
    statusAfter: 'error',
    labels: { control: 'kubelet-mode' },
  });
  await told.shows('one', {});
  await told.pass(100);
  expect(told.lines().slice(1)).toEqual(['220 resolved 2 error 4.1.1 one']);
});

test('fail, error, fail is nothing; pass, error, fail is a regress', async () => {
  told = await telling({ rules: [regress] });
  await told.shows('bad', { mode: '0644' });
  await told.shows('good', { mode: '0600' });
  await told.pass(5);
  for (const node of ['bad', 'good']) await told.sees(node, denied());
  await told.pass(5);
  for (const node of ['bad', 'good']) await told.shows(node, { mode: '0644' });
  await told.pass(10);
  expect(told.lines()).toEqual(['10.4 firing 1 regress 4.1.1 good']);
  await told.sees('good', denied());
  await told.pass(600);
  await told.shows('good', { mode: '0644' });
  await told.pass(600);
  expect(told.lines()).toHaveLength(1);
});

test('drift of a chosen fact is told field by field, and ends when it is as it was', async () => {
  told = await telling({ rules: [drift()] });
  for (const node of ['one', 'two']) await told.shows(node, {});
  for (const node of ['one', 'two']) await told.shows(node, { mode: '0400' });
  await told.pass(10);
  expect(told.lines()).toEqual(['0.4 firing 1 drift one,two']);
  expect(told.messages[0]).toMatchObject({
    title: `file of ${config} changed on 2 nodes`,
    values: [{ fact: 'file', subject: config, key: 'mode', from: '0600', to: '0400' }],
    control: null,
  });
  for (const node of ['one', 'two']) await told.shows(node, {});
  await told.pass(100);
  expect(told.lines().slice(1)).toEqual(['70 resolved 2 drift one,two']);
});

test('drift that moves on is another change; what changed a day ago is how it is', async () => {
  told = await telling({ rules: [drift()] });
  await told.shows('one', {});
  await told.shows('one', { mode: '0400' });
  await told.pass(10);
  await told.shows('one', { mode: '0440' });
  await told.pass(100);
  expect(told.lines()).toEqual(['0.4 firing 1 drift one', '10.4 firing 1 drift one', '70 resolved 2 drift one']);
  await told.pass(86_400);
  await told.pass(100);
  expect(told.lines().slice(3)).toEqual([expect.stringMatching(/resolved 2 drift one$/)]);
});

test('drift of facts, subjects and nodes that nobody chose is not told', async () => {
  for (const more of [{ facts: ['process'] }, { subjects: ['/etc/*'] }, { nodes: ['two'] }]) {
    told?.end();
    told = await telling({ rules: [drift(more)] });
    await told.shows('one', {});
    await told.shows('one', { mode: '0400' });
    await told.pass(10);
    expect([more, told.lines()]).toEqual([more, []]);
  }
});

test('drift that also broke a control is told by the regress alone, if the same people hear of it', async () => {
  told = await telling({ rules: [drift(), regress] });
  await told.shows('one', {});
  await told.shows('one', { mode: '0644' });
  await told.pass(10);
  expect(told.lines()).toEqual(['0.4 firing 1 regress 4.1.1 one']);
  told.end();
  told = await telling({ rules: [drift({ receivers: ['others'] }), regress] });
  await told.shows('one', {});
  await told.shows('one', { mode: '0644' });
  await told.pass(10);
  expect([...told.lines()].sort()).toEqual(['0.4 firing 1 drift one', '0.4 firing 1 regress 4.1.1 one']);
});

test('a score under a mark is one alert while it is, and nothing while not everything was judged', async () => {
  let score: number | undefined = 0.9;
  const summary = (one: number) => ({ benchmark: 'cis/kubernetes-2.0', score: one, coverage: 1 }) as never;
  const level = scoreLevel('score', () => (score === undefined ? undefined : [summary(score)]));
  const rule = ruleOf({ name: 'low', on: 'score', receivers, below: 80 });
  told = await telling({ rules: [rule], parts: { levels: { score: level } } });
  await told.settle();
  score = 0.799;
  await told.settle();
  await told.pass(60);
  expect(told.lines()).toEqual([]);
  await told.pass(60.4);
  expect(told.lines()).toEqual(['120.4 firing 1 low cis/kubernetes-2.0']);
  expect(told.messages[0]?.title).toBe('The score of cis/kubernetes-2.0 is 79.9, under 80');
  score = undefined;
  await told.restart();
  await told.pass(600);
  expect(told.lines()).toHaveLength(1);
  score = 0.8;
  await told.settle();
  await told.pass(60);
  expect(told.messages.map((one) => one.status)).toEqual(['firing', 'resolved']);
});

const day = 86_400_000;
const certificates = (days: number, life = 365): Observation => ({
  fact: 'certificates',
  subject: '/etc/kubernetes/pki/apiserver.crt',
  state: 'observed',
  observedAt: after(0),
  value: {
    privateKeys: 0,
    certificates: [
      {
        ...{ subject: 'CN=kube-apiserver', issuer: 'CN=ca', isCA: false, extKeyUsage: [], publicKey: '' },
        notBefore: new Date(start + (days - life) * day).toISOString(),
        notAfter: new Date(start + days * day).toISOString(),
      },
    ],
  } as unknown as Json,
});

test('certificates that end soon are one alert naming the nodes, again when they have ended, and over when they are renewed', async () => {
  const rule = ruleOf({ name: 'certs', on: 'certificate', receivers, severity: 'high' });
  told = await telling({
    rules: [rule],
    parts: {
      levels: {
        certificate: certificateLevel({
          nodes: () => ['one', 'two', 'rotating'],
          fact: (node, fact) => told.store.fact(node, fact),
        }),
      },
    },
  });
  for (const node of ['one', 'two']) await told.sees(node, [...observations(), certificates(40)]);
  await told.sees('rotating', [...observations(), certificates(0.3, 1)]);
  await told.pass(10);
  expect(told.lines()).toEqual([]);
  await told.pass((11 * day) / 1000);
  await told.sees('rotating', [...observations(), certificates(11.3, 1)]);
  await told.pass(10);
  expect(told.lines()).toEqual([expect.stringMatching(/firing 1 certs one,two$/)]);
  await told.restart();
  await told.sees('rotating', [...observations(), certificates(40.3, 1)]);
  await told.pass((29 * day) / 1000);
  await told.pass(100);
  expect(told.lines().slice(1)).toEqual([
    expect.stringMatching(/firing 1 certs one,two$/),
    expect.stringMatching(/resolved 2 certs one,two$/),
  ]);
  await told.sees('rotating', [...observations(), certificates(80.3, 1)]);
  for (const node of ['one', 'two']) await told.sees(node, [...observations(), certificates(400)]);
  await told.pass(10);
  await told.pass(100);
  expect(told.lines().slice(3)).toEqual([expect.stringMatching(/resolved 2 certs one,two$/)]);
});
