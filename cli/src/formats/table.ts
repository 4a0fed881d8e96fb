import type { Status } from '@plumbline/core';
import { byNumber, bySection } from '../audit/grouping.ts';
import type { AuditReport, ReportFinding } from '../audit/report.ts';
import { escapeText } from '../text/escape.ts';
import type { Paint, Style } from '../text/paint.ts';
import { length, wrap } from '../text/wrap.ts';
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
      for (const one of group) lines.push(...control(one, group.length > 1, width, paint));
    }
  }
  lines.push('', ...summaryLines(report, paint), '');
  return lines.join('\n');
}

function header(report: AuditReport, width: number, paint: Paint): readonly string[] {
  const version =
    report.kubernetesVersion === null
      ? 'version unknown'
      : `${report.kubernetesVersion} (${sourceTexts[report.kubernetesVersionFrom ?? 'given']})`;
  const facts = [`Node ${report.node}`, report.roles.join(', '), report.platform, `Kubernetes ${version}`];
  const documents = [
    ...report.documents.map((one) => `${one.title} (${one.benchmark}${matchText(one.benchmarkMatch)})`),
    ...(report.reading === 'letter' ? ['read by the letter'] : []),
  ];
  const loud = report.documents.some(
    (one) => one.benchmarkMatch === 'nearest' || one.benchmarkMatch === 'version-unknown',
  );
  const [first, ...notes] = report.notes;
  return [
    ...wrap(escapeText(facts.join(' · ')), width).map((line) => paint('bold', line)),
    ...wrap(escapeText(documents.join(' · ')), width),
    ...(loud && first ? wrap(`! ${first}`, width).map((line) => paint(['yellow', 'bold'], line)) : []),
    ...(loud ? notes : report.notes).flatMap((note) => wrap(escapeText(note), width).map((line) => paint('dim', line))),
  ];
}

function matchText(match: string): string {
  return match === 'exact' ? '' : `, ${match}`;
}

function control(one: ReportFinding, several: boolean, width: number, paint: Paint): readonly string[] {
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
  return [...lines, ...detail(one, width, paint)];
}

/** What was found and what to do; a person who reads only the failures needs nothing else. */
function detail(one: ReportFinding, width: number, paint: Paint): readonly string[] {
  const block = (text: string, lead: string, style?: Style) =>
    wrap(escapeText(text), width - indent - lead.length).map((line, index) => {
      const shown = `${index === 0 ? lead : ' '.repeat(lead.length)}${line}`;
      return ' '.repeat(indent) + (style ? paint(style, shown) : shown);
    });
  switch (one.status) {
    case 'pass':
      return [];
    case 'not-applicable':
      return one.reason === 'role' ? [] : block(one.message, '', 'dim');
    case 'error':
      return [...block(`${one.reason}: ${one.message}`, ''), ...block(one.remedy, '→ ', 'cyan')];
    case 'warn':
    case 'fail':
      return [...block(one.message, ''), ...others(one, block), ...block(one.remedy, '→ ', 'cyan')];
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
