import type { Control, Pack } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { readCases } from '../cases/read.ts';
import { type Case, judgeCase } from '../cases/world.ts';
import { shippedPack } from '../pack.ts';
import { mutantsOf } from './mutants.ts';

const pack = shippedPack();
const tables = readCases();

describe('a mistake in a control makes one of its cases fail', () => {
  const controls = [...pack.controls.values()].filter((control) => control.check);
  test.each(controls.map((control) => [control.slug, control] as const))('%s', (slug, control) => {
    const cases = tables.get(slug)?.cases ?? [];
    const before = cases.map((one) => outcome(pack, control, one));
    const survivors = mutantsOf(control).filter(
      (mutant) => !cases.some((one, index) => outcome(pack, mutant.control, one) !== before[index]),
    );
    expect(survivors.map((mutant) => `${slug}: ${mutant.name}`)).toEqual([]);
  });
});

/** Verdict and evidence without what was expected, which every changed operand would change. */
function outcome(within: Pack, control: Control, one: Case): string {
  return JSON.stringify(
    judgeCase(within, control, one).map(({ subject, status, reason, evidence }) => [
      subject,
      status,
      reason,
      evidence.map((line) => [line.fact, line.subject, line.actual, line.origin, line.holds]),
    ]),
  );
}
