import { type RolledUp, type Status, type Summary, sectionOf } from '@plumbline/core';
import type { MetricMaker } from './maker.ts';

/** What verdicts there are, counted. */
export interface VerdictSources {
  readonly documents: () => readonly (Summary & {
    readonly benchmark: string;
    readonly sections: Readonly<Record<string, Summary>>;
  })[];
  /** Controls with how many verdicts they have in each status. */
  readonly controls: () => readonly RolledUp[];
  /** Waivers or attestations by state. */
  readonly decisions: (kind: 'waiver' | 'attestation') => Readonly<Record<string, number>>;
}

/** The statuses and where a summary counts them. */
export const statuses: readonly (readonly [Status, keyof Summary & keyof Summary['adjusted']])[] = [
  ['pass', 'pass'],
  ['fail', 'fail'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['not-applicable', 'notApplicable'],
];

/** Counts and ratios of the whole cluster. Every status is there, 0 too, so that graphs have no gaps; a ratio of nothing is not. */
export function verdictGauges(make: MetricMaker, sources: VerdictSources): void {
  make.gauge(
    'plumbline_controls',
    'Controls rolled up over all nodes and subjects, by section of the benchmark and status.',
    ['benchmark', 'section', 'status'],
    (set) => {
      for (const { benchmark, sections } of sources.documents()) {
        for (const [section, summary] of Object.entries(sections)) {
          for (const [status, key] of statuses) set({ benchmark, section, status }, summary[key] ?? 0);
        }
      }
    },
  );
  make.gauge(
    'plumbline_control_status',
    '1 for the status of a control rolled up over all nodes and subjects.',
    ['benchmark', 'section', 'number', 'control', 'severity', 'status'],
    (set) => {
      for (const { benchmark, number, control, severity, status } of sources.controls()) {
        set({ benchmark, section: sectionOf(number), number, control, severity, status }, 1);
      }
    },
  );
  make.gauge(
    'plumbline_verdicts',
    'Current verdicts by control and status, subjects and nodes together.',
    ['control', 'status'],
    (set) => {
      for (const [control, counts] of byControl(sources.controls())) {
        for (const [status] of statuses) set({ control, status }, counts[status]);
      }
    },
  );
  ratios(make, sources, 'score', 'pass / (pass + fail + error) of the controls');
  ratios(make, sources, 'coverage', '(pass + fail) / (pass + fail + warn + error) of the controls');
}

/** Documents may share a control; its verdicts are counted together. */
function byControl(controls: readonly RolledUp[]): ReadonlyMap<string, Readonly<Record<Status, number>>> {
  const found = new Map<string, Record<Status, number>>();
  for (const { control, counts } of controls) {
    const sum = found.get(control) ?? { pass: 0, fail: 0, warn: 0, error: 0, 'not-applicable': 0 };
    for (const [status] of statuses) sum[status] += counts[status];
    found.set(control, sum);
  }
  return found;
}

function ratios(make: MetricMaker, sources: VerdictSources, which: 'score' | 'coverage', says: string): void {
  make.gauge(`plumbline_${which}_ratio`, `${says}; absent when nothing was judged.`, ['benchmark'], (set) => {
    for (const one of sources.documents()) {
      const value = one[which];
      if (value !== null) set({ benchmark: one.benchmark }, value);
    }
  });
  make.gauge(
    `plumbline_section_${which}_ratio`,
    `${says} of a section; absent when nothing in it was judged.`,
    ['benchmark', 'section'],
    (set) => {
      for (const { benchmark, sections } of sources.documents()) {
        for (const [section, summary] of Object.entries(sections)) {
          const value = summary[which];
          if (value !== null) set({ benchmark, section }, value);
        }
      }
    },
  );
}
