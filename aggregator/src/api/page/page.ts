import type { RolledUp, Summary } from '@plumbline/core';
import { type Html, html } from './html.ts';

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
  /** Controls that fail or could not be judged. */
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

/** The start page, without script or style of its own. */
export function page(data: PageData): string {
  const title = data.cluster === null ? 'Plumbline' : `Plumbline: ${data.cluster}`;
  const note = notes[data.benchmarkMatch];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/page.css">
</head>
<body>
<header><h1>${title}</h1><p>As of <time datetime="${data.at}">${data.at.slice(0, 19).replace('T', ' ')} UTC</time>. Kubernetes ${data.controlPlane ?? 'version unknown'}${data.byManifests ? " (by the image tag in the control plane's manifests)" : ''}.</p></header>
<main>
${note === undefined ? '' : html`<p class="note">${note}</p>`}
${data.nodeListError === null ? '' : html`<p class="note">The list of nodes is not current: ${data.nodeListError}</p>`}
${troubles(data.troubles)}
${data.exclusions.length === 0 ? '' : html`<p class="note">Left out of everything by configuration: namespaces ${data.exclusions.join(', ')}.</p>`}
${overall(data.summary)}
${data.documents.map((one) => documentTable(one, data.sectionTitle))}
${nodeTable(data)}
${controlTable(data.controls)}
</main>
<footer><p><a href="/docs">API</a> · <a href="/api/v1/summary">summary as JSON</a> · <a href="/api/v1/findings?status=fail,error">open findings as JSON</a></p></footer>
</body>
</html>
`.text;
}

function troubles(list: PageData['troubles']): Html | string {
  if (list.length === 0) return '';
  const items = list.map(({ name, state, detail }) => html`<li><code>${name}</code> ${state}: ${detail}</li>`);
  return html`<section class="note" aria-label="Resources that are not known"><p>Controls that read these resources are errors:</p><ul>${items}</ul></section>`;
}

function overall(summary: Summary): Html {
  return html`<section aria-labelledby="overall"><h2 id="overall">Overall</h2>
<dl class="figures">
<div><dt>Score</dt><dd>${percent(summary.score)}</dd></div>
<div><dt>Coverage</dt><dd>${percent(summary.coverage)}</dd></div>
<div class="fail"><dt>Fail</dt><dd>${summary.fail}</dd></div>
<div class="error"><dt>Error</dt><dd>${summary.error}</dd></div>
<div class="warn"><dt>Warn</dt><dd>${summary.warn}</dd></div>
<div class="pass"><dt>Pass</dt><dd>${summary.pass}</dd></div>
<div><dt>Not applicable</dt><dd>${summary.notApplicable}</dd></div>
</dl>
<p>Score is pass of pass, fail and error. Coverage is pass and fail of all that applies. Both count ${summary.total} controls, each by its worst node or object.</p></section>`;
}

const head = html`<th scope="col" class="number">Pass</th><th scope="col" class="number">Fail</th><th scope="col" class="number">Warn</th><th scope="col" class="number">Error</th><th scope="col" class="number">N/A</th><th scope="col" class="number">Score</th>`;

function cells(summary: Summary): Html {
  const { pass, fail, warn, error, notApplicable, score } = summary;
  return html`<td class="number">${pass}</td><td class="number">${fail}</td><td class="number">${warn}</td><td class="number">${error}</td><td class="number">${notApplicable}</td><td class="number">${percent(score)}</td>`;
}

function documentTable(one: PageData['documents'][number], titleOf: PageData['sectionTitle']): Html {
  const rows = Object.entries(one.sections).map(
    ([section, summary]) =>
      html`<tr><th scope="row">${section} ${titleOf(one.benchmark, section)}</th>${cells(summary)}</tr>`,
  );
  return html`<section><h2>${one.title}</h2><p>${one.benchmark}, match: ${one.benchmarkMatch}</p>
<div class="table" tabindex="0"><table><thead><tr><th scope="col">Section</th>${head}</tr></thead>
<tbody>${rows}</tbody></table></div></section>`;
}

function nodeTable({ nodes, nodesTotal }: PageData): Html {
  const rows = nodes.map(
    (node) =>
      html`<tr><th scope="row"><a href="/api/v1/nodes/${encodeURIComponent(node.name)}">${node.name}</a></th><td>${node.presence}</td><td>${node.roles.join(', ')}</td><td>${node.version ?? 'unknown'}</td>${cells(node.summary)}</tr>`,
  );
  const more = nodesTotal > nodes.length ? html`<p>${nodesTotal - nodes.length} more nodes are in the API.</p>` : '';
  return html`<section><h2>Nodes (${nodesTotal})</h2>
<div class="table" tabindex="0"><table><thead><tr><th scope="col">Node</th><th scope="col">Agent</th><th scope="col">Roles</th><th scope="col">Kubelet</th>${head}</tr></thead>
<tbody>${rows}</tbody></table></div>${more}</section>`;
}

function controlTable(controls: readonly RolledUp[]): Html {
  const rows = controls.map(
    (one) =>
      html`<tr><td class="status ${one.status}">${one.status}</td><td>${one.number}</td><th scope="row"><a href="/api/v1/controls/${encodeURIComponent(one.control)}">${one.title}</a></th><td>${one.severity}</td><td class="number">${one.counts.fail}</td><td class="number">${one.counts.error}</td></tr>`,
  );
  return html`<section><h2>Failed and not judged (${controls.length})</h2>
<div class="table" tabindex="0"><table><thead><tr><th scope="col">Status</th><th scope="col">Number</th><th scope="col">Control</th><th scope="col">Severity</th><th scope="col" class="number">Failing</th><th scope="col" class="number">Not judged</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`;
}

function percent(ratio: number | null): string {
  // Rounded down: 99.96 % must not read as all.
  return ratio === null ? 'none' : `${(Math.floor(ratio * 1000) / 10).toFixed(1)} %`;
}
