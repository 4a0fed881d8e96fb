import { type Delta, deltas, type Pack } from '@plumbline/core';
import Type, { type Static } from 'typebox';
import type { Line } from '../../store/finding-query.ts';
import type { NodeRecord } from '../../store/node-table.ts';
import type { ScanRecord } from '../../store/scans.ts';
import { askedMoment } from '../as-of.ts';
import { instant, invalid, listOf, narrowed, nodeIdOf, Paging, Rejudge, text } from '../filters.ts';
import { decoded } from '../finding-id.ts';
import type { ApiParts } from '../parts.ts';
import type { Reports } from '../reports.ts';
import { momentOfScan, scanGiven } from '../scan-moment.ts';

/** What is compared, and which of it is listed. */
export const CompareFilters = Type.Object(
  {
    from: text(
      'The side before: a time in ISO 8601, a scan (scan:12, scan:NAME or its name), or now (default with otherNode and otherBenchmark)',
    ),
    to: text('The side after: a time in ISO 8601, a scan, or now (default)'),
    node: text('One node alone, cluster for findings of no node; with otherNode the side before'),
    otherNode: text('Another node, the side after'),
    benchmark: text('One document alone; with otherBenchmark the side before'),
    otherBenchmark: text('Another document, the side after'),
    section: text('Controls of a section: 1 or 1.2'),
    control: text('Slug or number of a control'),
    delta: text(`Changes that are listed, separated by commas: ${deltas.join(', ')}; counts are of all`),
    rejudge: Rejudge,
    ...Paging,
  },
  { additionalProperties: false },
);
export type CompareFilters = Static<typeof CompareFilters>;

/** One side: an instant in milliseconds, a node by id (0 the cluster) or all, and lines. */
export interface SideQuery {
  readonly at: number;
  /** The scan that it is the instant of. */
  readonly scan: ScanRecord | null;
  readonly node: number | undefined;
  readonly name: string | null;
  readonly benchmark: string | null;
  readonly lines: readonly Line[];
  /** What answers for this side. */
  readonly parts: ApiParts;
  readonly reports: Reports;
}

type Moment = Pick<SideQuery, 'at' | 'scan'>;

/** A comparison that can be meant. `kind`: what the sides differ in first. */
export interface CompareQuery {
  readonly kind: 'instants' | 'nodes' | 'documents';
  readonly before: SideQuery;
  readonly after: SideQuery;
  readonly listed: ReadonlySet<string> | undefined;
  readonly offset: number;
  readonly limit: number;
}

/**
 * Throws PLB_REQUEST_INVALID with a sentence for what cannot be meant, and for a time of which nothing is known; PLB_REJUDGE_BUSY as
 * {@link askedMoment} does.
 */
export async function compareQuery(filters: CompareFilters, parts: ApiParts, counting: Reports): Promise<CompareQuery> {
  const kind = kindOf(filters);
  const cursor = cursorOf(filters.cursor);
  const now = parts.clock();
  const from = momentOf('from', filters.from, cursor?.from ?? now, parts);
  const to = momentOf('to', filters.to, cursor?.to ?? now, parts);
  if (cursor && (cursor.from !== from.at || cursor.to !== to.at))
    throw invalid('The parameter cursor is of other times.');
  const side = async (moment: Moment, node: string | undefined, benchmark: string | undefined): Promise<SideQuery> => {
    const by = { at: iso(moment.at), ...(benchmark === undefined ? {} : { benchmark }) };
    const asked = await askedMoment(parts, counting, { ...by, rejudge: filters.rejudge ?? false });
    const wanted = linesOf(filters, parts.pack, asked.parts.queries.lines());
    return {
      ...moment,
      node: nodeIdOf(node, asked.parts.nodes()),
      name: node ?? null,
      benchmark: benchmark ?? null,
      lines: narrowed(benchmark === undefined ? {} : { benchmark }, parts.pack, wanted),
      parts: asked.parts,
      reports: asked.reports,
    };
  };
  const others = [filters.otherNode ?? filters.node, filters.otherBenchmark ?? filters.benchmark] as const;
  if (kind === 'nodes') {
    mustExist(filters.node, from.at, parts.nodes());
    mustExist(others[0], to.at, parts.nodes());
  }
  const before = await side(from, filters.node, filters.benchmark);
  const after = await side(to, ...others);
  const wantedDeltas = listOf('delta', filters.delta, deltas) as readonly Delta[] | undefined;
  const listed = wantedDeltas && new Set<string>(wantedDeltas);
  return { kind, before, after, listed, offset: cursor?.offset ?? 0, limit: filters.limit };
}

function kindOf({ from, node, otherNode, benchmark, otherBenchmark }: CompareFilters): CompareQuery['kind'] {
  if (otherNode !== undefined) {
    if (node === undefined || node === 'cluster' || otherNode === 'cluster')
      throw invalid('To compare two nodes name both, as node and otherNode.');
    return 'nodes';
  }
  if (otherBenchmark !== undefined) {
    if (benchmark === undefined) throw invalid('To compare two documents name both, as benchmark and otherBenchmark.');
    return 'documents';
  }
  if (from === undefined) throw invalid('Say what to compare: from a time, or a node with otherNode.');
  return 'instants';
}

/** Silence is no answer: of a time before the first verdict, or that is still to come, nothing can be said. */
function momentOf(name: string, given: string | undefined, now: number, parts: ApiParts): Moment {
  const { clock, queries } = parts;
  const scan = given === undefined ? undefined : scanGiven(name, given, parts);
  if (scan) return { at: momentOfScan(scan, parts), scan };
  const at = given === undefined || given === 'now' ? now : (instant(given, name) ?? now);
  const first = queries.firstMoment();
  if (first === undefined) throw invalid('Nothing was judged yet, so nothing can be compared.');
  if (at < first) throw invalid(`Nothing is known before ${iso(first)}; give a later ${name}.`);
  if (at > Math.max(clock(), first)) throw invalid(`The parameter ${name} lies in the future.`);
  return { at, scan: null };
}

function mustExist(name: string | undefined, at: number, nodes: readonly NodeRecord[]): void {
  const node = nodes.find((one) => one.name === name);
  if (!node) return;
  if (at < node.firstSeen) throw invalid(`The node ${name} was first seen at ${iso(node.firstSeen)}.`);
  if (node.deletedAt !== null && at >= node.deletedAt)
    throw invalid(`The node ${name} was deleted at ${iso(node.deletedAt)}; give a time before.`);
}

/** Whole controls, whatever their numbers are in other documents. */
function linesOf(filters: CompareFilters, pack: Pack, lines: readonly Line[]): readonly Line[] {
  const { control, section, benchmark } = filters;
  if (control === undefined && section === undefined) return lines;
  const named = narrowed(
    {
      ...(control === undefined ? {} : { control }),
      ...(section === undefined ? {} : { section }),
      // Numbers mean other controls in other documents.
      ...(benchmark === undefined ? {} : { benchmark }),
    },
    pack,
    lines,
  );
  const slugs = new Set(named.map((line) => line.control));
  return lines.filter((line) => slugs.has(line.control));
}

/** Where the next page begins: the same times, so many changes further. */
export function cursorText({ before, after }: CompareQuery, offset: number): string {
  return Buffer.from(JSON.stringify([before.at, after.at, offset])).toString('base64url');
}

function cursorOf(cursor: string | undefined) {
  if (cursor === undefined) return undefined;
  const parts = decoded(cursor);
  if (Array.isArray(parts) && parts.length === 3 && parts.every((part) => Number.isSafeInteger(part) && part >= 0)) {
    const [from, to, offset] = parts as [number, number, number];
    return { from, to, offset };
  }
  throw invalid('The parameter cursor is none that an answer gave.');
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
