import { adjustedRatiosOf, type Covered, isAdjusted, ratiosOf, type Status, type Summary } from '@plumbline/core';
import type { StoredFinding } from '../../store/finding-query.ts';
import { type Html, html } from './html.ts';

/** The statuses that somebody has to do something about, worst first, and what each is called above a list. */
export const openStatuses = [
  { status: 'fail', title: 'Failed' },
  { status: 'error', title: 'Could not be judged' },
  { status: 'warn', title: 'Warned: a person must confirm' },
] as const satisfies readonly { readonly status: Status; readonly title: string }[];

/** Something a reader must know before the numbers; nothing where there is nothing to say. */
export function note(text: string | undefined): Html | '' {
  return text === undefined ? '' : html`<p class="note">${text}</p>`;
}

/** Says which namespaces are in no number and no list. */
export function leftOut(exclusions: readonly string[]): string | undefined {
  return exclusions.length === 0
    ? undefined
    : `Left out of everything by configuration: namespaces ${exclusions.join(', ')}.`;
}

/** A table that scrolls by itself where it is too wide. Without rows nothing. */
export function table(caption: string, head: readonly string[], rows: readonly Html[]): Html | '' {
  if (rows.length === 0) return '';
  const cells = head.map((one) => {
    const [, name = one, number] = /^(.*)#$/.exec(one) ? ['', one.slice(0, -1), '#'] : [];
    return number === undefined
      ? html`<th scope="col">${name}</th>`
      : html`<th scope="col" class="number">${name}</th>`;
  });
  return html`<div class="table" tabindex="0" role="region" aria-label="${caption}"><table><thead><tr>${cells}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** Heads of `countCells`. */
export const countHeads: readonly string[] = [
  'Pass#',
  'Fail#',
  'Error#',
  'Warn#',
  'N/A#',
  'Score#',
  'Waived#',
  'Adjusted score#',
];

/** Counts of a summary in the order of `countHeads`. */
export function countCells(summary: Summary): Html {
  const { pass, fail, warn, error, notApplicable } = summary;
  const { score } = ratiosOf(summary);
  const { waived } = summary;
  const counts = [pass, fail, error, warn, notApplicable, score.text, waived, adjustedRatiosOf(summary).score.text];
  return html`${counts.map((one) => html`<td class="number">${one}</td>`)}`;
}

/** Counts by section; titles of sections come from the document. */
export function sectionTable(
  sections: Readonly<Record<string, Summary>>,
  titleOf: (section: string) => string,
): Html | '' {
  const rows = Object.entries(sections).map(
    ([section, summary]) => html`<tr><th scope="row">${section} ${titleOf(section)}</th>${countCells(summary)}</tr>`,
  );
  return table('Sections', ['Section', ...countHeads], rows);
}

/** Score, coverage and counts as large figures, with what they are made of. */
export function figures(summary: Summary): Html {
  const { score, coverage } = ratiosOf(summary);
  const of = ({ part, whole }: typeof score) => (whole === 0 ? 'nothing judged' : `${part} of ${whole}`);
  return html`<dl class="figures">
<div><dt>Score</dt><dd>${score.text}</dd><dd class="of">${of(score)}</dd></div>
<div><dt>Coverage</dt><dd>${coverage.text}</dd><dd class="of">${of(coverage)}</dd></div>
<div class="fail"><dt>Fail</dt><dd>${summary.fail}</dd></div>
<div class="error"><dt>Error</dt><dd>${summary.error}</dd></div>
<div class="warn"><dt>Warn</dt><dd>${summary.warn}</dd></div>
<div class="pass"><dt>Pass</dt><dd>${summary.pass}</dd></div>
<div><dt>Not applicable</dt><dd>${summary.notApplicable}</dd></div>
</dl>
<p>Score is pass of pass, fail and error. Coverage is pass and fail of all that applies. Both count ${summary.total} controls, each by its worst subject.</p>${decided(summary)}`;
}

/** What waivers and attestations make of it, beside the raw figures; nothing where nobody decided anything. */
function decided(summary: Summary): Html | '' {
  if (!isAdjusted(summary)) return '';
  const { score, coverage } = adjustedRatiosOf(summary);
  const { waived, attested, adjusted } = summary;
  return html`
<p>With <a href="/api/v1/waivers">waivers</a> and <a href="/api/v1/attestations">attestations</a>: score ${score.text} (${score.part} of ${score.whole}), coverage ${coverage.text} (${coverage.part} of ${coverage.whole}); ${waived} waived, ${attested} attested, ${adjusted.fail} fail, ${adjusted.error} error, ${adjusted.warn} warn, ${adjusted.pass} pass.</p>`;
}

/** A finding with what is decided about it. */
export interface PageFinding extends StoredFinding {
  readonly covered: Covered;
}

/** What is decided about a finding, beside what was found; nothing where nothing is. */
export function decisionNote({ waiver, attestation }: Covered): Html | '' {
  const until = (expires: string) => expires.slice(0, 10);
  if (waiver)
    return html`<p class="decided">Waived (${waiver.kind}) until ${until(waiver.expires)} by ${waiver.owner}: ${waiver.reason}</p>`;
  if (attestation)
    return html`<p class="decided">Attested until ${until(attestation.expires)} by ${attestation.owner}: ${attestation.reason}</p>`;
  return '';
}

/** A link to the page of a control. */
export function controlLink(slug: string, title: string): Html {
  return html`<a href="/controls/${encodeURIComponent(slug)}">${title}</a>`;
}

/** A link to the page of a node; the cluster has none. */
export function nodeLink(name: string | null): Html | string {
  return name === null ? 'cluster' : html`<a href="/nodes/${encodeURIComponent(name)}">${name}</a>`;
}
