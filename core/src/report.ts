import { sectionOf } from './benchmark.ts';
import type { Status } from './control.ts';
import type { Finding } from './judge.ts';
import type { Overlay } from './waiver/applies.ts';

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
  /** Controls of which all that is left to do is waived, and those that a person's word decided; waivers and attestations change nothing else here. */
  readonly waived: number;
  readonly attested: number;
  /** The same controls counted with waivers and attestations. */
  readonly adjusted: AdjustedCounts;
}

/** Counts of a summary with waivers and attestations: with `waived` and `attested` of the summary they add up to its total. */
export interface AdjustedCounts {
  readonly pass: number;
  readonly fail: number;
  readonly warn: number;
  readonly error: number;
  readonly notApplicable: number;
  /** (pass + attested) / (pass + attested + fail + error): what is waived is in neither part. */
  readonly score: number | null;
  /** (pass + attested + fail) / (pass + attested + fail + warn + error). */
  readonly coverage: number | null;
}

/** How a control stands once decisions count. */
export type AdjustedStatus = Status | Overlay;

/** Worst first. */
const order: readonly Status[] = ['fail', 'error', 'warn', 'pass', 'not-applicable'];
const adjustedOrder: readonly AdjustedStatus[] = [
  'fail',
  'error',
  'warn',
  'waived',
  'attested',
  'pass',
  'not-applicable',
];

/** The worst of the statuses; not-applicable when there is none. */
export function worst(statuses: Iterable<Status>): Status {
  const present = new Set(statuses);
  return firstOf<Status>(order, (status) => present.has(status));
}

function firstOf<S extends AdjustedStatus>(order: readonly S[], isPresent: (status: S) => boolean): S | Status {
  return order.find(isPresent) ?? 'not-applicable';
}

/** A control rolled up, or its status where nothing was decided. */
export type RolledStatus = Status | Pick<RolledUp, 'status' | 'adjusted'>;

/** How many there are of each status, raw and with decisions. Both add up to the same. */
export interface StatusCounts {
  readonly raw: Readonly<Record<Status, number>>;
  readonly adjusted: Readonly<Record<AdjustedStatus, number>>;
}

/** Counts of statuses that are rolled up already. */
export function summarize(statuses: Iterable<RolledStatus>): Summary {
  const raw = { ...noFindings };
  const adjusted: Record<AdjustedStatus, number> = { ...noFindings, waived: 0, attested: 0 };
  for (const one of statuses) {
    const both = typeof one === 'string' ? { status: one, adjusted: one } : one;
    raw[both.status]++;
    adjusted[both.adjusted]++;
  }
  return summaryOfCounts({ raw, adjusted });
}

/** The summary of counts that somebody kept. */
export function summaryOfCounts({ raw, adjusted }: StatusCounts): Summary {
  const { waived, attested } = adjusted;
  const total = order.reduce((sum, status) => sum + raw[status], 0);
  return { total, ...countsOf(raw, 0), waived, attested, adjusted: countsOf(adjusted, attested) };
}

/** What of a summary has to be kept to make it again. */
export function statusCounts(summary: Summary): StatusCounts {
  const { waived, attested } = summary;
  return { raw: byStatus(summary), adjusted: { ...byStatus(summary.adjusted), waived, attested } };
}

/** The findings of a control as such counts. */
export function findingCounts({ counts, covered }: Pick<RolledUp, 'counts' | 'covered'>): StatusCounts {
  const { waivedFail, waivedWarn, attested } = covered;
  const left = { fail: counts.fail - waivedFail, warn: counts.warn - waivedWarn - attested };
  return { raw: counts, adjusted: { ...counts, ...left, waived: waivedFail + waivedWarn, attested } };
}

function byStatus({ pass, fail, warn, error, notApplicable }: AdjustedCounts): Readonly<Record<Status, number>> {
  return { pass, fail, warn, error, 'not-applicable': notApplicable };
}

const noFindings: Readonly<Record<Status, number>> = { pass: 0, fail: 0, warn: 0, error: 0, 'not-applicable': 0 };

/** `confirmed`: controls that count as decided and good although no machine says so. */
function countsOf(counts: Readonly<Record<Status, number>>, confirmed: number): AdjustedCounts {
  const { pass, fail, warn, error } = counts;
  const ratio = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  const good = pass + confirmed;
  return {
    pass,
    fail,
    warn,
    error,
    notApplicable: counts['not-applicable'],
    score: ratio(good, good + fail + error),
    coverage: ratio(good + fail, good + fail + warn + error),
  };
}

/** `51.5 %` for people, the same everywhere; rounded down, so that 100 % means all. A dash where there is nothing. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${(Math.floor((part * 1_000) / whole) / 10).toFixed(1)} %`;
}

/** Score and coverage of a summary for people; raw, waivers and attestations aside. */
export function ratiosOf(summary: Pick<Summary, 'pass' | 'fail' | 'warn' | 'error'>): Ratios {
  return ratiosWith(summary, 0);
}

/** The same with waivers and attestations. */
export function adjustedRatiosOf({ adjusted, attested }: Pick<Summary, 'adjusted' | 'attested'>): Ratios {
  return ratiosWith(adjusted, attested);
}

function ratiosWith({ pass, fail, warn, error }: Parameters<typeof ratiosOf>[0], confirmed: number): Ratios {
  const ratio = (part: number, whole: number) => ({ text: percent(part, whole), part, whole });
  const good = pass + confirmed;
  return { score: ratio(good, good + fail + error), coverage: ratio(good + fail, good + fail + warn + error) };
}

/** Did anybody decide anything about these controls? Where nobody did, the adjusted counts are the raw ones. */
export function isAdjusted({ waived, attested, fail, warn, adjusted }: Summary): boolean {
  return waived + attested > 0 || fail !== adjusted.fail || warn !== adjusted.warn;
}

/** Both ratios for people. */
export type Ratios = Readonly<Record<'score' | 'coverage', Ratio>>;

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
  /** The status with waivers and attestations: what is left when waived subjects do not count and attested ones are decided. */
  readonly adjusted: AdjustedStatus;
  /** Of `counts`, those that a waiver or an attestation covers. */
  readonly covered: CoveredCounts;
}

/** Findings that a decision covers, by their raw status; an attestation is about warns alone. */
export interface CoveredCounts {
  readonly waivedFail: number;
  readonly waivedWarn: number;
  readonly attested: number;
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
  /** What was decided about all of them. */
  readonly overlay?: Overlay;
}

/** A finding by itself, with what was decided about it. */
export type Overlaid = Finding & { readonly overlay?: Overlay };

/** Rolls findings up per document and number, in the order of first appearance. */
export function rollUp(findings: Iterable<Overlaid>): readonly RolledUp[] {
  return rollUpCounted(onceEach(findings));
}

interface Group {
  readonly first: Finding;
  readonly counts: Record<Status, number>;
  readonly covered: { -readonly [K in keyof CoveredCounts]: number };
}

/** The same for findings that were counted already. */
export function rollUpCounted(counted: Iterable<Counted>): readonly RolledUp[] {
  const groups = new Map<string, Group>();
  for (const { finding, count, overlay } of counted) {
    const key = `${finding.benchmark} ${finding.number}`;
    const group = groups.get(key) ?? {
      first: finding,
      counts: { ...noFindings },
      covered: { waivedFail: 0, waivedWarn: 0, attested: 0 },
    };
    groups.set(key, group);
    group.counts[finding.status] += count;
    if (overlay === 'attested') group.covered.attested += count;
    else if (overlay === 'waived') group.covered[finding.status === 'fail' ? 'waivedFail' : 'waivedWarn'] += count;
  }
  return [...groups.values()].map(({ first, counts, covered }) => {
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
      adjusted: adjustedStatus(counts, covered),
      covered,
    };
  });
}

/** Of a control whose failing subjects are all waived nothing is left but that; one that is not, and it fails. */
function adjustedStatus(counts: Group['counts'], { waivedFail, waivedWarn, attested }: CoveredCounts): AdjustedStatus {
  const left: Record<AdjustedStatus, number> = {
    ...counts,
    fail: counts.fail - waivedFail,
    warn: counts.warn - waivedWarn - attested,
    waived: waivedFail + waivedWarn,
    attested,
  };
  return firstOf(adjustedOrder, (status) => left[status] > 0);
}

/** Counts over controls, whole and by section. */
export type SectionedSummary = Summary & { readonly sections: Readonly<Record<string, Summary>> };

/** Summary of findings rolled up, whole and by section. */
export function summaryOf(findings: Iterable<Overlaid>): SectionedSummary {
  return summaryOfCounted(onceEach(findings));
}

/** The same for findings that were counted already. */
export function summaryOfCounted(counted: Iterable<Counted>): SectionedSummary {
  const rolled = rollUpCounted(counted);
  const sections: Record<string, RolledUp[]> = {};
  for (const one of rolled) {
    const section = sectionOf(one.number);
    sections[section] = [...(sections[section] ?? []), one];
  }
  return {
    ...summarize(rolled),
    sections: Object.fromEntries(Object.entries(sections).map(([section, own]) => [section, summarize(own)])),
  };
}

function* onceEach(findings: Iterable<Overlaid>): Generator<Counted> {
  for (const finding of findings)
    yield { finding, count: 1, ...(finding.overlay === undefined ? {} : { overlay: finding.overlay }) };
}
