import { chooseDocument, silentNode, unseen } from '@plumbline/core';
import { expect, test } from 'vitest';
import { shippedPack } from '../pack.ts';

const pack = shippedPack();
const choice = chooseDocument(pack, undefined, '1.8');
const documents = { controlPlane: choice, node: choice };

test.each([
  ['no-agent', 'No agent reports'],
  ['stale', 'not been heard'],
] as const)('a node that is %s is an error for every control of nodes', (silence, says) => {
  const found = silentNode(pack, documents, silence);
  expect(new Set(found.map((one) => one.status))).toEqual(new Set(['error']));
  expect(found.every((one) => one.reason === silence && one.message.includes(says))).toBe(true);
  const onNodes = choice.document.controls.filter((entry) => pack.controls.get(entry.control)?.subject !== 'cluster');
  expect(found.map((one) => one.number)).toEqual(onNodes.map((entry) => entry.number));
});

function reasonsOf(controlPlane: boolean, etcd: boolean): readonly string[] {
  return [...new Set(unseen(pack, choice, { controlPlane, etcd }).map((one) => one.reason))].sort();
}

test('what no node runs is an error of the cluster, never a pass', () => {
  expect(reasonsOf(true, true)).toEqual([]);
  expect(reasonsOf(true, false)).toEqual(['external-etcd']);
  expect(reasonsOf(false, true)).toEqual(['no-control-plane-seen']);
  expect(reasonsOf(false, false)).toEqual(['no-control-plane-seen']);
});
