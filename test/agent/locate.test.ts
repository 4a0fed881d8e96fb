import type { ComponentValue, IgnoredValue, ProcessValue } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import {
  apiserver,
  apiserverUid,
  find,
  manifest,
  nodeText,
  observe,
  podCgroup,
  proxyUid,
  type TestProcess,
  valueFor,
} from './node.ts';

const subject = 'kube-apiserver@/etc/kubernetes/manifests/kube-apiserver.yaml';
const genuine = apiserver(['--profiling=false']);
const shim: TestProcess = { argv: ['/usr/bin/containerd-shim-runc-v2'], name: 'containerd-shim' };
const kubelet: TestProcess = { argv: ['/usr/bin/kubelet'], cgroup: '0::/system.slice/kubelet.service\n' };
const normal = { 500: shim, 600: genuine.process };

async function look(processes: Record<number, TestProcess>, files: Parameters<typeof nodeText>[1] = genuine.files) {
  const observations = await observe(nodeText(processes, files));
  const component = (name: string) => find(observations, 'component', name);
  const ignored = (name: string) =>
    valueFor<IgnoredValue>(observations, 'component.ignored', name).processes.map((one) => `${one.pid} ${one.why}`);
  return { observations, component, ignored };
}

test('a static pod, a unit and a pod of the platform are genuine', async () => {
  const proxy: TestProcess = {
    argv: ['/usr/local/bin/kube-proxy'],
    cgroup: podCgroup(proxyUid),
    parent: 500,
    pids: [700, 1],
  };
  const seen = await look(
    { ...normal, 550: kubelet, 700: proxy },
    { ...genuine.files, [`/var/log/pods/kube-system_kube-proxy-x_${proxyUid}`]: { type: 'directory' } },
  );
  expect(seen.component('kube-apiserver').value).toEqual({
    instances: [subject],
    manifests: ['/etc/kubernetes/manifests/kube-apiserver.yaml'],
  });
  expect(seen.component('kubelet').value).toEqual({ instances: ['kubelet@kubelet.service'], manifests: [] });
  expect(seen.component('kube-proxy').value).toEqual({
    instances: ['kube-proxy@kube-system/kube-proxy'],
    manifests: [],
  });
  expect(seen.component('etcd')).toMatchObject({ state: 'absent' });
  expect(valueFor<ProcessValue>(seen.observations, 'process', subject)).toMatchObject({
    argv: ['kube-apiserver', '--profiling=false'],
    environmentFrom: 'manifest',
    exe: null,
  });
});

describe('an impostor changes nothing and is listed', () => {
  const other = '99999999-2222-3333-4444-555555555555';
  const argv = ['kube-apiserver', '--profiling=true'];
  const cases: readonly [string, TestProcess, string][] = [
    [
      'in a pod of a user',
      { argv, cgroup: podCgroup(other), parent: 500, pids: [900, 1] },
      'container cgroup of pod default/vcluster-0',
    ],
    [
      'of a user in a session',
      { argv, uid: 1000, cgroup: '0::/user.slice/user-1000.slice/session-1.scope\n' },
      'user session /user.slice/user-1000.slice/session-1.scope',
    ],
    ['of a user without systemd', { argv, uid: 1000 }, 'uid 1000'],
    [
      'in a container without a pod',
      { argv, cgroup: `0::/docker/${'d'.repeat(64)}\n` },
      `container cgroup /docker/${'d'.repeat(64)}`,
    ],
    ['of another unit', { argv, cgroup: '0::/system.slice/cron.service\n' }, 'unit cron.service does not start it'],
    ['in a PID namespace of its own', { argv, pids: [900, 5] }, 'runs in a PID namespace of its own'],
    ['of root, started by a user', { argv, parent: 901 }, 'started by process 901 of uid 1000'],
    [
      'a set-user-ID program of a login',
      { argv, more: { loginuid: { content: '1000' } } },
      'login session of uid 1000',
    ],
    [
      'another program under the name',
      { argv, more: { exe: { type: 'link', to: '/usr/bin/sudo' } } },
      'its program is sudo',
    ],
    ['below a container shim', { argv, parent: 500 }, 'container of containerd-shim 500'],
    ['of orphans', { argv, parent: 12345 }, 'its parent 12345 is gone'],
    [
      'executed inside the genuine container',
      { argv, cgroup: podCgroup(apiserverUid), parent: 500, pids: [900, 77] },
      'started inside the container of process 600',
    ],
    [
      'a child of the genuine one',
      { argv, cgroup: podCgroup(apiserverUid), parent: 600, pids: [900, 8] },
      'child of process 600',
    ],
  ];
  test.each(cases)('%s', async (_, impostor, why) => {
    const user: TestProcess = { argv: ['bash'], uid: 1000 };
    const files = { ...genuine.files, [`/var/log/pods/default_vcluster-0_${other}`]: { type: 'directory' } };
    const before = await look({ ...normal, 901: user }, files);
    const after = await look({ ...normal, 901: user, 900: impostor }, files);
    expect(after.ignored('kube-apiserver')).toEqual([`900 ${why}`]);
    const rest = (all: typeof before) => all.observations.filter((one) => one.fact !== 'component.ignored');
    expect(rest(after)).toEqual(rest(before));
  });

  test('a shell, a script and a longer name are no candidates at all', async () => {
    const scripts = {
      900: { argv: ['bash', '/usr/bin/etcd'], name: 'etcd' },
      901: { argv: ['etcd-wrapper'] },
      902: { argv: ['/bin/sh', '-c', 'etcd --x'] },
    };
    const seen = await look({ ...normal, ...scripts });
    expect(seen.ignored('etcd')).toEqual([]);
  });

  test('a pod whose name only begins like the static pod', async () => {
    const uid = '77777777-2222-3333-4444-555555555555';
    const fake: TestProcess = { argv, cgroup: podCgroup(uid), parent: 500, pids: [900, 1] };
    const seen = await look(
      { ...normal, 900: fake },
      { ...genuine.files, [`/var/log/pods/kube-system_kube-apiserver-evil_${uid}`]: { type: 'directory' } },
    );
    expect(seen.ignored('kube-apiserver')).toEqual(['900 container cgroup of pod kube-system/kube-apiserver-evil']);
  });
});

describe('genuine ones in other shapes', () => {
  test('two instances are two subjects, the older first', async () => {
    const etcd = (start: string): TestProcess => ({
      argv: ['/usr/bin/etcd'],
      cgroup: '0::/system.slice/etcd.service\n',
      start,
    });
    const seen = await look({ 800: etcd('90'), 801: etcd('20') }, {});
    expect(seen.component('etcd').value).toEqual({
      instances: ['etcd@etcd.service', 'etcd@etcd.service#2'],
      manifests: [],
    });
    expect(find(seen.observations, 'process.instance', 'etcd@etcd.service').value).toEqual({
      pid: 801,
      startTime: '20',
    });
  });

  test('without systemd: a root process whose parents lead to process 1, named after its unit file or the host', async () => {
    const bare = { 400: { argv: ['bash', 'supervise'] }, 401: { argv: ['/usr/bin/kubelet'], parent: 400 } };
    const without = await look(bare, {});
    expect(without.component('kubelet').value).toMatchObject({ instances: ['kubelet@host'] });
    const withUnit = await look(bare, {
      '/lib/systemd/system/kubelet.service': { content: '[Service]\nExecStart=/usr/bin/kubelet\n' },
    });
    expect(withUnit.component('kubelet').value).toMatchObject({ instances: ['kubelet@kubelet.service'] });
  });

  test('a unit of another name that starts it', async () => {
    const files = {
      '/etc/systemd/system/my-kubelet.service': { content: '[Service]\nExecStart=-/opt/bin/kubelet --x\n' },
    };
    const seen = await look(
      { 401: { argv: ['/opt/bin/kubelet'], cgroup: '0::/system.slice/my-kubelet.service\n' } },
      files,
    );
    expect(seen.component('kubelet').value).toMatchObject({ instances: ['kubelet@my-kubelet.service'] });
  });

  test('a private cgroup namespace of v2', async () => {
    const cgroup = `0::/../../kubepods-burstable.slice/kubepods-burstable-pod${apiserverUid}.slice/cri-containerd-${'c'.repeat(64)}.scope\n`;
    const seen = await look({ ...normal, 600: { ...genuine.process, cgroup } });
    expect(seen.component('kube-apiserver').value).toMatchObject({ instances: [subject] });
    expect(valueFor<ProcessValue>(seen.observations, 'process', subject).cgroup).toBe(`pod ${apiserverUid}`);
  });

  test('a manifest that is broken now still belongs to the pod that runs', async () => {
    const files = { ...genuine.files, '/etc/kubernetes/manifests/kube-apiserver.yaml': { content: 'a: 1\na: 2\n' } };
    const seen = await look(normal, files);
    expect(seen.component('kube-apiserver').value).toEqual({
      instances: ['kube-apiserver@kube-system/kube-apiserver-n1'],
      manifests: ['/etc/kubernetes/manifests/kube-apiserver.yaml'],
    });
    expect(find(seen.observations, 'manifest', 'kube-apiserver@kube-system/kube-apiserver-n1')).toMatchObject({
      state: 'malformed',
    });
  });

  test('a manifest without a process is no instance', async () => {
    const seen = await look({}, { '/etc/kubernetes/manifests/etcd.yaml': { content: manifest('etcd', ['etcd']) } });
    expect(valueFor<ComponentValue>(seen.observations, 'component', 'etcd')).toEqual({
      instances: [],
      manifests: ['/etc/kubernetes/manifests/etcd.yaml'],
    });
  });

  test('static pods of the directory that the kubelet names', async () => {
    const config = { content: 'staticPodPath: /srv/pods\n' };
    const files = { '/k.yaml': config, '/srv/pods/etcd.yaml': { content: manifest('etcd', ['etcd']) } };
    const seen = await look({ 550: { ...kubelet, argv: ['kubelet', '--config=/k.yaml'] } }, files);
    expect(seen.component('etcd').value).toMatchObject({ manifests: ['/srv/pods/etcd.yaml'] });
  });
});

describe('processes that cannot be seen', () => {
  test('vanished and reused pids are skipped, the rest arrives', async () => {
    const vanished = { '/proc/900': { type: 'directory' }, '/proc/901/cmdline': { content: 'kubelet\0' } };
    const stat = (start: string) => `902 (kubelet) S 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ${start}\n`;
    const reused = { '/proc/902/stat': { contents: Array.from({ length: 20 }, (_, index) => stat(String(index))) } };
    const seen = await look({ ...normal, 902: { ...kubelet } }, { ...genuine.files, ...vanished, ...reused });
    expect(seen.component('kube-apiserver').value).toMatchObject({ instances: [subject] });
    expect(seen.component('kubelet')).toMatchObject({ state: 'absent' });
    expect(seen.ignored('kubelet')).toEqual([]);
  });

  test('zombies and threads of the kernel do not count', async () => {
    const zombie = {
      '/proc/903/status': { content: 'Name:\tkubelet\nState:\tZ (zombie)\nPPid:\t1\nUid:\t0\t0\t0\t0\n' },
    };
    const thread = { '/proc/904/stat': { content: '904 (kubelet) S 2 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 7\n' } };
    const seen = await look({ 903: kubelet, 904: kubelet }, { ...zombie, ...thread });
    expect(seen.component('kubelet')).toMatchObject({ state: 'absent' });
  });

  test('a /proc without process 1 is denied, not empty', async () => {
    const hidden = Object.fromEntries(
      ['cmdline', 'stat', 'status', 'cgroup', 'environ', 'exe', 'cwd', 'mountinfo'].map((file) => [
        `/proc/1/${file}`,
        null,
      ]),
    );
    const seen = await look({ 2: { argv: ['x'] } }, hidden);
    expect(seen.component('kubelet')).toMatchObject({ state: 'denied', detail: expect.stringContaining('SYS_PTRACE') });
  });

  test('a closed manifest directory is no absence', async () => {
    const seen = await look({}, { '/etc/kubernetes/manifests': { type: 'directory', state: 'denied' } });
    expect(seen.component('etcd')).toMatchObject({
      state: 'denied',
      detail: expect.stringContaining('DAC_READ_SEARCH'),
    });
    expect(seen.component('kubelet')).toMatchObject({ state: 'absent' });
  });
});
