import {
  type Change,
  type Compared,
  changesOf,
  compareCounted,
  overlayOf,
  type PlacedFinding,
  type Sides,
} from '@plumbline/core';
import type { StoredFinding, Tally } from '../../store/finding-query.ts';
import { invalid } from '../filters.ts';
import { findingId } from '../finding-id.ts';
import type { ApiParts } from '../parts.ts';
import { countedOf } from '../reports.ts';
import type { CompareQuery, SideQuery } from './query.ts';

/** Findings of one side that are read for one answer; more keep the server from everything else for too long. */
const most = 20_000;

/** Two sides beside each other, with every change. */
export type ComparedSides = Compared & { readonly changes: readonly Change<Overlaid>[] };

/** A finding with what was decided about it then. */
export type Overlaid = StoredFinding & PlacedFinding;

/** Reads and compares. Throws PLB_REQUEST_INVALID where more differs than one answer can hold. */
export function compareSides(query: CompareQuery): ComparedSides {
  const countsOf = ({ at, node, lines, parts: { queries } }: SideQuery) => {
    const ids = new Set(lines.map((line) => line.id));
    return queries.tally(at, node).filter((one) => ids.has(one.line.id));
  };
  const split = ({ at, name, parts }: SideQuery, counts: readonly Tally[]) =>
    countedOf(parts.coverage.split(counts, at, name === null ? undefined : name === 'cluster' ? null : name));
  const [before, after] = [countsOf(query.before), countsOf(query.after)];
  const { left, right } = isStored(query)
    ? withDecided(differing(query, query.before.parts.queries), query, query.before.parts)
    : whole(query, before, after);
  const changes = changesOf(overlaid(left, query.before), overlaid(right, query.after), sidesOf(query));
  return { ...compareCounted([...split(query.before, before)], [...split(query.after, after)], changes), changes };
}

function overlaid(findings: readonly StoredFinding[], { at, parts: { coverage } }: SideQuery): readonly Overlaid[] {
  return findings.map((one) => {
    const overlay = overlayOf(coverage.of(one, at));
    return overlay === undefined ? one : { ...one, overlay };
  });
}

/** What stands at both instants alike, and was waived at one of them alone. */
function withDecided(
  { left, right }: Both,
  { before, after }: CompareQuery,
  { queries, coverage }: Pick<ApiParts, 'queries' | 'coverage'>,
): Both {
  const controls = coverage.decidedOtherwise(before.at, after.at);
  const lines = before.lines.filter((line) => controls.has(line.control));
  if (lines.length === 0) return { left, right };
  const known = new Set(left.map(findingId));
  const page = (at: number) =>
    queries.page({
      ...{ lines, statuses: ['fail', 'warn'], at, limit: most },
      ...(before.node === undefined ? {} : { node: before.node }),
      keep: (one) => (coverage.of(one, before.at).waiver === null) !== (coverage.of(one, after.at).waiver === null),
    });
  const [then, now] = [page(before.at), page(after.at)];
  if (then.next || now.next) throw tooMany();
  const both = new Map(now.findings.map((one) => [findingId(one), one]));
  const stayed = then.findings.filter((one) => both.has(findingId(one)) && !known.has(findingId(one)));
  return { left: [...left, ...stayed], right: [...right, ...stayed.flatMap((one) => both.get(findingId(one)) ?? [])] };
}

interface Both {
  readonly left: readonly StoredFinding[];
  readonly right: readonly StoredFinding[];
}

/** Only what stands at one of the instants and not at the other. */
function differing({ before, after }: CompareQuery, queries: ApiParts['queries']): Both {
  const turned = before.at > after.at;
  const found = queries.differing({
    from: Math.min(before.at, after.at),
    to: Math.max(before.at, after.at),
    lines: before.lines,
    most,
    ...(before.node === undefined ? {} : { node: before.node }),
  });
  if (!found) throw tooMany();
  return turned ? { left: found.after, right: found.before } : { left: found.before, right: found.after };
}

/** Two instants of one history: what stands at both need not be read. */
function isStored({ kind, before, after }: CompareQuery): boolean {
  return kind === 'instants' && [before, after].every(({ parts }) => parts.isRejudged !== true);
}

function whole(query: CompareQuery, before: readonly Tally[], after: readonly Tally[]): Both {
  const read = ({ lines, node, at, benchmark, parts: { queries } }: SideQuery, counts: readonly Tally[]) => {
    const used = new Set(counts.map((one) => one.line.id));
    if (counts.reduce((sum, one) => sum + one.count, 0) > most) throw tooMany();
    if (query.kind === 'documents' && used.size === 0)
      throw invalid(`Nothing was judged by ${benchmark} at ${new Date(at).toISOString()}.`);
    return queries.withEvidence(
      lines.filter((line) => used.has(line.id)),
      node,
      at,
    );
  };
  return { left: read(query.before, before), right: read(query.after, after) };
}

function sidesOf({ kind, before, after }: CompareQuery): Sides {
  const [left, right] = [programOf(before), programOf(after)];
  return {
    ...(left !== undefined && right !== undefined ? { programs: { before: left, after: right } } : {}),
    ...(kind === 'nodes' ? { nodes: { before: before.name ?? '', after: after.name ?? '' } } : {}),
  };
}

/** Version of the program that judged a side; undefined where nobody recorded it. */
export function programOf({ at, parts }: SideQuery): string | undefined {
  return parts.isRejudged ? parts.version : parts.queries.programAt(at);
}

function tooMany() {
  return invalid(`More than ${most} findings differ; ask for one node, section or control.`);
}
