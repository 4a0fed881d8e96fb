import type { JsonObject } from '@plumbline/core';
import { afterEach, expect, test } from 'vitest';
import { type ChangingCluster, changingCluster, clusterBinding, namespace, pod } from '../judging/changing-cluster.ts';
import { type Told, telling } from './told.ts';

let told: Told;
let cluster: ChangingCluster;
afterEach(() => told.end());

const clusterAdmin: JsonObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'cluster-admin' },
  rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
};

async function begin(): Promise<void> {
  cluster = changingCluster();
  cluster.put(clusterAdmin);
  for (const name of ['default', 'app', 'team']) cluster.put(namespace(name));
  cluster.sync();
  told = await telling({ cluster: () => cluster });
  await told.settle();
  await told.settle();
}

const of = (number: string) => told.lines().filter((line) => line.includes(` regress ${number} `));

test('a new cluster-admin binding is told within the quiet time, and over when it is gone', async () => {
  await begin();
  await told.pass(10);
  cluster.put(clusterBinding('admins', 'cluster-admin', 'jane'));
  await told.settle();
  await told.pass(5);
  expect(of('5.1.1')).toEqual(['10.4 firing 1 regress 5.1.1 clusterrolebinding/admins,user/jane']);
  const message = told.messages.find((one) => one.control?.number === '5.1.1');
  expect(message).toMatchObject({
    nodes: [],
    subjects: ['clusterrolebinding/admins', 'user/jane'],
    statusAfter: 'fail',
  });
  expect(message?.values.length).toBeGreaterThan(0);
  await told.pass(60);
  cluster.remove(clusterBinding('admins', 'cluster-admin', 'jane'));
  await told.settle();
  await told.pass(100);
  expect(of('5.1.1').slice(1)).toEqual(['135 resolved 2 regress 5.1.1 clusterrolebinding/admins,user/jane']);
});

test('a second binding a quarter of an hour later is an alert of its own', async () => {
  await begin();
  cluster.put(clusterBinding('one', 'cluster-admin', 'jane'));
  await told.settle();
  await told.pass(900);
  cluster.put(clusterBinding('two', 'cluster-admin', 'joe'));
  await told.settle();
  await told.pass(5);
  expect(of('5.1.1')).toEqual([
    '0.4 firing 1 regress 5.1.1 clusterrolebinding/one,user/jane',
    '900.4 firing 1 regress 5.1.1 clusterrolebinding/two,user/joe',
  ]);
});

test('what was there before anybody looked, and a restart, are told to nobody', async () => {
  cluster = changingCluster();
  cluster.put(clusterAdmin);
  for (const name of ['default', 'app']) cluster.put(namespace(name));
  cluster.put(clusterBinding('admins', 'cluster-admin', 'jane'));
  cluster.put(pod('app', 'bad', true));
  cluster.sync();
  told = await telling({ cluster: () => cluster });
  await told.pass(100);
  await told.restart();
  await told.pass(100);
  expect(told.lines()).toEqual([]);
});

test('while nobody may look, what was told stays; what is gone when somebody looks again is over', async () => {
  await begin();
  cluster.put(clusterBinding('admins', 'cluster-admin', 'jane'));
  await told.settle();
  await told.pass(5);
  cluster.state('clusterrolebindings', 'denied');
  await told.settle();
  await told.pass(600);
  expect(of('5.1.1')).toEqual(['0.4 firing 1 regress 5.1.1 clusterrolebinding/admins,user/jane']);
  cluster.state('clusterrolebindings', 'synced');
  await told.settle();
  await told.pass(600);
  expect(of('5.1.1')).toHaveLength(1);
  cluster.state('clusterrolebindings', 'denied');
  await told.settle();
  cluster.remove(clusterBinding('admins', 'cluster-admin', 'jane'));
  cluster.state('clusterrolebindings', 'synced');
  await told.settle();
  await told.pass(100);
  expect(of('5.1.1').map((line) => line.split(' ')[1])).toEqual(['firing', 'resolved']);
});

test('nodes that nobody reports from hide no objects and make no second message', async () => {
  await begin();
  cluster.put(clusterBinding('admins', 'cluster-admin', 'jane'));
  await told.settle();
  await told.pass(300);
  cluster.remove(clusterBinding('admins', 'cluster-admin', 'jane'));
  await told.settle();
  await told.pass(100);
  expect(told.messages.filter((one) => one.rule === 'error')).toEqual([]);
  expect(of('5.1.1').map((line) => line.split(' ')[1])).toEqual(['firing', 'resolved']);
});

test('a right that was taken away is one message naming the controls, over when it is given back', async () => {
  await begin();
  cluster.state('clusterrolebindings', 'denied');
  await told.settle();
  await told.pass(200);
  const fired = told.messages.filter((one) => one.rule === 'error');
  expect(fired).toHaveLength(1);
  expect(fired[0]?.title).toMatch(/^\d+ controls \(3\.1\.2, 5\.1\.1, .*cannot be judged/);
  cluster.state('clusterrolebindings', 'synced');
  await told.settle();
  await told.settle();
  await told.pass(100);
  expect(told.messages.filter((one) => one.rule === 'error').map((one) => one.status)).toEqual(['firing', 'resolved']);
});

test('thirty pods that a deployment brings are one alert of their namespace', async () => {
  await begin();
  for (let index = 0; index < 30; index++) cluster.put(pod('app', `bad-${index}`, true));
  await told.settle();
  await told.pass(5);
  const lines = of('5.2.2');
  expect(lines).toHaveLength(1);
  expect(told.messages.find((one) => one.control?.number === '5.2.2')?.labels).toMatchObject({ namespace: 'app' });
});
