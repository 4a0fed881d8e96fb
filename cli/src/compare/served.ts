import type { SectionedSummary } from '@plumbline/core';
import { asked, noAggregator, type Place } from '../server/place.ts';
import { scanName } from '../server/scan.ts';
import type { Shown, ShownChange } from './shown.ts';

/** Where to ask, and what: parameters of `GET /api/v1/compare`. */
export interface Question extends Place {
  readonly parameters: Readonly<Record<string, string | undefined>>;
}

interface Side {
  readonly at: string;
  readonly scan: { readonly id: string; readonly name: string | null } | null;
  readonly node: string | null;
  readonly benchmark: string | null;
  readonly summary: SectionedSummary;
}

interface Answer extends Pick<Shown, 'unchanged' | 'deltas' | 'sections'> {
  readonly cluster: string | null;
  readonly before: Side;
  readonly after: Side;
  readonly changes: readonly ShownChange[];
  readonly nextCursor: string | null;
}

/** Asks an aggregator, page after page. Throws its own codes, and PLB_CONFIG_INVALID where none answers. */
export async function compareServed(question: Question): Promise<Shown> {
  const changes: ShownChange[] = [];
  const first = await page(question, undefined);
  let answer = first;
  changes.push(...answer.changes);
  while (answer.nextCursor !== null) {
    answer = await page(question, answer.nextCursor);
    changes.push(...answer.changes);
  }
  const { before, after, cluster, unchanged, deltas, sections } = first;
  const name = ({ at, scan, node, benchmark }: Side) =>
    [cluster, node, benchmark, scan && `scan ${scanName(scan)}`, at].filter(Boolean).join(' · ');
  return {
    ...{ unchanged, deltas, sections, changes },
    names: { before: name(before), after: name(after) },
    notes: [],
    totals: { before: before.summary, after: after.summary },
    json: { ...first, changes, nextCursor: null },
  };
}

async function page({ parameters, ...place }: Question, cursor: string | undefined): Promise<Answer> {
  const body = await asked(place, { path: 'compare', parameters: { ...parameters, limit: '500', cursor } });
  if (isAnswer(body)) return body;
  throw noAggregator(place.url, 200);
}

function isAnswer(body: unknown): body is Answer {
  return typeof body === 'object' && body !== null && 'changes' in body && 'nextCursor' in body && 'sections' in body;
}
