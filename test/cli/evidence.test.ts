import { expect, test } from 'vitest';
import { evidenceText } from '../../cli/src/formats/evidence.ts';
import { table } from '../../cli/src/formats/table.ts';
import { plain } from '../../cli/src/text/paint.ts';
import { reportWith, smallFindings } from './small-report.ts';

const path = '/var/lib/kubelet/config.yaml';
const line = {
  fact: 'setting readOnlyPort',
  subject: 'kubelet@kubelet.service',
  actual: 0,
  expected: '0',
  origin: { kind: 'file', path, key: 'readOnlyPort' },
} as const;
const place = {
  actual: 10255,
  origin: { kind: 'drop-in', path: '/d/1.conf', key: 'readOnlyPort' },
  holds: false,
} as const;

test('a line says what is pending', () => {
  expect(evidenceText(line)).toBe(`readOnlyPort: 0 (file ${path} readOnlyPort)`);
  expect(evidenceText({ ...line, pending: { ...place, running: 'observed' } })).toBe(
    `readOnlyPort: 0 (file ${path} readOnlyPort), pending: 10255 (drop-in /d/1.conf readOnlyPort)`,
  );
  expect(evidenceText({ ...line, pending: { ...line, holds: true, running: 'unknown' } })).toBe(
    `readOnlyPort: 0 (file ${path} readOnlyPort), pending: what runs was not seen`,
  );
});

test('a pass that is pending is said in the table, another is not', () => {
  const pass = smallFindings.find((one) => one.status === 'pass');
  if (!pass) throw new Error('no pass');
  const shown = (evidence: typeof pass.evidence) =>
    table(reportWith([{ ...pass, message: 'as it runs; pending: more', evidence }]), { width: 100, paint: plain });
  expect(shown([line])).not.toContain('pending');
  expect(shown([line, { ...line, pending: { ...place, running: 'observed' } }])).toContain('as it runs; pending: more');
});
