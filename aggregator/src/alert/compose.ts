import type { Content } from '../store/alert-content.ts';
import type { AlertRecord } from '../store/alert-row.ts';
import { digest, labelsOf } from './labels.ts';
import { type AlertControl, type AlertMessage, type AlertValue, mostValues } from './message.ts';
import { severities } from './on/watcher.ts';
import type { Detail } from './problem.ts';
import type { Rule } from './rules.ts';

/** What messages say besides what changed. */
export interface Surroundings {
  readonly cluster: string | null;
  /** Under which address users reach this server, without a slash at its end; null when nobody said. */
  readonly url: string | null;
  readonly remedyOf: (control: string) => string | null;
}

/** The message of an alert as it stands, with the next revision. */
export function compose(
  alert: AlertRecord,
  rule: Pick<Rule, 'on'>,
  content: Content,
  status: AlertMessage['status'],
  at: number,
  around: Surroundings,
): AlertMessage {
  const { details, ...names } = content;
  const [main] = sorted(details);
  const controls = controlsOf(details);
  const control = main?.control ?? null;
  const onlyCluster = names.nodesTotal === 0 && names.subjectsTotal > 0;
  const subject = onlyCluster && rule.on !== 'certificate' ? (names.subjects[0] ?? null) : null;
  const values = valuesOfAll(details);
  return {
    alert: alert.key,
    revision: alert.revision + 1,
    status,
    rule: alert.rule,
    severity: alert.severity,
    title: titleOf(rule, main, controls, names),
    summary: summaryOf(status, main, controls, values),
    cluster: around.cluster,
    startsAt: alert.started,
    changedAt: at,
    endsAt: status === 'resolved' ? (alert.ended ?? at) : null,
    control,
    ...names,
    values,
    statusBefore: main?.before ?? null,
    statusAfter: main?.after ?? null,
    remedy: control ? around.remedyOf(control.control) : null,
    url: around.url === null ? null : `${around.url}/api/v1/alerts/${alert.key}`,
    labels: alert.labels ?? labelsOf(alert, rule.on, around.cluster, control, subject),
  };
}

/** What tells whether a message says something that the one before did not. */
export function sayingOf({ status, title, nodes, nodesTotal, subjects, subjectsTotal, values }: AlertMessage): string {
  return digest(JSON.stringify([status, title, nodes, nodesTotal, subjects, subjectsTotal, values]));
}

/** The worst severity of these. */
export function worstOf(details: readonly Detail[]): Detail['severity'] {
  return sorted(details)[0]?.severity ?? 'medium';
}

function sorted(details: readonly Detail[]): readonly Detail[] {
  const rank = ({ severity }: Detail) => severities.indexOf(severity);
  return [...details].sort((a, b) => rank(a) - rank(b) || byNumber(a.control, b.control));
}

function byNumber(a: AlertControl | null, b: AlertControl | null): number {
  return (a?.number ?? '').localeCompare(b?.number ?? '', 'en', { numeric: true });
}

function controlsOf(details: readonly Detail[]): readonly AlertControl[] {
  const found = new Map(details.flatMap(({ control }) => (control ? [[control.control, control] as const] : [])));
  return [...found.values()].sort(byNumber);
}

function valuesOfAll(details: readonly Detail[]): readonly AlertValue[] {
  const found = new Map<string, AlertValue>();
  for (const value of details.flatMap((one) => one.values)) {
    const { fact, subject, key, from, to } = value;
    found.set(JSON.stringify([fact, subject.replace(/@.*$/, ''), key, from, to]), value);
  }
  return [...found.values()].slice(0, mostValues);
}

type Names = Omit<Content, 'details'>;

function titleOf({ on }: Pick<Rule, 'on'>, main: Detail | undefined, controls: readonly AlertControl[], names: Names) {
  const where = whereOf(names);
  const what =
    controls.length > 3
      ? `${controls.length} controls (${numbersOf(controls)})`
      : controls.map((one) => `${one.number} ${one.title}`).join(', ');
  switch (on) {
    case 'regress':
      return `${what}: ${main?.after === 'fail' ? 'fails' : `is ${main?.after ?? 'worse'}`} now on ${where}`;
    case 'error':
      return `${what}: cannot be judged on ${where}`;
    case 'silent':
      return `${main?.says.startsWith('No agent') ? 'No agent reports' : 'No report any more'} from ${where}`;
    case 'drift':
      return `${main?.says.replace(/\.$/, '') ?? 'A fact changed'} on ${where}`;
    case 'certificate':
      return `${main?.says.replace(/\.$/, '') ?? 'A certificate ends'} on ${where}`;
    default:
      return main?.says.replace(/\.$/, '') ?? on;
  }
}

function numbersOf(controls: readonly AlertControl[]): string {
  const shown = controls.slice(0, 10).map((one) => one.number);
  return controls.length > shown.length ? `${shown.join(', ')} …` : shown.join(', ');
}

function whereOf({ nodes, nodesTotal, subjects, subjectsTotal }: Names): string {
  if (nodesTotal === 1) return nodes[0] ?? 'a node';
  if (nodesTotal > 1) return `${nodesTotal} nodes`;
  if (subjectsTotal === 1) return subjects[0] ?? 'the cluster';
  return subjectsTotal > 1 ? `${subjectsTotal} subjects` : 'the cluster';
}

function summaryOf(
  status: AlertMessage['status'],
  main: Detail | undefined,
  controls: readonly AlertControl[],
  values: readonly AlertValue[],
): string {
  if (status === 'resolved') return 'It is not so any more.';
  const [first] = values;
  const moved = first
    ? ` ${[first.fact, first.key].filter(Boolean).join(' ')} of ${first.subject}: ${text(first.from)} → ${text(first.to)}.`
    : '';
  const more = values.length > 1 ? ` ${values.length - 1} more values changed.` : '';
  const others = controls.length > 1 ? ` Controls: ${controls.map((one) => one.number).join(', ')}.` : '';
  return `${main?.says ?? ''}${moved}${more}${others}`.trim();
}

function text(value: AlertValue['from']): string {
  if (value === null) return 'nothing';
  const words = typeof value === 'string' ? value : JSON.stringify(value);
  return words.length > 120 ? `${words.slice(0, 119)}…` : words;
}
