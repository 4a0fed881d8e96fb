import { type Evidence, originText, type Status } from '@plumbline/core';
import type { Line } from '../../store/finding-query.ts';
import { frame } from './frame.ts';
import { type Html, html } from './html.ts';
import { moment } from './start-page.ts';
import { decisionNote, leftOut, nodeLink, note, openStatuses, type PageFinding, table } from './tables.ts';

/** What the page of a control shows. */
export interface ControlData {
  readonly at: string;
  readonly slug: string;
  readonly exclusions: readonly string[];
  readonly title: string;
  readonly severity: string;
  readonly why: string;
  readonly remedy: string;
  /** One line a document that judged it. */
  readonly lines: readonly Line[];
  readonly counts: Readonly<Record<Status, number>>;
  /** The first findings of each status that is open, with their evidence. */
  readonly findings: Readonly<Record<'fail' | 'error' | 'warn', readonly PageFinding[]>>;
}

/** Why a control matters, what to do, and who does not comply, with the evidence. */
export function controlPage(data: ControlData): string {
  const numbers = data.lines.map((one) => `${one.number} of ${one.benchmark} (level ${one.level}, ${one.by})`);
  const { pass, 'not-applicable': spared } = data.counts;
  return frame({
    title: data.title,
    lead: html`${numbers.join(', ') || 'In no document that is used here'}. Severity ${data.severity}. As of ${moment(data.at)}.`,
    main: [
      note(leftOut(data.exclusions)),
      html`<section><h2>Why</h2><p class="text">${data.why}</p><h2>What to do</h2><p class="text">${data.remedy}</p></section>`,
      ...openStatuses.map(({ status, title }) => findingList(title, status, data)),
      html`<section><h2>The rest</h2><p class="text">${pass} pass, ${spared} not applicable.</p></section>`,
    ],
    json: `/api/v1/controls/${encodeURIComponent(data.slug)}`,
    back: true,
  });
}

function findingList(title: string, status: 'fail' | 'error' | 'warn', { slug, counts, findings }: ControlData) {
  const total = counts[status];
  if (total === 0) return '';
  const rows = findings[status].map(
    (one) =>
      html`<tr><td>${nodeLink(one.node)}</td><th scope="row">${one.subject}</th><td>${one.message}${decisionNote(one.covered)}${evidenceList(one.evidence)}</td></tr>`,
  );
  const all = `/api/v1/findings?control=${encodeURIComponent(slug)}&status=${status}`;
  const more = total - rows.length;
  return html`<section><h2 class="${status}">${title} (${total})</h2>
${table(title, ['Where', 'Subject', 'What was found'], rows)}${more > 0 ? html`<p>${more} more are in <a href="${all}">the API</a>.</p>` : ''}</section>`;
}

/** Longest value that is shown. */
const longestValue = 300;

function evidenceList(evidence: readonly Evidence[]): Html | '' {
  if (evidence.length === 0) return '';
  const items = evidence.map(
    (one) =>
      html`<li><code>${one.fact}</code> of ${one.subject} is <code>${valueText(one.actual)}</code> (${originText(one.origin)})${one.expected === '' ? '' : `, expected ${one.expected}`}</li>`,
  );
  return html`<details><summary>Evidence</summary><ul>${items}</ul></details>`;
}

function valueText(actual: Evidence['actual']): string {
  if (actual === null) return 'not set';
  const text = typeof actual === 'string' ? actual : JSON.stringify(actual);
  return text.length > longestValue ? `${text.slice(0, longestValue)} …` : text;
}
