import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constraintGroup, type Resource, resources } from '@plumbline/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { audited } from './lib/audited.ts';
import { flags } from './lib/change.ts';
import { settledCluster } from './lib/cluster.ts';
import { all, write } from './lib/undo.ts';
import {
  account,
  apiServerRuns,
  customs,
  deployedRoles,
  prepare,
  replace,
  tidy,
  type Watching,
  watching,
  without,
} from './lib/watched.ts';

/** The watches as the deployed service account, on the real API server: every right, each of them denied, and what is asked. */

const renewalMs = 2000;
const folder = mkdtempSync(join(tmpdir(), 'plumbline-watch-'));
let kubeconfig: string;

/** Names of the view by what RBAC grants; the two watches of secrets are one right. */
const rights = [...new Map([...resources, ...customs].map((one) => [`${one.group}/${one.plural}`, one])).values()];
const namesOf = ({ group, plural }: Pick<Resource, 'group' | 'plural'>) =>
  group === constraintGroup
    ? [`${constraintGroup}/*`]
    : resources.filter((one) => one.group === group && one.plural === plural).map((one) => one.name);

beforeAll(async () => {
  await settledCluster();
  kubeconfig = prepare(folder);
}, 400_000);

afterAll(async () => {
  tidy();
  rmSync(folder, { recursive: true });
  await settledCluster();
}, 400_000);

const notSynced = (states: Readonly<Record<string, { readonly state: string }>>) =>
  Object.entries(states)
    .filter(([, one]) => one.state !== 'synced')
    .map(([name, one]) => `${name} ${one.state}`)
    .sort();
const denied = (right: Pick<Resource, 'group' | 'plural'>) =>
  namesOf(right)
    .map((name) => `${name} denied`)
    .sort();
const same = (a: readonly string[], b: readonly string[]) => a.join() === b.join();

/** Denies the verb on one resource, sees exactly that denied, and grants it again. */
async function deny(watch: Watching, right: Pick<Resource, 'group' | 'plural'>, verb: string): Promise<void> {
  const roles = deployedRoles();
  replace(...roles.map((role) => without(role, right, verb)));
  try {
    const { states } = await watch.until(15, `${right.plural} is denied`, (report) =>
      same(notSynced(report.states), denied(right)),
    );
    for (const name of namesOf(right)) expect(states[name]?.detail).toContain('403');
  } finally {
    replace(...roles);
  }
  await watch.until(15, `${right.plural} is granted again`, (report) => notSynced(report.states).length === 0);
}

describe('with the initial state by watch', () => {
  let watch: Watching;
  beforeAll(async () => {
    watch = watching(kubeconfig, renewalMs);
  });
  afterAll(() => watch.stop());

  test('every resource is synced by one request', async () => {
    // A CRD that was just made, and a role, answer only after a moment; until then a watch is refused and asked again.
    await watch.until(60, 'everything is served and granted', ({ states }) => notSynced(states).length === 0);
    const once = watching(kubeconfig, 3_600_000);
    const report = await once.until(30, 'every resource is synced', ({ synced }) => synced);
    once.stop();
    expect(notSynced(report.states)).toEqual([]);
    expect(report.version).toMatch(/^v1\./);
    const asked = report.requests.map(({ verb, resource, count }) => `${verb} ${resource} ${count}`);
    const expected = Object.keys(report.states).map((name) => `watch ${name} 1`);
    expect(asked.sort()).toEqual(['get version 1', ...expected].sort());
    expect(report.restarts).toEqual({});
  });

  // Without the list of CRDs nobody knows what they bring; that is tested below.
  test.each(rights.filter((one) => one.plural !== 'customresourcedefinitions'))(
    'watch of $group/$plural denied is denied within a renewal, it alone',
    async (right) => deny(watch, right, 'watch'),
  );

  test('watch of CRDs denied leaves what runs alone', async () => {
    await deny(watch, { group: 'apiextensions.k8s.io', plural: 'customresourcedefinitions' }, 'watch');
  });

  test('list denied changes nothing: nothing is ever listed', async () => {
    const roles = deployedRoles();
    replace(...roles.map((role) => rights.reduce((left, right) => without(left, right, 'list'), role)));
    const fresh = watching(kubeconfig, 3_600_000);
    try {
      const { states } = await fresh.until(30, 'every resource is synced', ({ synced }) => synced);
      expect(notSynced(states)).toEqual([]);
    } finally {
      fresh.stop();
      replace(...roles);
    }
  });
});

test('in steady state the audit log shows watches and nothing else', { timeout: 600_000 }, async () => {
  const policy = '/etc/kubernetes/pki/audit-watch.yaml';
  const word = `--audit-policy-file=${policy}`;
  const across = watching(kubeconfig, 3_600_000);
  await across.until(30, 'every resource is synced before the restart', ({ synced }) => synced);
  const rules = [{ level: 'Metadata', users: [account] }, { level: 'None' }];
  const undo = all(
    write(
      policy,
      stringify({
        apiVersion: 'audit.k8s.io/v1',
        kind: 'Policy',
        omitStages: ['RequestReceived'],
        rules,
      }),
    ),
    flags('kube-apiserver', word, '--audit-log-path=-'),
  );
  let watch: Watching | undefined;
  try {
    await apiServerRuns(word, true);
    await settledCluster();
    await across.until(
      60,
      'the watches go on after the restart',
      (report) => report.restarts['network'] !== undefined && notSynced(report.states).length === 0,
    );
    watch = watching(kubeconfig, 20_000);
    await watch.until(60, 'every resource is synced', (report) => notSynced(report.states).length === 0);
    const calm = await across.calm(180);
    const began = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 65_000));
    const seen = audited(began, (event) => event.user.username === account);
    expect(seen.length).toBeGreaterThan(0);
    expect([...new Set(seen.map((one) => one.verb))]).toEqual(['watch']);
    expect([...new Set(seen.map((one) => one.responseStatus?.code))]).toEqual([200]);
    const watched = Object.keys(calm.states).length;
    console.log(`${seen.length} requests in 65 s for ${watched} watches renewed every 16–20 s`);
    console.log(`${(watched / 0.9).toFixed(0)} requests an hour with hourly renewal`);
    const later = await across.until(5, 'the other still watches', (report) => notSynced(report.states).length === 0);
    expect(later.requests.filter(({ verb }) => verb === 'list')).toEqual([]);
    expect(later.requests.find(({ verb }) => verb === 'get')?.count).toBeLessThanOrEqual(3);
    // Bookmarks alone kept its watches alive: none was begun again since it was calm.
    expect(later.restarts).toEqual(calm.restarts);
    expect(later.restarts['silent']).toBeUndefined();
  } finally {
    watch?.stop();
    across.stop();
    undo();
    await apiServerRuns(word, false);
    await settledCluster();
  }
});

describe('without the initial state by watch', () => {
  const word = '--feature-gates=WatchList=false';
  let undo: () => void;
  beforeAll(async () => {
    undo = flags('kube-apiserver', word);
    await apiServerRuns(word, true);
    await settledCluster();
  }, 400_000);
  afterAll(async () => {
    undo();
    await apiServerRuns(word, false);
    await settledCluster();
  }, 400_000);

  test('every resource is synced by pages and one watch', async () => {
    const watch = watching(kubeconfig, 3_600_000);
    const report = await watch.until(30, 'every resource is synced', ({ synced }) => synced);
    watch.stop();
    expect(notSynced(report.states)).toEqual([]);
    expect(report.requests.filter(({ verb }) => verb === 'list').length).toBe(Object.keys(report.states).length);
  });

  test.each(rights.filter((one) => one.plural !== 'customresourcedefinitions'))(
    'list of $group/$plural denied is denied, it alone',
    async (right) => {
      const roles = deployedRoles();
      replace(...roles.map((role) => without(role, right, 'list')));
      const watch = watching(kubeconfig, renewalMs);
      try {
        await watch.until(30, `${right.plural} is denied`, (report) => same(notSynced(report.states), denied(right)));
        replace(...roles);
        await watch.until(15, `${right.plural} is granted again`, (report) => notSynced(report.states).length === 0);
      } finally {
        watch.stop();
        replace(...roles);
      }
    },
  );
});
