import type { Status } from '@plumbline/core';
import { byNumber, bySection } from '../audit/grouping.ts';
import type { AuditReport, ReportFinding } from '../audit/report.ts';
import { escapeText } from '../text/escape.ts';
import type { Paint, Style } from '../text/paint.ts';
import { length, wrap } from '../text/wrap.ts';
import { decidedText } from './decided.ts';
import type { Sheet } from './format.ts';
import { summaryLines } from './summary.ts';

const marks: Readonly<Record<Status, { readonly text: string; readonly style: Style }>> = {
  pass: { text: 'PASS ', style: 'green' },
  fail: { text: 'FAIL ', style: 'red' },
  warn: { text: 'WARN ', style: 'yellow' },
  error: { text: 'ERROR', style: 'magenta' },
  'not-applicable': { text: 'N/A  ', style: 'dim' },
};

const sourceTexts = {
  cluster: 'says the cluster',
  given: 'as given',
  recorded: 'as recorded',
  manifest: "by the manifests' image tag",
  kubelet: "the kubelet's",
} as const;

/** Columns before the title: two spaces, mark, number. */
const indent = 16;
/** Lines longer than this are hard to follow, however wide the terminal is. */
const maxWidth = 140;
/** Subjects end here, near enough to their titles for the eye. */
const subjectsEnd = 104;

/** The report for people: banner, a line a control, what is wrong and what to do, then the numbers. */
export function table(report: AuditReport, sheet: Sheet): string {
  const width = Math.max(72, Math.min(sheet.width, maxWidth));
  const { paint } = sheet;
  const lines = [...header(report, width, paint)];
  for (const { section, title, document, findings } of bySection(report)) {
    const source = report.documents.length > 1 && document ? ` · ${document.benchmark}` : '';
    lines.push('', paint('bold', `${section} ${title}${source}`));
    for (const group of byNumber(findings)) {
      lines.push(...(isManyFold(group) ? ofCluster(report, group, width, paint) : ofNode(group, width, paint)));
    }
  }
  lines.push('', ...summaryLines(report, paint), ...decisionLines(report, width, paint), '');
  return lines.join('\n');
}

/** Decisions that cover nothing are worth a look: what they were made for is gone, or they never meant it. */
function decisionLines({ decisions = [] }: AuditReport, width: number, paint: Paint): readonly string[] {
  return decisions
    .filter((one) => one.state !== 'active')
    .flatMap(({ type, id, control, state, stateReason }) =>
      wrap(escapeText(`! ${type} ${id} on ${control} is ${state}: ${stateReason}`), width),
    )
    .map((line) => paint('yellow', line));
}

function header(report: AuditReport, width: number, paint: Paint): readonly string[] {
  const version =
    report.kubernetesVersion === null
      ? 'version unknown'
      : `${report.kubernetesVersion} (${sourceTexts[report.kubernetesVersionFrom ?? 'given']})`;
  const facts = [subjectOf(report), report.roles.join(', '), report.platform, `Kubernetes ${version}`];
  const documents = [
    ...report.documents.map((one) => `${one.title} (${one.benchmark}${matchText(one.benchmarkMatch)})`),
    ...(report.reading === 'letter' ? ['read by the letter'] : []),
  ];
  const loud = report.documents.some(
    (one) => one.benchmarkMatch === 'nearest' || one.benchmarkMatch === 'version-unknown',
  );
  const [first, ...notes] = report.notes;
  return [
    ...wrap(escapeText(facts.filter((one) => one !== '').join(' · ')), width).map((line) => paint('bold', line)),
    ...wrap(escapeText(documents.join(' · ')), width),
    ...exclusionText(report).flatMap((text) => wrap(text, width).map((line) => paint('yellow', line))),
    ...(loud && first ? wrap(`! ${first}`, width).map((line) => paint(['yellow', 'bold'], line)) : []),
    ...(loud ? notes : report.notes).flatMap((note) => wrap(escapeText(note), width).map((line) => paint('dim', line))),
  ];
}

/** What was not looked at must be seen at once. */
function exclusionText({ exclusions }: AuditReport): readonly string[] {
  return exclusions.length === 0 ? [] : [escapeText(`Left out of everything: namespaces ${exclusions.join(', ')}.`)];
}

function subjectOf({ scope, node }: AuditReport): string {
  if (scope === 'manifests') return `Manifests ${node}`;
  return scope === 'cluster' ? `Cluster, asked from ${node}` : `Node ${node}`;
}

/** Many objects of the cluster under one control: a line for the control, then those that are worst. */
function isManyFold(group: readonly ReportFinding[]): boolean {
  return group.length > 1 && group.every((one) => one.system !== undefined);
}

function ofNode(group: readonly ReportFinding[], width: number, paint: Paint): readonly string[] {
  return group.flatMap((one) => control(one, group.length > 1, width, paint));
}

/** Subjects that the table lists of one control; the machine formats hold all. */
const mostSubjects = 10;

function ofCluster(
  report: AuditReport,
  group: readonly ReportFinding[],
  width: number,
  paint: Paint,
): readonly string[] {
  const [first] = group;
  const counted = report.controls.find((one) => one.number === first?.number);
  if (!first || !counted) return [];
  const { subjects, status } = counted;
  const lines = titled(
    { ...first, status, subject: `${subjects.passing} of ${subjects.judged} pass` },
    true,
    width,
    paint,
  );
  if (status === 'pass' || status === 'not-applicable') return lines;
  const worst = group.filter((one) => one.status === status);
  const more = worst.length - mostSubjects;
  const say = (text: string, style?: Style) =>
    wrap(escapeText(text), width - indent).map((line) => ' '.repeat(indent) + (style ? paint(style, line) : line));
  return [
    ...lines,
    ...worst
      .slice(0, mostSubjects)
      .flatMap((one) => say([`${one.subject}: ${one.message}`, decidedText(one)].filter(Boolean).join(' · '))),
    ...(more > 0 ? say(`and ${more} more; --format json lists all`, 'dim') : []),
    ...say(`→ ${first.remedy}`, 'cyan'),
  ];
}

function matchText(match: string): string {
  return match === 'exact' ? '' : `, ${match}`;
}

function control(one: ReportFinding, several: boolean, width: number, paint: Paint): readonly string[] {
  return [...titled(one, several, width, paint), ...detail(one, width, paint)];
}

function titled(one: ReportFinding, several: boolean, width: number, paint: Paint): readonly string[] {
  const mark = marks[one.status];
  const subject = escapeText(several ? one.subject : (one.subject.split('@')[0] ?? one.subject));
  const title = wrap(escapeText(one.title), width - indent);
  const last = title.at(-1) ?? '';
  const lines = [
    `  ${paint(mark.style, mark.text)}  ${one.number.padEnd(indent - 9)}${title[0] ?? ''}`,
    ...title.slice(1).map((line) => ' '.repeat(indent) + line),
  ];
  const right = Math.min(width, subjectsEnd);
  if (length(last) + 2 + length(subject) <= right - indent) {
    lines[lines.length - 1] += ' '.repeat(right - indent - length(last) - length(subject)) + paint('dim', subject);
  } else {
    lines.push(...wrap(subject, right - indent).map((line) => paint('dim', line.padStart(right))));
  }
  return lines;
}

/** What was found and what to do; a person who reads only the failures needs nothing else. */
function detail(one: ReportFinding, width: number, paint: Paint): readonly string[] {
  const block = (text: string, lead: string, style?: Style) =>
    wrap(escapeText(text), width - indent - lead.length).map((line, index) => {
      const shown = `${index === 0 ? lead : ' '.repeat(lead.length)}${line}`;
      return ' '.repeat(indent) + (style ? paint(style, shown) : shown);
    });
  const said = decidedText(one);
  const decided = said === undefined ? [] : block(said, '', 'bold');
  switch (one.status) {
    case 'pass':
      return one.evidence.some((line) => line.pending) ? block(one.message, '', 'yellow') : [];
    case 'not-applicable':
      return one.reason === 'role' ? [] : block(one.message, '', 'dim');
    case 'error':
      return [...block(`${one.reason}: ${one.message}`, ''), ...block(one.remedy, '→ ', 'cyan')];
    case 'warn':
    case 'fail':
      return [...block(one.message, ''), ...others(one, block), ...block(one.remedy, '→ ', 'cyan'), ...decided];
  }
}

/** Further places: a list of files is worth more than "and 3 more". */
function others(one: ReportFinding, block: (text: string, lead: string) => readonly string[]): readonly string[] {
  if (one.evidence.length < 2) return [];
  const subjects = [...new Set(one.evidence.slice(1).map((each) => each.subject))].filter(
    (subject) => subject.startsWith('/') && !one.message.includes(subject),
  );
  if (subjects.length === 0) return [];
  const shown = subjects.slice(0, 10);
  const more = subjects.length > shown.length ? [`${subjects.length - shown.length} more`] : [];
  return block([...shown, ...more].join(', '), 'also ');
}
