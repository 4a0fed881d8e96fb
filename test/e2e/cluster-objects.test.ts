import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Changing, changing, type Step } from './lib/changing.ts';
import { settledCluster, until } from './lib/cluster.ts';
import { customChanges } from './lib/cluster-changes/custom-changes.ts';
import { namespaceChanges } from './lib/cluster-changes/namespace-changes.ts';
import { fixture, type ObjectChange, objectsOf, open } from './lib/cluster-changes/object-change.ts';
import { capabilityChanges, podChanges, procMountChanges } from './lib/cluster-changes/pod-changes.ts';
import { kubeletRightChanges, rightChanges } from './lib/cluster-changes/right-changes.ts';
import { userChanges } from './lib/cluster-changes/user-changes.ts';
import type { Verdicts } from './lib/object-poller.ts';
import { type Served, startServed } from './lib/served.ts';
import { definitions } from './lib/watched.ts';

/** Breaks and keeps every control of section 5 by real objects: the expected verdicts change within a second, no other, and all return. */

const objects = objectsOf(fixture);
const tables = [
  rightChanges,
  userChanges,
  podChanges,
  namespaceChanges,
  customChanges,
  capabilityChanges,
  procMountChanges,
];
const leftovers = tables
  .flat()
  .flatMap(({ bad, good }) => objectsOf(`${bad}\n---\n${good}`))
  .filter(({ kind }) => kind !== 'Namespace' && kind !== 'ServiceAccount')
  .concat(objects.toReversed());
const latencies: number[] = [];
const port = 18_090;

beforeAll(settledCluster, 400_000);

afterAll(() => {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(0);
  console.log(`${sorted.length} changes seen through REST: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`);
});

/** Runs the tables against an aggregator that judges by this document. */
function judgedBy(
  words: readonly string[],
  groups: readonly (readonly [string, readonly ObjectChange[]])[],
  extra: typeof objects = [],
): void {
  let served: Served;
  let cluster: Changing;
  beforeAll(async () => {
    served = await startServed(port, ...words);
    cluster = changing(port, objects);
    await cluster.ask({ remove: leftovers });
    await until(60, 'nothing is left of a run that was killed', async () => {
      const verdicts = await cluster.begin('untouched', []);
      return Object.keys(verdicts).some((key) => key.endsWith(`/${open}`)) ? undefined : true;
    });
    await cluster.begin('fixture', [...extra, ...objects]);
  }, 120_000);
  afterAll(async () => {
    const { changes } = await cluster.end('untouched', [...objects, ...extra].toReversed(), 60_000);
    cluster.stop();
    served.stop();
    expect(changes).toEqual({});
  }, 120_000);

  describe.each(groups)('%s', (_what, changes) => {
    test.each(changes)('$name', async (change) => {
      try {
        await seen(cluster, change, 'bad', change.seen);
        await seen(cluster, change, 'good', change.kept);
      } finally {
        await seen(cluster, change, 'back', {});
      }
    });
  });
}

/** Every step is seen within a second; one that changes no verdict is none to be seen. */
async function seen(cluster: Changing, change: ObjectChange, step: Step, expected: Verdicts): Promise<void> {
  const { changes, ms, refused } = await cluster.step(change, step);
  expect({ refused, changes }, step).toEqual({ refused: '', changes: expected });
  if (step === 'bad' ? isEmpty(expected) : step === 'back' && isEmpty(change.kept)) return;
  latencies.push(ms);
  expect(ms, `milliseconds until ${step} was seen`).toBeLessThan(1000);
}

function isEmpty(verdicts: Verdicts): boolean {
  return Object.keys(verdicts).length === 0;
}

describe('by the document of the version', () => {
  judgedBy(
    [],
    [
      ['rights', rightChanges],
      ['users', userChanges],
      ['pods', podChanges],
      ['namespaces', namespaceChanges],
    ],
  );
});

describe('with custom resources', () => {
  judgedBy([], [['what they bring', customChanges]], definitions() as typeof objects);
});

describe('by the document 1.8', () => {
  judgedBy(['--benchmark', 'cis/kubernetes-1.8'], [['capabilities', capabilityChanges]]);
});

describe('by the document 2.1', () => {
  judgedBy(['--benchmark', 'cis/kubernetes-2.1'], [['what is new', [...kubeletRightChanges, ...procMountChanges]]]);
});
