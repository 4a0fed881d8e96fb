import { plainVersion, type RolledUp, type Summary } from '@plumbline/core';
import { frame } from './frame.ts';
import { type Html, html } from './html.ts';
import {
  controlLink,
  countCells,
  countHeads,
  figures,
  leftOut,
  nodeLink,
  note,
  openStatuses,
  sectionTable,
  table,
} from './tables.ts';

/** What the start page shows. */
export interface PageData {
  readonly cluster: string | null;
  readonly at: string;
  readonly benchmarkMatch: string;
  readonly controlPlane: string | null;
  /** The version is only what manifests say. */
  readonly byManifests: boolean;
  readonly summary: Summary;
  readonly documents: readonly (Summary & {
    readonly benchmark: string;
    readonly title: string;
    readonly benchmarkMatch: string;
    readonly sections: Readonly<Record<string, Summary>>;
  })[];
  readonly sectionTitle: (benchmark: string, section: string) => string;
  readonly nodes: readonly PageNode[];
  readonly nodesTotal: number;
  readonly nodeListError: string | null;
  /** Globs of the namespaces that are left out of everything. */
  readonly exclusions: readonly string[];
  /** Resources that are not known as they should be, with a sentence why. */
  readonly troubles: readonly { readonly name: string; readonly state: string; readonly detail: string }[];
  /** Controls that fail, could not be judged or need a person. */
  readonly controls: readonly RolledUp[];
}

/** One row of the list of nodes. */
export interface PageNode {
  readonly name: string;
  readonly presence: string;
  readonly roles: readonly string[];
  readonly version: string | null;
  readonly summary: Summary;
}

const notes: Readonly<Record<string, string>> = {
  nearest: 'No known document covers this Kubernetes version; the nearest one was taken.',
  'version-unknown': 'The Kubernetes version is not known; the newest document was taken.',
  requested: 'The document was chosen by hand.',
};

/** The start page. */
export function startPage(data: PageData): string {
  const version = data.controlPlane === null ? 'version unknown' : plainVersion(data.controlPlane);
  const from = data.byManifests ? " (by the image tag in the control plane's manifests)" : '';
  return frame({
    title: data.cluster === null ? 'Plumbline' : `Plumbline: ${data.cluster}`,
    lead: html`As of ${moment(data.at)}. Kubernetes ${version}${from}.`,
    main: [
      note(notes[data.benchmarkMatch]),
      note(data.nodeListError === null ? undefined : `The list of nodes is not current: ${data.nodeListError}`),
      troubles(data.troubles),
      note(leftOut(data.exclusions)),
      html`<section aria-labelledby="overall"><h2 id="overall">Overall</h2>${figures(data.summary)}</section>`,
      ...data.documents.map((one) => documentTable(one, data.sectionTitle)),
      nodeTable(data),
      ...openStatuses.map(({ status, title }) => controlList(title, status, data)),
    ],
    json: '/api/v1/summary',
    back: false,
  });
}

/** A moment for people. */
export function moment(at: string): Html {
  return html`<time datetime="${at}">${at.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

function troubles(list: PageData['troubles']): Html | '' {
  if (list.length === 0) return '';
  const items = list.map(({ name, state, detail }) => html`<li><code>${name}</code> ${state}: ${detail}</li>`);
  return html`<section class="note" aria-label="Resources that are not known"><p>Controls that read these resources are errors:</p><ul>${items}</ul></section>`;
}

/** Controls of one status in the order of the document. */
function controlList(title: string, status: 'fail' | 'error' | 'warn', data: PageData): Html | '' {
  const many = data.documents.length > 1;
  const controls = data.controls.filter((one) => one.status === status);
  if (controls.length === 0) return '';
  const rows = controls.map(
    (one) =>
      html`<tr><td class="nowrap">${one.number}${many ? html`<br><small>${one.benchmark}</small>` : ''}</td><th scope="row">${controlLink(one.control, one.title)}</th><td>${one.severity}</td><td class="number">${one.counts[status]}</td><td class="number">${waivedOf(one, status)}</td></tr>`,
  );
  return html`<section><h2 class="${status}">${title} (${controls.length})</h2>
${table(title, ['Number', 'Control', 'Severity', 'Subjects#', 'Waived#'], rows)}</section>`;
}

function waivedOf({ covered }: RolledUp, status: 'fail' | 'error' | 'warn'): number {
  const { waivedFail: fail, waivedWarn: warn } = covered;
  return { fail, warn, error: 0 }[status];
}

function documentTable(one: PageData['documents'][number], titleOf: PageData['sectionTitle']): Html {
  const match = one.benchmarkMatch === 'exact' ? '' : `, match: ${one.benchmarkMatch}`;
  return html`<section><h2>${one.title}</h2><p>${one.benchmark}${match}</p>
${sectionTable(one.sections, (section) => titleOf(one.benchmark, section))}</section>`;
}

function nodeTable({ nodes, nodesTotal }: PageData): Html {
  const rows = nodes.map(
    (node) =>
      html`<tr><th scope="row">${nodeLink(node.name)}</th><td>${node.presence}</td><td>${node.roles.join(', ')}</td><td>${node.version === null ? 'unknown' : plainVersion(node.version)}</td>${countCells(node.summary)}</tr>`,
  );
  const more = nodesTotal > nodes.length ? html`<p>${nodesTotal - nodes.length} more nodes are in the API.</p>` : '';
  return html`<section><h2>Nodes (${nodesTotal})</h2>
${table('Nodes', ['Node', 'Agent', 'Roles', 'Kubelet', ...countHeads], rows)}${more}</section>`;
}
