import { plainVersion } from '@plumbline/core';
import type { Sheet } from '../formats/format.ts';
import { adjustedLines, countTable } from '../formats/summary.ts';
import { escapeText } from '../text/escape.ts';
import { wrap } from '../text/wrap.ts';
import type { Served, ServedNode } from './served.ts';

/** What `plumbline up` knows besides what is served. */
export interface Surroundings {
  /** Sentences on where the data come from, loudest first. */
  readonly notes: readonly string[];
  readonly complete: boolean;
}

const manyNodes = 30;

/** The summary as a table: nodes, sections, everything, with what the reader must know first. */
export function summaryText({ summary, nodes }: Served, around: Surroundings, { width, paint }: Sheet): string {
  const notes = [...around.notes, ...warnings({ summary, nodes }, around.complete)];
  const { sections, ...whole } = summary.summary;
  const shown = [...nodes].sort((a, b) => b.summary.fail + b.summary.error - (a.summary.fail + a.summary.error));
  const more = nodes.length > manyNodes ? [paint('dim', `${nodes.length - manyNodes} more nodes are not shown.`)] : [];
  const documents = summary.benchmarks.map(
    (one) => `${one.benchmark}${one.benchmarkMatch === 'exact' ? '' : ` (${one.benchmarkMatch})`}`,
  );
  return [
    ...notes.flatMap((note) => wrap(escapeText(note), width)).map((line) => paint('yellow', line)),
    ...(notes.length > 0 ? [''] : []),
    `${paint('bold', documents.join(', ') || 'no document')} · Kubernetes ${escapeText(versionText(summary.versions))}`,
    '',
    ...countTable(
      shown.slice(0, manyNodes).map((one) => ({ name: nodeName(one), summary: one.summary })),
      paint,
      'node',
    ),
    ...more,
    '',
    ...countTable(
      [
        ...Object.entries(sections).map(([section, counts]) => ({ name: `Section ${section}`, summary: counts })),
        { name: `All ${whole.total} controls`, summary: whole },
      ],
      paint,
      'section',
    ),
    paint('dim', 'score = pass / (pass + fail + error)   coverage = (pass + fail) / (all but n/a)'),
    ...adjustedLines(whole),
    '',
  ].join('\n');
}

function versionText({ controlPlane, controlPlaneFrom }: Served['summary']['versions']): string {
  if (controlPlane === null) return 'version unknown';
  const version = plainVersion(controlPlane);
  return controlPlaneFrom === 'manifest' ? `${version} (by the manifests' image tag)` : version;
}

function nodeName(node: ServedNode): string {
  const silent = node.presence === 'reporting' ? '' : ` (${node.presence})`;
  return escapeText(`${node.name}${silent}`);
}

function warnings({ summary, nodes }: Served, complete: boolean): readonly string[] {
  const notes: string[] = [];
  if (!complete) notes.push('Not everything is judged yet; what follows is what there is so far.');
  if (summary.nodeList.error !== null)
    notes.push(`The cluster's list of nodes could not be read: ${summary.nodeList.error}`);
  if (summary.benchmarkMatch === 'nearest')
    notes.push('No document covers this version of Kubernetes; the nearest was used.');
  if (summary.benchmarkMatch === 'version-unknown') {
    notes.push(
      'The version of Kubernetes is not known: controls that depend on a default are errors. Give --kubernetes-version.',
    );
  }
  const silent = nodes.filter((one) => one.presence !== 'reporting').length;
  if (silent > 0)
    notes.push(`${silent} of ${nodes.length} nodes have no agent that reports; their controls are errors.`);
  return notes;
}
