import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '@plumbline/core';
import { afterEach, expect, test } from 'vitest';
import { Bystanders, type Host, observeNode, realHost } from '../../agent/src/index.ts';
import { findCandidates } from '../../agent/src/locate/index.ts';
import { shippedPack } from '../pack.ts';
import { plant } from './planted.ts';

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const one of cleanup.splice(0)) one();
});

const clock = () => '2026-01-01T00:00:00.000Z';

function look(host: Host, bystanders = new Bystanders()): Promise<readonly Observation[]> {
  return observeNode({ host, pack: shippedPack(), clock, versions: {}, bystanders });
}

test('a repeated look at a whole node equals one that begins afresh, whatever changed', async () => {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-repeat-'));
  cleanup.push(() => rmSync(root, { recursive: true, force: true }));
  plant(root, readFileSync(join(import.meta.dirname, '../nodes/kubeadm-control-plane.yaml'), 'utf8'));
  const clocks = { wall: () => Date.now() + 3_600_000, steady: () => performance.now() };
  const host = realHost(root, { clocks });
  const bystanders = new Bystanders();
  const at = (path: string) => join(root, path);
  const edit = (path: string, from: string, to: string) =>
    writeFileSync(at(path), readFileSync(at(path), 'utf8').replace(from, to));
  const changes = [
    () => undefined,
    () => undefined,
    () => chmodSync(at('/etc/kubernetes/manifests/kube-apiserver.yaml'), 0o644),
    () => edit('/var/lib/kubelet/config.yaml', 'true', 'TRUE'),
    () => edit('/etc/kubernetes/manifests/etcd.yaml', 'kube-system', 'kube-public'),
    () => writeFileSync(at('/etc/kubernetes/pki/new.crt'), 'no certificate'),
    () => unlinkSync(at('/etc/kubernetes/pki/new.crt')),
    () => unlinkSync(at('/etc/kubernetes/admin.conf')),
  ];
  for (const change of changes) {
    await sleep(12);
    change();
    expect(await look(host, bystanders)).toEqual(await look(realHost(root)));
  }
});

/** A process that becomes another program under the name `kubelet` when a line comes in. */
function chameleon(): ChildProcess & { readonly pid: number } {
  const child = spawn('bash', ['-c', 'echo ready; read -r line; exec -a kubelet sleep 60'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  cleanup.push(() => child.kill('SIGKILL'));
  if (child.pid === undefined) throw new Error('no bash');
  return child as ChildProcess & { readonly pid: number };
}

async function kubelets(bystanders: Bystanders): Promise<readonly number[]> {
  const host = realHost('/');
  const platform = shippedPack().platforms.at(-1);
  if (!platform) throw new Error('no platform');
  const found = await findCandidates(host, platform, bystanders);
  await host.refresh();
  return 'state' in found ? [] : found.candidates.filter((one) => one.component === 'kubelet').map((one) => one.pid);
}

test('a bystander that begins another program is read again', async () => {
  const child = chameleon();
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  const bystanders = new Bystanders();
  expect(await kubelets(bystanders)).not.toContain(child.pid);
  expect(await kubelets(bystanders)).not.toContain(child.pid);
  child.stdin?.write('now\n');
  for (let tries = 0; !readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').startsWith('kubelet'); tries++) {
    if (tries === 500) throw new Error('no other program');
    await sleep(10);
  }
  expect(await kubelets(bystanders)).toContain(child.pid);
});

const stat = { name: 'bash', state: 'S', kernelThread: false, faults: '10 0', start: '7' };

test.each([
  ['another start', { ...stat, start: '8' }],
  ['another name', { ...stat, name: 'sh' }],
  ['more page faults', { ...stat, faults: '11 0' }],
])('%s: nobody knows the process', (_name, now) => {
  const bystanders = new Bystanders(() => 0);
  bystanders.begin(['kubelet']);
  bystanders.note(5, stat);
  bystanders.end();
  bystanders.begin(['kubelet']);
  expect(bystanders.has(5, stat)).toBe(true);
  expect(bystanders.has(5, now)).toBe(false);
});

test('everybody is read again when names change, after ten minutes, and who was away', () => {
  let now = 0;
  const bystanders = new Bystanders(() => now);
  const known = (...names: readonly string[]) => {
    bystanders.begin(names);
    const has = bystanders.has(5, stat);
    bystanders.note(5, stat);
    bystanders.end();
    return has;
  };
  expect([known('kubelet'), known('kubelet'), known('kubelet', 'etcd'), known('kubelet', 'etcd')]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  now = 11 * 60_000;
  expect(known('kubelet', 'etcd')).toBe(false);
  bystanders.begin(['kubelet', 'etcd']);
  bystanders.end();
  expect(known('kubelet', 'etcd')).toBe(false);
});
