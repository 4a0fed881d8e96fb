import { type Evidence, originText } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { shippedPack } from '../pack.ts';
import { readCases } from './read.ts';
import { type Case, judgeCase } from './world.ts';

const pack = shippedPack();

for (const [slug, table] of readCases()) {
  describe(slug, () => {
    test.each(table.cases)('$class: $says', (one) => {
      const control = pack.controls.get(slug);
      if (!control) throw new Error(`${table.file}: no control ${slug}`);
      const findings = judgeCase(pack, control, one);
      if (one.expect.none) return expect(findings).toEqual([]);
      const meant = findings.filter(
        ({ subject }) => one.expect.finding === undefined || subject === one.expect.finding,
      );
      const match = meant.find((finding) => finding.status === one.expect.status) ?? meant[0];
      expect(match, `${match?.message}`).toMatchObject({
        status: one.expect.status,
        ...(one.expect.reason === undefined ? {} : { reason: one.expect.reason }),
        ...(one.expect.validUntil === undefined ? {} : { validUntil: one.expect.validUntil }),
      });
      if (one.expect.message !== undefined) expect(match?.message).toContain(one.expect.message);
      const lines = match?.evidence ?? [];
      if (one.expect.status === 'pass' || one.expect.status === 'fail') expect(lines.length).toBeGreaterThan(0);
      if (wantsLine(one))
        expect(
          lines.filter((line) => fits(line, one)),
          JSON.stringify(lines),
        ).not.toEqual([]);
      for (const subject of one.expect.not ?? []) expect(lines.map((line) => line.subject)).not.toContain(subject);
    });
  });
}

function wantsLine({ expect: wanted }: Case): boolean {
  return wanted.actual !== undefined || wanted.origin !== undefined || wanted.subject !== undefined;
}

function fits(line: Evidence, { expect: wanted }: Case): boolean {
  if (wanted.actual !== undefined && JSON.stringify(line.actual) !== JSON.stringify(wanted.actual)) return false;
  if (wanted.subject !== undefined && line.subject !== wanted.subject) return false;
  return wanted.origin === undefined || originText(line.origin).includes(wanted.origin);
}
