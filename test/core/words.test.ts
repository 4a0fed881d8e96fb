import { checkNames, checkSet, counted, deedsOf, listed } from '@plumbline/core';
import { expect, test } from 'vitest';

test('one is not many', () => {
  expect([counted(0, 'pod'), counted(1, 'pod'), counted(2, 'pod')]).toEqual(['0 pods', '1 pod', '2 pods']);
  expect(counted(2, 'entry', 'entries')).toBe('2 entries');
});

test('lists read like English', () => {
  expect([listed([]), listed(['1']), listed(['1', '2']), listed(['1', '2', '4'])]).toEqual([
    '',
    '1',
    '1 and 2',
    '1, 2 and 4',
  ]);
});

test('what pods do that break checks, of many checks only some', () => {
  expect(deedsOf(checkSet(['hostPID']))).toBe('share the process namespace of the node');
  expect(deedsOf(checkSet(['runAsNonRoot', 'runAsUser']))).toBe('let containers run as root or ask for the user root');
  expect(deedsOf(checkSet(['procMount', 'procMountRestricted']))).toBe('unmask /proc');
  expect(deedsOf(checkSet(checkNames))).toMatch(/^run privileged containers, .* or break 17 other rules$/);
});
