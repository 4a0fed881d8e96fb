import {
  adjustedRatiosOf,
  counted,
  type Ratio,
  type Ratios,
  ratiosOf,
  type SectionedSummary,
  type Severity,
} from '@plumbline/core';

/** What has to be reached; percents from 0 to 100. */
export interface Marks {
  readonly minScore: number | undefined;
  readonly minCoverage: number | undefined;
  /** No control of this severity or a worse one may fail. */
  readonly failOn: Severity | undefined;
  /** What is judged may have gaps. */
  readonly allowPartial: boolean;
  /** Count with waivers and attestations. */
  readonly adjusted: boolean;
}

/** One control, rolled up. */
export interface GateControl {
  readonly number: string;
  readonly title: string;
  readonly severity: Severity;
  readonly status: string;
}

/** What changed for the worse since another scan, each a sentence; `blind`: findings of which one side knew and the other does not. */
export interface Regress {
  readonly since: string;
  readonly worse: readonly string[];
  readonly blind: number;
}

/** What is judged. */
export interface Judged {
  /** What it is, in words. */
  readonly name: string;
  readonly summary: SectionedSummary;
  /** How many nodes are known; null where the report is of one thing. */
  readonly nodes: number | null;
  /** Sentences about what could not be known. */
  readonly gaps: readonly string[];
  readonly controls: readonly GateControl[];
  readonly regress: Regress | undefined;
}

/** `unjudged`: nobody can say; that is never taken for reached. */
export type Outcome = 'reached' | 'missed' | 'unjudged';

/** One condition and how it stands, in a sentence with its numbers. */
export interface Check {
  readonly name: 'judged' | 'whole' | 'score' | 'coverage' | 'severity' | 'regress';
  readonly outcome: Outcome;
  readonly text: string;
  readonly details: readonly string[];
}

/** A gate and why it stands as it does. */
export interface Gate {
  readonly outcome: Outcome;
  readonly checks: readonly Check[];
  readonly ratios: Ratios | undefined;
}

/** Judges the gate. What fails for certain is missed, whatever else is not known; a number that rests on gaps is worth nothing. */
export function gateOf(judged: Judged, marks: Marks): Gate {
  const { summary } = judged;
  const ratios = marks.adjusted ? adjustedRatiosOf(summary) : ratiosOf(summary);
  if (ratios.coverage.whole === 0 || ratios.score.whole === 0)
    return { outcome: 'unjudged', ratios, checks: [check('judged', 'unjudged', 'nothing was judged')] };
  if (judged.nodes === 0)
    return { outcome: 'unjudged', ratios, checks: [check('judged', 'unjudged', 'no node is known')] };
  const checks = [
    ...wholeCheck(judged, marks),
    ...markCheck('score', ratios.score, marks.minScore),
    ...markCheck('coverage', ratios.coverage, marks.minCoverage),
    ...severityCheck(judged, marks),
    ...regressCheck(judged, marks),
  ];
  return { outcome: outcomeOf(checks), checks, ratios };
}

function outcomeOf(checks: readonly Check[]): Outcome {
  const has = (outcome: Outcome, names?: readonly string[]) =>
    checks.some((one) => one.outcome === outcome && (names?.includes(one.name) ?? true));
  if (has('missed', ['severity', 'regress'])) return 'missed';
  if (has('unjudged')) return 'unjudged';
  return has('missed') ? 'missed' : 'reached';
}

function wholeCheck({ gaps }: Judged, { allowPartial }: Marks): readonly Check[] {
  if (gaps.length === 0) return [];
  return [check('whole', allowPartial ? 'reached' : 'unjudged', `it is partial: ${gaps.join(' ')}`)];
}

function markCheck(name: 'score' | 'coverage', ratio: Ratio, least: number | undefined): readonly Check[] {
  if (least === undefined) return [];
  // Whole numbers on both sides: no rounding lets a gate open.
  const isReached = ratio.part * 100 >= least * ratio.whole;
  const says = `${name} ${ratio.text} (${ratio.part} of ${ratio.whole})`;
  return [check(name, isReached ? 'reached' : 'missed', `${says} is ${isReached ? 'at least' : 'below'} ${least} %`)];
}

const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

function severityCheck({ controls }: Judged, { failOn, allowPartial }: Marks): readonly Check[] {
  if (failOn === undefined) return [];
  const severe = severities.slice(0, severities.indexOf(failOn) + 1);
  const ofStatus = (status: string) => controls.filter((one) => one.status === status && severe.includes(one.severity));
  const [fails, errors] = [ofStatus('fail'), ofStatus('error')];
  const which = failOn === 'critical' ? 'of severity critical' : `of severity ${failOn} or worse`;
  const shown = (list: readonly GateControl[]) =>
    list.map(({ number, title, severity, status }) => `${number} ${title} (${severity}, ${status})`);
  const failing = `${counted(fails.length, 'control')} ${which} ${fails.length === 1 ? 'fails' : 'fail'}`;
  const unjudged = `${counted(errors.length, 'control')} ${which} could not be judged`;
  if (fails.length > 0) return [check('severity', 'missed', failing, shown(fails))];
  if (errors.length > 0) return [check('severity', allowPartial ? 'reached' : 'unjudged', unjudged, shown(errors))];
  return [check('severity', 'reached', `no control ${which} fails`)];
}

function regressCheck({ regress }: Judged, { allowPartial }: Marks): readonly Check[] {
  if (!regress) return [];
  const { since, worse, blind } = regress;
  if (worse.length > 0)
    return [check('regress', 'missed', `${counted(worse.length, 'finding')} worse than in ${since}`, worse)];
  const lost = `${counted(blind, 'finding')} of ${since} cannot be compared: one side could not look`;
  if (blind > 0) return [check('regress', allowPartial ? 'reached' : 'unjudged', lost)];
  return [check('regress', 'reached', `nothing is worse than in ${since}`)];
}

function check(name: Check['name'], outcome: Outcome, text: string, details: readonly string[] = []): Check {
  return { name, outcome, text, details };
}
