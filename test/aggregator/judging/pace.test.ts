import { type ClusterEntry, clusterEntries } from '@plumbline/core';
import { expect, test } from 'vitest';
import { pace } from '../../../aggregator/src/judging/pace.ts';
import { pendingLines } from '../../../aggregator/src/judging/pending.ts';
import { shippedPack } from '../../pack.ts';

const document = shippedPack().benchmarks.at(-1);
const lines = document ? clusterEntries(shippedPack(), { document, match: 'exact' }) : [];
const each = (what: 'cluster' | 'namespace') => lines.find((one) => one.survey?.each === what) as ClusterEntry;

test('a line rests ten times as long as it took, at most 700 ms; others do not', () => {
  let now = 1000;
  const paced = pace(() => now);
  const [first, second] = [each('cluster'), each('namespace')];
  expect(paced.isDue(first)).toBe(true);
  paced.took(first, 20);
  expect([paced.isDue(first), paced.isDue(second), paced.wait()]).toEqual([false, true, 200]);
  now += 200;
  expect([paced.isDue(first), paced.wait()]).toEqual([true, 0]);
  paced.took(first, 5000);
  expect(paced.wait()).toBe(700);
});

test('what rests stays, and what is small goes first', () => {
  const pending = pendingLines();
  pending.add(each('cluster'), 'app');
  pending.add(each('namespace'), 'app');
  pending.add(each('namespace'), 'team');
  expect(pending.size).toBe(2);
  expect(pending.takeWhole(() => false)).toBeUndefined();
  expect(pending.takeSome()).toEqual({ line: each('namespace'), namespaces: new Set(['app', 'team']) });
  expect(pending.takeSome()).toBeUndefined();
  expect(pending.takeWhole(() => true)).toBe(each('cluster'));
  expect(pending.size).toBe(0);
});

test('a line that waits whole needs no namespace of its own', () => {
  const pending = pendingLines();
  pending.add(each('namespace'), 'app');
  pending.add(each('namespace'), null);
  pending.add(each('namespace'), 'team');
  expect(pending.takeSome()).toBeUndefined();
  expect(pending.takeWhole(() => true)).toBe(each('namespace'));
});
