import {
  type BenchmarkMatch,
  type Counted,
  type Finding,
  type RolledUp,
  rollUpCounted,
  type SectionedSummary,
  type Summary,
  summaryOfCounted,
  type VersionSource,
} from '@plumbline/core';
import { isCurrent } from '../judging/presence.ts';
import type { Tally } from '../store/finding-query.ts';
import type { NodeRecord } from '../store/node-table.ts';
import type { Split } from '../waivers/coverage.ts';
import type { ApiParts } from './parts.ts';

/** Summary with its sections. */
export type Sectioned = SectionedSummary;

/** Counts over findings, without reading each: made of tallies. */
export interface Reports {
  about(at?: number): AboutReport;
  /** The whole, and each document by itself. */
  summary(at?: number): { readonly whole: Sectioned; readonly documents: readonly DocumentReport[] };
  /** Controls rolled up, in the order of documents and numbers. */
  controls(at?: number): readonly RolledUp[];
  node(node: NodeRecord, at?: number): Sectioned;
  nodes(at?: number): readonly NodeRecord[];
}

/** What every answer says about itself. */
export interface AboutReport {
  readonly cluster: string | null;
  readonly at: string;
  readonly benchmarkMatch: BenchmarkMatch;
  readonly benchmarks: readonly { readonly benchmark: string; readonly benchmarkMatch: BenchmarkMatch }[];
  readonly versions: {
    readonly controlPlane: string | null;
    readonly controlPlaneFrom: VersionSource | null;
    readonly kubelets: Readonly<Record<string, number>>;
  };
  readonly exclusions: readonly string[];
  /** The verdicts were not judged then, but just now by what was known then. */
  readonly rejudged: boolean;
  /** Version of the program that judged, where it is known. */
  readonly program: string | null;
}

/** One document in use. */
export interface DocumentReport extends Summary {
  readonly benchmark: string;
  readonly title: string;
  readonly benchmarkMatch: BenchmarkMatch;
  readonly sections: Readonly<Record<string, Summary>>;
}

/** From what one can rely on to what one cannot. */
const matches: readonly BenchmarkMatch[] = ['exact', 'requested', 'nearest', 'version-unknown'];

/** The reports on the ports of the API. What holds for one generation of the store is computed once. */
export function reports(parts: ApiParts): Reports {
  const tallies = remembered(parts.generation, () => parts.queries.tally());
  const tally = (at?: number) => (at === undefined ? tallies() : parts.queries.tally(at));
  const nodes = (at?: number) =>
    parts.nodes().filter((node) => (at === undefined ? isCurrent(node) : existed(node, at)));
  const versionsNow = (at?: number) => ({
    controlPlane: parts.controlPlaneVersion(),
    controlPlaneFrom: parts.controlPlaneFrom(),
    kubelets: kubelets(nodes(at), parts.fallbackVersion),
  });
  const versionsAt = (at: number) => {
    const then = parts.versionsAt(at);
    return (
      then && {
        controlPlane: then.cluster.controlPlane ?? null,
        controlPlaneFrom: then.cluster.source ?? null,
        kubelets: Object.fromEntries(
          Object.entries(then.kubelets).map(([version, count]) => [version || 'unknown', count]),
        ),
      }
    );
  };
  return {
    nodes,
    about(at) {
      const used = matchesOf(tally(at));
      return {
        cluster: parts.clusterName,
        at: new Date(at ?? parts.clock()).toISOString(),
        benchmarkMatch: worstMatch([...used.values()]),
        benchmarks: [...used].map(([benchmark, benchmarkMatch]) => ({ benchmark, benchmarkMatch })),
        versions: at === undefined ? versionsNow() : (versionsAt(at) ?? versionsNow(at)),
        exclusions: parts.exclusions,
        rejudged: parts.isRejudged ?? false,
        program: parts.isRejudged ? parts.version : (parts.queries.programAt(at ?? parts.clock()) ?? null),
      };
    },
    summary(at) {
      const all = tally(at);
      const split = parts.coverage.split(all, at);
      const documents = [...matchesOf(all)].map(([benchmark, benchmarkMatch]) => ({
        benchmark,
        title: parts.pack.benchmarks.find((one) => one.benchmark === benchmark)?.title ?? benchmark,
        benchmarkMatch,
        ...summaryOfCounted(countedOf(split.filter((one) => one.line.benchmark === benchmark))),
      }));
      return { whole: summaryOfCounted(countedOf(split)), documents };
    },
    controls: (at) => rollUpCounted(countedOf(parts.coverage.split(tally(at), at))),
    node: (node, at) =>
      summaryOfCounted(countedOf(parts.coverage.split(parts.queries.tally(at, node.id), at, node.name))),
  };
}

/** The worst of the matches; version-unknown when nothing was judged. */
export function worstMatch(used: readonly BenchmarkMatch[]): BenchmarkMatch {
  return matches.findLast((match) => used.includes(match)) ?? 'version-unknown';
}

function matchesOf(tallies: readonly Tally[]): ReadonlyMap<string, BenchmarkMatch> {
  const found = new Map<string, BenchmarkMatch>();
  for (const { line } of tallies) {
    const before = found.get(line.benchmark);
    found.set(line.benchmark, before ? worstMatch([before, line.match]) : line.match);
  }
  return found;
}

/** A finding for each line, status and what is decided, with how many there are. */
export function* countedOf(tallies: readonly Split[]): Generator<Counted> {
  for (const { line, status, count, overlay } of tallies) {
    const { benchmark, number, control, title, severity, level, by, remedy } = line;
    const place = { benchmark, number, control, title, severity, level, by, remedy, subject: '' };
    const finding: Finding = { ...place, status, reason: '', message: '', evidence: [] };
    yield { finding, count, ...(overlay === undefined ? {} : { overlay }) };
  }
}

function existed(node: NodeRecord, at: number): boolean {
  return node.firstSeen <= at && (node.deletedAt === null || node.deletedAt > at);
}

function kubelets(nodes: readonly NodeRecord[], fallback: string | null): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kubeletVersion } of nodes) {
    const version = kubeletVersion ?? fallback ?? 'unknown';
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

function remembered<T>(generation: () => number, compute: () => T): () => T {
  let known: { readonly generation: number; readonly value: T } | undefined;
  return () => {
    const now = generation();
    if (known?.generation !== now) known = { generation: now, value: compute() };
    return known.value;
  };
}
