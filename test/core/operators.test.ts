import { compare, type Json, modeWithin, type OperatorName } from '@plumbline/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const table: readonly (readonly [OperatorName, Json, null | string | boolean | readonly string[], boolean])[] = [
  ['equals', false, 'false', true],
  ['equals', 0, '0', true],
  ['equals', '0s', '0', true],
  ['equals', '5m', '300s', true],
  ['equals', null, 'false', false],
  ['equals', null, null, true],
  ['equals', 'x', null, false],
  ['oneOf', 'b', ['a', 'b'], true],
  ['oneOf', 'c', ['a', 'b'], false],
  ['contains', ['Node', 'RBAC'], 'RBAC', true],
  ['contains', ['NodeRestriction'], 'Node', false],
  ['contains', null, 'RBAC', false],
  ['contains', { A: true }, 'A', true],
  ['contains', 'single', 'single', true],
  ['excludes', ['Node', 'RBAC'], 'AlwaysAllow', true],
  ['excludes', [], 'AlwaysAllow', true],
  ['excludes', ['AlwaysAllow'], 'AlwaysAllow', false],
  ['subsetOf', ['a'], ['a', 'b'], true],
  ['subsetOf', ['a', 'c'], ['a', 'b'], false],
  ['subsetOf', [], ['a'], false],
  ['atLeast', 30, '30', true],
  ['atLeast', 29, '30', false],
  ['atLeast', '1m', '60s', true],
  ['atLeast', null, '1', false],
  ['atMost', '5m0s', '300s', true],
  ['atMost', 301, '300', false],
  ['atMost', true, '300', false],
  ['set', 'x', true, true],
  ['set', '', true, false],
  ['set', [], true, false],
  ['unset', null, true, true],
  ['unset', 0, true, false],
  ['matches', '127.0.0.1:10249', '^127\\.', true],
  ['matches', null, '.*', false],
  ['matches', ['a'], '"a"', true],
  ['modeAtMost', '0400', '0600', true],
  ['modeAtMost', '0604', '0644', true],
  ['modeAtMost', '4600', '0600', false],
  ['ownedBy', '0:0', '0:0', true],
  ['ownedBy', 'root:adm', 'root:root', false],
];

test.each(table)('%s: %j against %j is %s', (operator, value, operand, holds) => {
  expect(compare(value, { operator, operand })).toBe(holds);
});

test('property: a mode is within a limit exactly when it adds no bit', () => {
  const mode = fc.integer({ min: 0, max: 0o7777 });
  fc.assert(
    fc.property(mode, mode, (actual, limit) => {
      const text = (bits: number) => bits.toString(8).padStart(4, '0');
      expect(modeWithin(text(actual), text(limit))).toBe((actual | limit) === limit);
    }),
  );
});
