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

/** Rolls findings up per document and number, in the order of first appearance. */
export function rollUp(findings: Iterable<Finding>): readonly RolledUp[] {
  const groups = new Map<string, { readonly first: Finding; readonly group: Finding[] }>();
  for (const one of findings) {
    const key = `${one.benchmark} ${one.number}`;
    const known = groups.get(key);
    if (known) known.group.push(one);
    else groups.set(key, { first: one, group: [one] });
  }
  return [...groups.values()].map(({ first, group }) => {
    const counts: Record<Status, number> = { pass: 0, fail: 0, warn: 0, error: 0, 'not-applicable': 0 };
    for (const one of group) counts[one.status]++;
    const judged = new Set(group.map((one) => one.status).filter((status) => status !== 'not-applicable'));
    return {
      benchmark: first.benchmark,
      number: first.number,
      control: first.control,
      title: first.title,
      severity: first.severity,
      level: first.level,
      status: worst(group.map((one) => one.status)),
      inconsistent: judged.size > 1,
      counts,
    };
  });
}

/** Summary of findings rolled up, whole and by section. */
export function summaryOf(
  findings: readonly Finding[],
): Summary & { readonly sections: Readonly<Record<string, Summary>> } {
  const rolled = rollUp(findings);
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
