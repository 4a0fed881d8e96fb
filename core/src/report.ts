import { sectionOf } from './benchmark.ts';
import type { Status } from './control.ts';
import type { Finding } from './judge.ts';

/** Counts over controls rolled up; the only place that counts. `score` and `coverage` are ratios 0–1, null when nothing was judged. */
export interface Summary {
  readonly total: number;
  readonly pass: number;
  readonly fail: number;
  readonly warn: number;
  readonly error: number;
  readonly notApplicable: number;
  /** pass / (pass + fail + error): what could not be judged counts as not passed. */
  readonly score: number | null;
  /** (pass + fail) / (pass + fail + warn + error). */
  readonly coverage: number | null;
}

/** Worst first. */
const order: readonly Status[] = ['fail', 'error', 'warn', 'pass', 'not-applicable'];

/** The worst of the statuses; not-applicable when there is none. */
export function worst(statuses: Iterable<Status>): Status {
  const present = new Set(statuses);
  return order.find((status) => present.has(status)) ?? 'not-applicable';
}

/** Counts of statuses that are rolled up already. */
export function summarize(statuses: Iterable<Status>): Summary {
  const counts: Record<Status, number> = { pass: 0, fail: 0, warn: 0, error: 0, 'not-applicable': 0 };
  let total = 0;
  for (const status of statuses) {
    counts[status]++;
    total++;
  }
  const { pass, fail, warn, error } = counts;
  const ratio = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  return {
    total,
    pass,
    fail,
    warn,
    error,
    notApplicable: counts['not-applicable'],
    score: ratio(pass, pass + fail + error),
    coverage: ratio(pass + fail, pass + fail + warn + error),
  };
}

/** `51.5 %` for people, the same everywhere; rounded down, so that 100 % means all. A dash where there is nothing. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${(Math.floor((part * 1_000) / whole) / 10).toFixed(1)} %`;
}

/** Score and coverage of a summary for people. */
export function ratiosOf({ pass, fail, warn, error }: Summary): Readonly<Record<'score' | 'coverage', Ratio>> {
  const ratio = (part: number, whole: number) => ({ text: percent(part, whole), part, whole });
  return { score: ratio(pass, pass + fail + error), coverage: ratio(pass + fail, pass + fail + warn + error) };
}

/** A ratio for people, with what it is made of. */
export interface Ratio {
  readonly text: string;
  readonly part: number;
  readonly whole: number;
}

/** One control over all its subjects and nodes. */
export interface RolledUp {
  readonly benchmark: string;
  readonly number: string;
  readonly control: string;
  readonly title: string;
  readonly severity: Finding['severity'];
  readonly level: Finding['level'];
  readonly status: Status;
  /** Subjects judged differently although the control is the same. Not-applicable ones do not count. */
  readonly inconsistent: boolean;
  readonly counts: Readonly<Record<Status, number>>;
}

/** Subjects of one control: `judged` are those that pass, fail or need a person; `successRate` is passing / judged, null when none was. */
export interface SubjectCounts {
  readonly subjects: { readonly judged: number; readonly passing: number; readonly failing: number };
  readonly successRate: number | null;
}

/** Counts the subjects of a control by how many findings it has in each status. */
export function subjectCounts({ pass, fail, warn }: Readonly<Record<'pass' | 'fail' | 'warn', number>>): SubjectCounts {
  const judged = pass + fail + warn;
  return { subjects: { judged, passing: pass, failing: fail }, successRate: judged === 0 ? null : pass / judged };
}

/** A finding that stands for so many that differ from it at most in subject and words. */
export interface Counted {
  readonly finding: Finding;
  readonly count: number;
}

/** Rolls findings up per document and number, in the order of first appearance. */
export function rollUp(findings: Iterable<Finding>): readonly RolledUp[] {
  return rollUpCounted(onceEach(findings));
}

/** The same for findings that were counted already. */
export function rollUpCounted(counted: Iterable<Counted>): readonly RolledUp[] {
  const groups = new Map<string, { readonly first: Finding; readonly counts: Record<Status, number> }>();
  for (const { finding, count } of counted) {
    const key = `${finding.benchmark} ${finding.number}`;
    const group = groups.get(key) ?? {
      first: finding,
      counts: { pass: 0, fail: 0, warn: 0, error: 0, 'not-applicable': 0 },
    };
    groups.set(key, group);
    group.counts[finding.status] += count;
  }
  return [...groups.values()].map(({ first, counts }) => {
    const present = order.filter((status) => counts[status] > 0);
    return {
      benchmark: first.benchmark,
      number: first.number,
      control: first.control,
      title: first.title,
      severity: first.severity,
      level: first.level,
      status: worst(present),
      inconsistent: present.filter((status) => status !== 'not-applicable').length > 1,
      counts,
    };
  });
}

/** Counts over controls, whole and by section. */
export type SectionedSummary = Summary & { readonly sections: Readonly<Record<string, Summary>> };

/** Summary of findings rolled up, whole and by section. */
export function summaryOf(findings: Iterable<Finding>): SectionedSummary {
  return summaryOfCounted(onceEach(findings));
}

/** The same for findings that were counted already. */
export function summaryOfCounted(counted: Iterable<Counted>): SectionedSummary {
  const rolled = rollUpCounted(counted);
  const sections: Record<string, Status[]> = {};
  for (const one of rolled) {
    const section = sectionOf(one.number);
    sections[section] = [...(sections[section] ?? []), one.status];
  }
  return {
    ...summarize(rolled.map((one) => one.status)),
    sections: Object.fromEntries(Object.entries(sections).map(([section, statuses]) => [section, summarize(statuses)])),
  };
}

function* onceEach(findings: Iterable<Finding>): Generator<Counted> {
  for (const finding of findings) yield { finding, count: 1 };
}
