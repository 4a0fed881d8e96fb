import { readFileSync } from 'node:fs';
import { originText } from '@plumbline/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Audit, audit, changedControls, statuses } from './lib/audit.ts';
import type { Change } from './lib/change.ts';
import { cluster, settledCluster, until } from './lib/cluster.ts';
import { controlPlaneChanges } from './lib/control-plane-changes.ts';
import { fileChanges } from './lib/file-changes.ts';
import { impostors } from './lib/impostors.ts';
import { kubeletChanges } from './lib/kubelet-changes.ts';

/** Changes the real node in more than forty ways: the expected verdicts change, no other, and all return when it is undone. */

let before: Audit;

beforeAll(async () => {
  await settledCluster();
  before = await until(120, 'every component runs', async () => {
    const now = await audit();
    return now.findings.some((one) => one.status === 'error') ? undefined : now;
  });
}, 400_000);

afterAll(settledCluster, 300_000);

describe.each([
  ['files', fileChanges],
  ['kubelet', kubeletChanges],
  ['impostors', impostors],
  ['control plane', controlPlaneChanges],
])('%s', (_what, changes) => {
  test.each(changes)('$name', { timeout: 300_000 }, async (change) => {
    const undo = change.make();
    try {
      const after = await settled(change, (now) => same(changedControls(before.findings, now.findings), change.expect));
      expect(changedControls(before.findings, after.findings)).toEqual(change.expect);
      checkOrigin(change, after);
      checkIgnored(change, after);
    } finally {
      undo();
      const again = await settled(change, (now) => same(changedControls(before.findings, now.findings), {}));
      expect(statuses(again.findings)).toEqual(statuses(before.findings));
    }
  });
});

function same(a: object, b: object): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}

/**
 * Looks once the component runs what its manifest says; the kubelet is restarted here. Other components lose their leases while the
 * API server or etcd restarts and are missing for a moment, which is an error as it should be: so look until the verdicts are the
 * expected ones, and give the last look when they never are.
 */
async function settled(change: Change, done: (now: Audit) => boolean): Promise<Audit> {
  if (change.settles === 'kubelet') cluster('restart-kubelet');
  if (change.settles === 'at once' || change.settles === 'kubelet') return audit();
  const first = await until(180, `${change.settles} restarts`, () => inForce(change));
  for (let now = first, tries = 0; ; now = await audit(), tries++) {
    if (done(now) || tries === 60) return now;
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

/** A look at the component when it runs what its manifest says, in a process that was not seen before. */
async function inForce(change: Change): Promise<Audit | undefined> {
  const wanted = parse(readFileSync(`/etc/kubernetes/manifests/${change.settles}.yaml`, 'utf8')) as {
    spec: { containers: { command: string[]; env?: { name: string; value: string }[] }[] };
  };
  const container = wanted.spec.containers[0];
  const now = await audit();
  const runs = now.observations.filter((one) => one.fact === 'process' && one.subject.startsWith(`${change.settles}@`));
  const value = runs[0]?.value as { argv?: string[]; environment?: Record<string, string> } | undefined;
  const sameFlags = runs.length === 1 && JSON.stringify(value?.argv) === JSON.stringify(container?.command);
  const sameVariables = (container?.env ?? []).every(
    (one) => !one.name.startsWith('ETCD_') || value?.environment?.[one.name] === one.value,
  );
  return sameFlags && sameVariables && restarted(change, now) ? now : undefined;
}

/** A change of the environment alone shows only by the new process. */
const lastPid = new Map<string, string>();

function restarted(change: Change, now: Audit): boolean {
  const one = now.observations.find(
    (seen) => seen.fact === 'process.instance' && seen.subject.startsWith(`${change.settles}@`),
  );
  const id = JSON.stringify(one?.value);
  const initial = before.observations.find(
    (seen) => seen.fact === 'process.instance' && seen.subject.startsWith(`${change.settles}@`),
  );
  const last = lastPid.get(change.settles) ?? JSON.stringify(initial?.value);
  if (id === last) return false;
  lastPid.set(change.settles, id);
  return true;
}

function checkOrigin(change: Change, after: Audit): void {
  if (change.origin === undefined) return;
  for (const control of Object.keys(change.expect)) {
    const origins = after.findings
      .filter((one) => one.control === control)
      .flatMap((one) => one.evidence.map((line) => originText(line.origin)));
    expect(origins.join('; '), control).toContain(change.origin);
  }
}

function checkIgnored(change: Change, after: Audit): void {
  if (change.ignored === undefined) return;
  const seen = after.observations.find((one) => one.fact === 'component.ignored' && one.subject === change.ignored);
  expect(seen?.value).toMatchObject({
    processes: expect.arrayContaining([expect.objectContaining({ name: change.ignored })]),
  });
}
