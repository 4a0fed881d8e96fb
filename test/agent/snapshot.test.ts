import { describe, expect, test } from 'vitest';
import { fixtureHost, type Host, observeNode, realHost } from '../../agent/src/index.ts';
import { shippedPack } from '../pack.ts';
import { apiserver, find, nodeText } from './node.ts';

const clock = () => '2026-01-01T00:00:00.000Z';
const versions = { kubelet: 'v1.34.4', controlPlane: 'v1.34.4' };
const one = apiserver([]);
const text = nodeText({ 600: one.process }, { ...one.files, '/etc/cni/net.d/10.conf': { content: '{}' } });

/** A host of which one path never answers, as a mount whose server is gone. */
function hanging(path: string): Host {
  const host = fixtureHost(text);
  const never = new Promise<never>(() => undefined);
  return { ...host, list: (asked, limit) => (asked === path ? never : host.list(asked, limit)) };
}

test('a collector that hangs loses its own facts, which say so; the rest is as before', async () => {
  const pack = shippedPack();
  const runs: string[] = [];
  const seen = await observeNode({
    host: hanging('/etc/cni/net.d'),
    pack,
    clock,
    versions,
    deadlineMs: 100,
    report: (run) => runs.push(`${run.collector} ${run.ok}`),
  });
  const whole = await observeNode({ host: fixtureHost(text), pack, clock, versions });
  expect(find(seen, 'cni', 'node')).toMatchObject({
    state: 'timed-out',
    detail: 'the collector did not end within 0.1 s',
  });
  // Which kubeconfigs there are is known from the sets of files.
  const others = ['cni', 'files', 'file', 'kubeconfig'];
  const lost = (all: typeof seen) => all.filter((each) => !others.includes(each.fact));
  expect(lost(seen)).toEqual(lost(whole));
  expect(runs).toContain('cni false');
  expect(runs).toContain('processes true');
});

test('a host that breaks its promise costs the facts of one collector', async () => {
  const host = fixtureHost(text);
  const broken: Host = {
    ...host,
    list: (path, limit) => (path === '/etc/cni/net.d' ? Promise.reject(new TypeError('bug')) : host.list(path, limit)),
  };
  const seen = await observeNode({ host: broken, pack: shippedPack(), clock, versions });
  expect(find(seen, 'cni', 'node')).toEqual({
    fact: 'cni',
    subject: 'node',
    state: 'unsupported',
    detail: 'the collector failed: TypeError',
    observedAt: clock(),
  });
  expect(find(seen, 'component', 'kube-apiserver')).toMatchObject({ state: 'observed' });
});

test('an abort ends the pass', async () => {
  const stop = new AbortController();
  const running = observeNode({
    host: hanging('/etc/cni/net.d'),
    pack: shippedPack(),
    clock,
    versions,
    signal: stop.signal,
  });
  setTimeout(() => stop.abort(new Error('stopped')), 20);
  await expect(running).rejects.toThrow('stopped');
});

describe('on whatever machine the tests run', () => {
  test('every fact is there, and two passes see the same', async () => {
    const host = realHost('/');
    const pack = shippedPack();
    const first = await observeNode({ host, pack, clock, versions });
    for (const component of ['kubelet', 'kube-apiserver', 'etcd'])
      expect(find(first, 'component', component).state).not.toBe('unsupported');
    const facts = new Set(first.map((each) => each.fact));
    for (const fact of [
      'node.host',
      'node.platform',
      'node.accounts',
      'node.agent',
      'component',
      'files',
      'unit',
      'cni',
    ])
      expect(facts).toContain(fact);
    const steady = (all: typeof first) => all.filter((each) => /^node|^unit/.test(each.fact));
    expect(steady(await observeNode({ host, pack, clock, versions }))).toEqual(steady(first));
  });
});
