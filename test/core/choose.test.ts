import {
  type Benchmark,
  chooseDocument,
  chooseDocuments,
  compareNumbers,
  entriesOf,
  findDocument,
  originText,
  type Pack,
  parseMinor,
} from '@plumbline/core';
import { expect, test } from 'vitest';
import { shippedPack } from '../pack.ts';

function document(version: string, from: string, to: string): Benchmark {
  const entry = (number: string) => ({
    number,
    control: 'x',
    level: '1' as const,
    by: 'manual' as const,
    role: 'node' as const,
  });
  return {
    benchmark: `cis/kubernetes-${version}`,
    title: '',
    version,
    published: version,
    follows: null,
    kubernetes: { from, to },
    total: '3',
    sections: {},
    controls: [entry('1.1.1'), entry('4.1.1'), entry('5.1.1')],
  };
}

const pack: Pack = {
  ...shippedPack(),
  benchmarks: [document('1.24', '1.24', '1.24'), document('1.12', '1.32', '1.34'), document('2.0', '1.34', '1.35')],
};

test.each([
  ['1.34', '2.0', 'exact'],
  ['1.33', '1.12', 'exact'],
  ['1.99', '2.0', 'nearest'],
  ['1.28', '1.24', 'nearest'],
  ['1.10', '1.24', 'nearest'],
  [undefined, '2.0', 'version-unknown'],
])('minor %s gets document %s, %s', (minor, version, match) => {
  expect(chooseDocument(pack, parseMinor(minor))).toMatchObject({ document: { version }, match });
});

test.each(['cis/kubernetes-1.12', 'kubernetes-1.12', 'cis-1.12', '1.12'])('%s names a document', (id) => {
  expect(findDocument(pack, id).version).toBe('1.12');
  expect(chooseDocument(pack, parseMinor('1.34'), id).match).toBe('requested');
});

test('an unknown document and an empty pack are coded errors', () => {
  expect(() => findDocument(pack, '9.9')).toThrow(expect.objectContaining({ code: 'PLB_BENCHMARK_UNKNOWN' }));
  expect(() => chooseDocument({ ...pack, benchmarks: [] }, undefined)).toThrow(
    expect.objectContaining({ code: 'PLB_BENCHMARK_UNKNOWN' }),
  );
});

test('section 4 follows the kubelet, everything else the API server, in the order of numbers', () => {
  const documents = chooseDocuments(pack, { kubelet: 'v1.33.1', controlPlane: 'v1.34.2' });
  expect(entriesOf(documents).map((one) => `${one.choice.document.version} ${one.entry.number}`)).toEqual([
    '2.0 1.1.1',
    '1.12 4.1.1',
    '2.0 5.1.1',
  ]);
  const borrowed = chooseDocuments(pack, { kubelet: '1.33' });
  expect(borrowed.controlPlane.document.version).toBe('1.12');
});

test('numbers compare as numbers', () => {
  expect(['1.2.10', '1.2.9', '1.2'].sort(compareNumbers)).toEqual(['1.2', '1.2.9', '1.2.10']);
});

test.each([
  [{ kind: 'flag', key: 'v' }, 'flag --v'],
  [{ kind: 'flag', key: 'v', pid: 7 }, 'flag --v of pid 7'],
  [{ kind: 'environment', key: 'E', path: '/p' }, 'environment variable E in /p'],
  [{ kind: 'environment', key: 'E' }, 'environment variable E'],
  [{ kind: 'default' }, 'default'],
  [{ kind: 'default', version: 'Kubernetes 1.34' }, 'default of Kubernetes 1.34'],
  [{ kind: 'file', path: '/f', key: 'a.b' }, 'file /f a.b'],
  [{ kind: 'drop-in', path: '/f' }, 'drop-in /f'],
  [{ kind: 'stat', path: '/f' }, 'stat of /f'],
  [{ kind: 'process', pid: 3 }, 'process 3'],
  [{ kind: 'process' }, 'process list'],
  [{ kind: 'manifest', path: '/m', key: 'spec' }, 'manifest /m spec'],
  [{ kind: 'object', path: '/api', key: 'version' }, 'object /api version'],
  [{ kind: 'derived' }, 'derived'],
  [{ kind: 'derived', key: 'x' }, 'derived from x'],
] as const)('the origin %j reads %s', (origin, text) => {
  expect(originText(origin)).toBe(text);
});

test('a bound that is no version keeps nothing out', () => {
  const loose = { ...pack, benchmarks: [document('1.24', '1.24', '1.24'), document('x', 'first', 'last')] };
  expect(chooseDocument(loose, parseMinor('1.30'))).toMatchObject({ document: { version: 'x' }, match: 'exact' });
});

test('a section comes before what is in it', () => {
  expect(['1.2.1', '1.10', '1.2', '1.2.10', '1'].sort(compareNumbers)).toEqual(['1', '1.2', '1.2.1', '1.2.10', '1.10']);
});

test.each([
  ['1.2', '1.2.1'],
  ['1.2.9', '1.2.10'],
])('%s comes before %s', (first, second) => {
  expect(compareNumbers(first, second)).toBeLessThan(0);
  expect(compareNumbers(second, first)).toBeGreaterThan(0);
});

test('section 4 borrows the version of the control plane where the kubelet tells none', () => {
  expect(chooseDocuments(pack, { controlPlane: '1.33' }).node).toMatchObject({
    match: 'exact',
    document: { version: '1.12' },
  });
});
