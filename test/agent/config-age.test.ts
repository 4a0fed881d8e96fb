import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigAgeValue } from '@plumbline/core';
import { expect, test } from 'vitest';
import { bootClock } from '../../agent/src/host/boot.ts';
import { realHost } from '../../agent/src/index.ts';
import { apiserver, nodeText, observe, type Place, type TestProcess, valueFor } from './node.ts';

const booted = '2026-01-01T00:00:00.000Z';
const subject = 'kubelet@kubelet.service';
/** 100 s after boot. */
const started = '10000';
const early = '2026-01-01T00:01:39.000Z';
const late = '2026-01-01T00:01:41.000Z';

function withBoot(text: string): string {
  return JSON.stringify({ ...JSON.parse(text), booted });
}

async function agesOf(flags: readonly string[], files: Record<string, Place>): Promise<ConfigAgeValue['facts']> {
  const argv = ['/usr/bin/kubelet', ...flags];
  const kubelet: TestProcess = { argv, start: started, cgroup: '0::/system.slice/kubelet.service\n' };
  const seen = await observe(withBoot(nodeText({ 400: kubelet }, files)));
  return valueFor<ConfigAgeValue>(seen, 'config.age', subject).facts;
}

test.each<readonly [string, Place, string]>([
  ['long ago', {}, 'before-start'],
  ['before the start', { modified: early }, 'before-start'],
  ['within the time that a process takes to start', { modified: '2026-01-01T00:01:40.050Z' }, 'before-start'],
  ['after it', { modified: '2026-01-01T00:01:40.051Z' }, 'after-start'],
  ['its mode alone', { modified: early, changed: late }, 'touched'],
  ['a time set into the future', { modified: '2030-01-01T00:00:00.000Z', changed: early }, 'before-start'],
])('a file that changed %s', async (_when, times, age) => {
  expect(await agesOf(['--config=/k.yaml'], { '/k.yaml': { content: '{}', ...times } })).toEqual({
    'kubelet.config': age,
  });
});

test('of a directory, everything in it counts, and it itself', async () => {
  const conf = (times: Record<string, Place>) =>
    agesOf(['--config-dir=/d'], {
      '/d': { type: 'directory' },
      '/d/sub/1.conf': { content: '{}' },
      '/d/2.conf': { content: '{}' },
      ...times,
    });
  expect(await conf({})).toEqual({ 'kubelet.drop-ins': 'before-start' });
  expect(await conf({ '/d': { type: 'directory', modified: late } })).toEqual({ 'kubelet.drop-ins': 'after-start' });
  expect(await conf({ '/d/sub': { type: 'directory', modified: late } })).toEqual({
    'kubelet.drop-ins': 'after-start',
  });
  expect(await conf({ '/d/sub/1.conf': { content: '{}', changed: late, modified: early } })).toEqual({
    'kubelet.drop-ins': 'touched',
  });
});

test('a file that is gone was there when the process started; one that may not be looked at says nothing', async () => {
  expect(await agesOf(['--config=/k.yaml', '--config-dir=/d'], { '/d': { type: 'directory' } })).toEqual({
    'kubelet.config': 'after-start',
    'kubelet.drop-ins': 'before-start',
  });
  expect(
    await agesOf(['--config=/no/k.yaml', '--config-dir=/d'], {
      '/no': { type: 'denied' },
      '/d': { type: 'directory' },
    }),
  ).toEqual({ 'kubelet.drop-ins': 'before-start' });
});

test('files of plugins count with the configuration that names them', async () => {
  const one = apiserver(['--admission-control-config-file=/etc/kubernetes/admission.yaml'], { start: started });
  const plugins = {
    plugins: [
      { name: 'PodSecurity', path: 'psa.yaml' },
      { name: 'Other', path: '/other.yaml' },
    ],
  };
  const pod = JSON.parse(String(one.files['/etc/kubernetes/manifests/kube-apiserver.yaml']?.content));
  pod.spec.containers[0].volumeMounts = [{ name: 'k', mountPath: '/etc/kubernetes' }];
  pod.spec.volumes = [{ name: 'k', hostPath: { path: '/etc/kubernetes' } }];
  const seen = await observe(
    withBoot(
      nodeText(
        { 600: one.process },
        {
          ...one.files,
          '/etc/kubernetes/manifests/kube-apiserver.yaml': { content: JSON.stringify(pod) },
          '/etc/kubernetes/admission.yaml': { content: JSON.stringify(plugins) },
          '/etc/kubernetes/psa.yaml': { content: '{}', modified: late },
        },
      ),
    ),
  );
  const server = 'kube-apiserver@/etc/kubernetes/manifests/kube-apiserver.yaml';
  expect(valueFor<ConfigAgeValue>(seen, 'config.age', server).facts).toEqual({
    'kube-apiserver.admission-config': 'after-start',
  });
});

test('where nobody knows when the node was booted, nothing is said', async () => {
  const kubelet: TestProcess = {
    argv: ['/usr/bin/kubelet', '--config=/k.yaml'],
    cgroup: '0::/system.slice/kubelet.service\n',
  };
  const seen = await observe(nodeText({ 400: kubelet }, { '/k.yaml': { content: '{}' } }));
  expect(seen.filter((each) => each.fact === 'config.age')).toEqual([]);
});

test('a static pod runs by its command line; a changed manifest makes nothing pending', async () => {
  const one = apiserver(['--profiling=false'], { start: started });
  const path = '/etc/kubernetes/manifests/kube-apiserver.yaml';
  const files = { ...one.files, [path]: { ...one.files[path], modified: late } };
  const seen = await observe(withBoot(nodeText({ 600: one.process }, files)));
  expect(seen.filter((each) => each.fact === 'config.age')).toEqual([]);
});

test('the time of boot stays the same while the clock does', () => {
  let wall = 1_000_000;
  let up = 100;
  const boot = bootClock(
    () => wall,
    () => up,
  );
  expect(boot()).toBe(900_000);
  wall += 10_300;
  up += 10;
  expect(boot()).toBe(900_000);
  wall += 3_600_000;
  expect(boot()).toBe(4_500_300);
});

test('a reading that took long is none', () => {
  let wall = 1_000_000;
  let slow = 3;
  const boot = bootClock(
    () => {
      wall += slow-- > 0 ? 30 : 0;
      return wall;
    },
    () => 100,
  );
  expect(boot()).toBe(900_090);
  let later = 0;
  const never = bootClock(
    () => (later += 30),
    () => 1,
  );
  expect(never()).toBeUndefined();
});

test('a real host tells times of files and when it was booted, on one clock', async () => {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-'));
  try {
    const before = Date.now();
    writeFileSync(join(root, 'f'), 'x');
    utimesSync(join(root, 'f'), 1000, 1000);
    const host = realHost(root);
    const stat = await host.stat('/f');
    if (stat.state !== 'observed') throw new Error(stat.detail);
    expect(stat.value.modified).toBe(1_000_000);
    expect(Math.abs(stat.value.changed - before)).toBeLessThan(10_000);
    const boot = Number(host.booted());
    expect(boot).toBeLessThan(before);
    expect(host.booted()).toBe(boot);
    await host.refresh();
  } finally {
    rmSync(root, { recursive: true });
  }
});
