import type { Entry } from './benchmark.ts';
import type { CheckContext, Versions } from './check/context.ts';
import { evaluate } from './check/evaluate.ts';
import { type Decided, type Evidence, negate, type Undecided } from './check/truth.ts';
import { type Choice, type Documents, entriesOf } from './choose.ts';
import type { Check, Clause, Control, Status } from './control.ts';
import type { NodeView } from './node-view.ts';
import { originText } from './observation.ts';
import type { Pack } from './pack/pack.ts';
import { type RanWith, type Worlds, withPending, worldsOf } from './pending.ts';
import { placeOf } from './roles.ts';
import { rulesetBy, rulesetOf } from './ruleset.ts';

/** Two ways to read a document: what really holds, or what its text asks for. */
export type Reading = 'effective' | 'letter';

/** Status of one control on one subject, with what it rests on. `reason` is for machines, `message` for people. */
export interface Verdict {
  readonly status: Status;
  readonly reason: string;
  readonly message: string;
  readonly evidence: readonly Evidence[];
  /** ISO time at which the verdict changes by itself. */
  readonly validUntil?: string;
}

/** A verdict in its place: document, number, control, subject. */
export interface Finding extends Verdict {
  readonly benchmark: string;
  readonly number: string;
  readonly control: string;
  readonly title: string;
  readonly severity: Control['severity'];
  readonly level: Entry['level'];
  readonly by: Entry['by'];
  readonly subject: string;
  readonly remedy: string;
  readonly note?: string;
  /** What tells the way it was judged from another (`rulesetOf`); absent where nobody recorded it. */
  readonly ruleset?: string;
}

/** One node to judge. `labels`: keys of the Node object, where there is one; `now`: ISO time. */
export interface JudgeInput {
  readonly pack: Pack;
  readonly view: NodeView;
  readonly versions: Versions;
  readonly documents: Documents;
  readonly labels?: readonly string[];
  readonly reading?: Reading;
  /** What processes read when they started, where somebody remembers. */
  readonly ran?: RanWith;
  readonly now: string;
}

/**
 * Judges every control of sections that live on nodes; cluster controls are judged once a cluster, not here. Pure: the same input
 * gives the same findings in the same order.
 */
export function judgeNode(input: JudgeInput): readonly Finding[] {
  const worlds = worldsOf(input.pack, input.view, input.versions, input.ran);
  return entriesOf(input.documents).flatMap(({ choice, entry }) => {
    const control = input.pack.controls.get(entry.control);
    if (!control || control.subject === 'cluster') return [];
    return judgeEntry(input, worlds, choice, entry, control);
  });
}

function judgeEntry(
  input: JudgeInput,
  worlds: Worlds,
  choice: Choice,
  entry: Entry,
  control: Control,
): readonly Finding[] {
  const place = placeOf(input.pack, input.view, entry.role, control, input.labels ?? []);
  const check = input.reading === 'letter' ? (control.letter ?? control.check) : control.check;
  const byLetter = check === control.check ? {} : { ruleset: rulesetBy(control, entry, check) };
  const make = (subject: string, verdict: Verdict) => ({
    ...findingOf(input.pack, choice, entry, control, subject, verdict, place.platform),
    ...byLetter,
  });
  if (!check)
    return [
      make(control.subject, {
        status: 'error',
        reason: 'no-check',
        message: 'Nobody has written a check for this control yet.',
        evidence: [],
      }),
    ];
  if (place.kind === 'verdict') return [make(control.subject, place.verdict)];
  const params = { ...defaultsOf(control), ...entry.params };
  const subjects = place.instances.length > 0 ? place.instances : [undefined];
  return subjects.map((instance) => {
    const context: CheckContext = { node: worlds.runs, control, instance, params, now: input.now };
    return make(
      instance ?? control.subject,
      withPending(worlds, context, (one) => decide(one, check)),
    );
  });
}

function defaultsOf(control: Control): Record<string, string | readonly string[]> {
  return Object.fromEntries(Object.entries(control.params).map(([name, param]) => [name, param.default]));
}

/** The verdict of one check on one subject. */
export function decide(context: CheckContext, check: Check): Verdict {
  if (check.pass) {
    const truth = evaluate(context, check.pass);
    if (truth.holds === null) return unknown(truth);
    return truth.holds ? settled('pass', truth) : settled('fail', truth);
  }
  const tried: Tried[] = [];
  for (const clause of check.decide ?? []) {
    const truth = clause.when ? evaluate(context, clause.when) : { holds: true, evidence: [] };
    if (truth.holds === null) return unknown(truth);
    if (!truth.holds) {
      tried.push({ clause, truth });
      continue;
    }
    return byClause(clause, clause.when ? told(clause, truth) : lastResort(tried));
  }
  return { status: 'error', reason: 'no-check', message: 'No clause of the check applies.', evidence: [] };
}

/** What makes a control fail is not what is expected: its evidence says the opposite of the condition. */
function told(clause: Clause, truth: Decided): Decided {
  return clause.status === 'fail' ? negate(truth) : truth;
}

interface Tried {
  readonly clause: Clause;
  readonly truth: Decided;
}

/**
 * The last clause rests on everything that did not hold before it. Only a passing clause says what is expected, so its evidence comes
 * first; what would have failed and did not is as expected; the rest counts only where there is nothing else.
 */
function lastResort(tried: readonly Tried[]): Decided {
  const of = (status: Clause['status']) =>
    tried.filter((one) => one.clause.status === status).flatMap(({ clause, truth }) => told(clause, truth).evidence);
  const expected = [...of('pass'), ...of('fail')];
  const evidence = expected.length > 0 ? expected : [...of('warn'), ...of('not-applicable')];
  const seen = new Set<string>();
  const distinct = evidence.filter((one) => {
    const key = `${one.fact}|${one.subject}|${one.expected}`;
    return seen.has(key) ? false : seen.add(key);
  });
  return { holds: true, evidence: distinct };
}

const reasons: Readonly<Record<Exclude<Status, 'error'>, string>> = {
  pass: 'as-expected',
  fail: 'not-as-expected',
  warn: 'needs-a-person',
  'not-applicable': 'not-applicable',
};

function byClause(clause: Clause, truth: Decided): Verdict {
  if (truth.vacuous && clause.status === 'pass') return settled('pass', truth);
  const shown = shownOf(clause.status, truth.evidence);
  const say = clause.status === 'warn' || clause.status === 'not-applicable' ? plainly : sentence;
  return {
    status: clause.status,
    reason: clause.reason ?? reasons[clause.status],
    message: shown.length > 0 ? `${clause.because} (${shown.map(say).join('; ')})` : clause.because,
    evidence: truth.evidence,
    ...validity(truth),
  };
}

/** The lines that the message names: of a fail what is not as expected, at most three; else the first. */
function shownOf(status: Clause['status'], evidence: readonly Evidence[]): readonly Evidence[] {
  const wrong = status === 'fail' ? evidence.filter((one) => one.holds === false) : [];
  return wrong.length > 0 ? wrong.slice(0, 3) : evidence.slice(0, 1);
}

function settled(status: 'pass' | 'fail', truth: Decided): Verdict {
  if (truth.vacuous) {
    const [message] = truth.evidence.map(
      ({ actual, origin }) => `${actual}${origin.path ? `; looked for ${origin.path}` : ''}`,
    );
    return { status: 'not-applicable', reason: 'no-such-file', message: String(message), evidence: truth.evidence };
  }
  const evidence = truth.evidence.filter((one) => one.holds === (status === 'pass') || one.holds === null);
  const [first] = evidence;
  const more = evidence.length > 1 ? ` and ${evidence.length - 1} more` : '';
  return {
    status,
    reason: reasons[status],
    message: first ? `${sentence(first)}${more}` : reasons[status],
    evidence,
    ...validity(truth),
  };
}

function unknown({ why, evidence }: Undecided): Verdict {
  return { status: 'error', reason: why.reason, message: why.detail, evidence };
}

function validity(truth: Decided): { readonly validUntil?: string } {
  return truth.validUntil === undefined ? {} : { validUntil: truth.validUntil };
}

/** `profiling is true (default of Kubernetes 1.34), expected false`. */
function sentence(one: Evidence): string {
  return `${plainly(one)}, expected ${one.expected}`;
}

/** The same without what is expected: what calls for a person, or excludes a node, is no expectation. */
function plainly(one: Evidence): string {
  const what = one.fact.startsWith('setting ') ? one.fact.slice('setting '.length) : one.subject;
  const actual =
    one.actual === null || (Array.isArray(one.actual) && one.actual.length === 0) ? 'not set' : textOf(one.actual);
  return `${what} is ${actual} (${originText(one.origin)})`;
}

function textOf(actual: Evidence['actual']): string {
  if (Array.isArray(actual)) return actual.map(String).join(', ');
  return typeof actual === 'string' ? actual : JSON.stringify(actual);
}

/** A verdict put in its place. Remedies follow the platform, where one is known. */
export function findingOf(
  pack: Pack,
  choice: Choice,
  entry: Entry,
  control: Control,
  subject: string,
  verdict: Verdict,
  platform = 'kubeadm',
): Finding {
  const own = pack.platforms.find((one) => one.platform === platform)?.remedies?.[control.slug];
  const note = entry.note ?? control.note;
  return {
    benchmark: choice.document.benchmark,
    number: entry.number,
    control: control.slug,
    title: control.title,
    severity: control.severity,
    level: entry.level,
    by: entry.by,
    subject,
    ...verdict,
    remedy: own ?? control.remedy,
    ...(note === undefined ? {} : { note }),
    ruleset: rulesetOf(control, entry),
  };
}
