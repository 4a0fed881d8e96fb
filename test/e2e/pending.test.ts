import { existsSync, utimesSync } from 'node:fs';
import type { Evidence, Status } from '@plumbline/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { k8s, kubeletFlags } from './lib/change.ts';
import { cluster, settledCluster } from './lib/cluster.ts';
import { type Served, startServed } from './lib/served.ts';
import { all, type Undo, write } from './lib/undo.ts';

/** A drop-in that the real kubelet has not read yet is pending with the verdict of what runs; its restart brings it into force. */

const directory = `${k8s}/kubelet.conf.d`;
const dropIn = `${directory}/50-chains.conf`;
const control = 'kubelet-iptables-util-chains';
let served: Served;
let undo: Undo;

interface Found {
  readonly status: Status;
  readonly message: string;
  readonly evidence: readonly (Evidence & { readonly pending: Evidence['pending'] | null })[];
}

const kubelet = (chains: boolean) =>
  stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    makeIPTablesUtilChains: chains,
  });

async function found(): Promise<Found> {
  const { findings } = await served.get<{ findings: readonly Found[] }>(
    `/api/v1/findings?control=${control}&evidence=true`,
  );
  const [one] = findings;
  if (!one) throw new Error(`no finding of ${control}`);
  return one;
}

/** Waits for a status of the finding and for whether it speaks of something pending; the agent's watch decides how soon. */
const until = (status: Status, pending: boolean, within: number) =>
  served.poll(`/api/v1/findings?control=${control}${pending ? '&q=pending' : ''}`, { status }, { within });
const untilNothingPends = () =>
  served.poll(`/api/v1/findings?control=${control}&q=pending`, {}, { absent: true, within: 30_000 });

beforeAll(async () => {
  await settledCluster();
  undo = all(write(dropIn, kubelet(true)), kubeletFlags(`--config-dir=${directory}`));
  cluster('restart-kubelet');
  served = await startServed(18_097);
}, 400_000);

afterAll(async () => {
  served?.stop();
  undo?.();
  cluster('restart-kubelet');
  await settledCluster();
  expect(existsSync(directory)).toBe(false);
}, 400_000);

test('pending, then in force with the restart, then back', { timeout: 300_000 }, async () => {
  expect((await until('pass', false, 60_000)).met).toBe(true);
  expect((await found()).evidence).toMatchObject([{ actual: true, pending: null }]);

  write(dropIn, kubelet(false));
  const edited = await until('pass', true, 10_000);
  expect(edited.met).toBe(true);
  const pending = await found();
  expect(pending.evidence).toMatchObject([
    {
      actual: true,
      holds: true,
      origin: { kind: 'drop-in', path: dropIn },
      pending: { actual: false, holds: false, running: 'observed', origin: { kind: 'drop-in', path: dropIn } },
    },
  ]);
  expect(pending.message).toContain(`pending: ${directory} changed after kubelet@`);
  expect(pending.message).toContain('from its restart on fail: makeIPTablesUtilChains is false');

  cluster('restart-kubelet');
  const restarted = await until('fail', false, 30_000);
  expect(restarted.met).toBe(true);
  expect((await untilNothingPends()).met).toBe(true);
  expect((await found()).evidence).toMatchObject([{ actual: false, pending: null }]);

  // The mend waits for its restart too; taken back before, nothing waits, whatever the times of the files are.
  write(dropIn, kubelet(true));
  expect((await until('fail', true, 10_000)).met).toBe(true);
  write(dropIn, kubelet(false));
  utimesSync(dropIn, new Date(), new Date());
  expect((await untilNothingPends()).met).toBe(true);
  expect((await found()).status).toBe('fail');
  console.log(
    `pending after ${edited.ms.toFixed(0)} ms, in force ${restarted.ms.toFixed(0)} ms after the kubelet answers again`,
  );
});
