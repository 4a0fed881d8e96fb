import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Audited, audited } from './lib/audited.ts';
import { type Changing, changing } from './lib/changing.ts';
import { settledCluster } from './lib/cluster.ts';
import { enforcer, hardened, hardenedVerdicts, word } from './lib/cluster-changes/node-changes.ts';
import { fixture, objectsOf } from './lib/cluster-changes/object-change.ts';
import { type Served, startServed } from './lib/served.ts';
import { apiServerRuns } from './lib/watched.ts';

/** What flags and files of the control plane change in sections 3 and 5, and what the whole of plumbline asks of an API server at rest. */

const objects = objectsOf(fixture);
const port = 18_092;
let served: Served;
let cluster: Changing;
let undo: (() => void) | undefined;
let restarted = '';

beforeAll(async () => {
  await settledCluster();
  served = await startServed(port);
  cluster = changing(port, objects);
  await cluster.begin('untouched', []);
  await cluster.begin('fixture', objects);
}, 400_000);

afterAll(async () => {
  undo?.();
  await cluster.end('untouched', objects.toReversed(), 60_000);
  cluster.stop();
  served.stop();
  await settledCluster();
}, 400_000);

test('audit policy, defaults of admission, authenticators and network plugin change their verdicts, no other', async () => {
  undo = hardened();
  restarted = new Date().toISOString();
  await apiServerRuns(word, true);
  await settledCluster();
  // The defaults of admission hold for this one already, which breaks nothing.
  const { changes, refused } = await cluster.ask({
    apply: objectsOf(enforcer),
    until: hardenedVerdicts,
    within: 120_000,
  });
  expect({ refused, changes }).toEqual({ refused: '', changes: hardenedVerdicts });
});

test('at rest the audit log shows its watches and nothing else', async () => {
  // Watches began again after the restart: so many there are, and each is renewed after 54 to 60 minutes.
  const begun = audited(restarted, isOurs).filter(({ verb }) => verb === 'watch');
  const watches = new Set(begun.map(({ requestURI }) => requestURI.split('?')[0])).size;
  expect(watches).toBeGreaterThan(10);
  const began = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 61_000));
  expect(audited(began, isOurs).filter(({ verb }) => verb !== 'watch')).toEqual([]);
  console.log(`${watches} watches, ${(watches / 0.9).toFixed(0)} requests an hour at most`);
});

/** The aggregator is the administrator here, as is kubectl, which the test itself uses. */
function isOurs({ user, userAgent = '' }: Audited): boolean {
  return user.username === 'kubernetes-admin' && !userAgent.startsWith('kubectl');
}

test('all of it returns when it is undone', async () => {
  undo?.();
  undo = undefined;
  await apiServerRuns(word, false);
  const { changes } = await cluster.ask({ remove: objectsOf(enforcer), until: {}, within: 120_000 });
  expect(changes).toEqual({});
});
