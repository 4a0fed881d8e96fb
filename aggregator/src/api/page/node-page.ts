import { plainVersion, type SectionedSummary } from '@plumbline/core';
import { frame } from './frame.ts';
import { html } from './html.ts';
import { moment } from './start-page.ts';
import {
  controlLink,
  decisionNote,
  figures,
  leftOut,
  note,
  openStatuses,
  type PageFinding,
  sectionTable,
  table,
} from './tables.ts';

/** What the page of a node shows. */
export interface NodeData {
  readonly at: string;
  readonly name: string;
  readonly exclusions: readonly string[];
  readonly presence: string;
  readonly roles: readonly string[];
  readonly version: string | null;
  readonly lastReceived: string | null;
  readonly summary: SectionedSummary;
  readonly sectionTitle: (section: string) => string;
  /** The first findings that are open. */
  readonly findings: readonly PageFinding[];
  /** There are more of them. */
  readonly cut: boolean;
}

/** How a node stands, and what of it is open. */
export function nodePage(data: NodeData): string {
  const heard = data.lastReceived === null ? 'never heard' : html`heard at ${moment(data.lastReceived)}`;
  const version = data.version === null ? 'unknown' : plainVersion(data.version);
  const all = `/api/v1/findings?node=${encodeURIComponent(data.name)}`;
  return frame({
    title: data.name,
    lead: html`Agent ${data.presence}, ${heard}. Roles ${data.roles.join(', ') || 'unknown'}. Kubelet ${version}.`,
    main: [
      note(leftOut(data.exclusions)),
      html`<section aria-labelledby="overall"><h2 id="overall">Overall</h2>${figures(data.summary)}
${sectionTable(data.summary.sections, data.sectionTitle)}</section>`,
      ...openStatuses.map(({ status, title }) => list(title, status, data.findings)),
      data.cut ? html`<p>More are in <a href="${all}">the API</a>.</p>` : '',
    ],
    json: `/api/v1/nodes/${encodeURIComponent(data.name)}`,
    back: true,
  });
}

function list(title: string, status: string, findings: readonly PageFinding[]) {
  const rows = findings
    .filter((one) => one.status === status)
    .map(
      (one) =>
        html`<tr><td class="nowrap">${one.number}</td><th scope="row">${controlLink(one.control, one.title)}</th><td>${one.severity}</td><td>${one.message}${decisionNote(one.covered)}</td></tr>`,
    );
  if (rows.length === 0) return '';
  return html`<section><h2 class="${status}">${title} (${rows.length})</h2>
${table(title, ['Number', 'Control', 'Severity', 'What was found'], rows)}</section>`;
}
