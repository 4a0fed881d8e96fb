import type { CoveredCounts } from '@plumbline/core';
import type { MetricMaker } from './maker.ts';
import { statuses, type VerdictSources } from './verdict-gauges.ts';

/** The same with waivers and attestations: beside the raw numbers, never in their place. */
export function adjustedGauges(make: MetricMaker, sources: VerdictSources): void {
  make.gauge(
    'plumbline_controls_adjusted',
    'Controls by section of the benchmark and status with waivers and attestations; waived and attested are statuses here.',
    ['benchmark', 'section', 'status'],
    (set) => {
      for (const { benchmark, sections } of sources.documents()) {
        for (const [section, summary] of Object.entries(sections)) {
          for (const [status, key] of statuses) set({ benchmark, section, status }, summary.adjusted[key] ?? 0);
          set({ benchmark, section, status: 'waived' }, summary.waived);
          set({ benchmark, section, status: 'attested' }, summary.attested);
        }
      }
    },
  );
  for (const which of ['score', 'coverage'] as const) {
    make.gauge(
      `plumbline_${which}_adjusted_ratio`,
      `The ${which} with waivers and attestations; absent when nothing counts.`,
      ['benchmark'],
      (set) => {
        for (const { benchmark, adjusted } of sources.documents()) {
          const value = adjusted[which];
          if (value !== null) set({ benchmark }, value);
        }
      },
    );
  }
  const covered = (name: string, help: string, count: (covered: CoveredCounts) => number) =>
    make.gauge(name, help, ['control'], (set) => {
      const sums = new Map<string, number>();
      for (const one of sources.controls()) sums.set(one.control, (sums.get(one.control) ?? 0) + count(one.covered));
      for (const [control, sum] of sums) set({ control }, sum);
    });
  covered(
    'plumbline_findings_waived',
    'Failing and warning verdicts that a waiver covers; plumbline_verdicts counts them as what they are.',
    ({ waivedFail, waivedWarn }) => waivedFail + waivedWarn,
  );
  covered(
    'plumbline_findings_attested',
    'Warning verdicts that a person has confirmed; plumbline_verdicts counts them as warn.',
    ({ attested }) => attested,
  );
  for (const kind of ['waiver', 'attestation'] as const) {
    make.gauge(
      `plumbline_${kind}s`,
      `${kind === 'waiver' ? 'Waivers' : 'Attestations'} by state.`,
      ['state'],
      (set) => {
        for (const [state, count] of Object.entries(sources.decisions(kind))) set({ state }, count);
      },
    );
  }
}
