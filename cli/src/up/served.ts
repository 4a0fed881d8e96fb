import type { BenchmarkMatch, Summary, VersionSource } from '@plumbline/core';
import { PlumblineError } from '@plumbline/core';

/** Of `GET /api/v1/summary`, what the command shows. */
export interface ServedSummary {
  readonly benchmarkMatch: BenchmarkMatch;
  readonly benchmarks: readonly { readonly benchmark: string; readonly benchmarkMatch: BenchmarkMatch }[];
  readonly versions: { readonly controlPlane: string | null; readonly controlPlaneFrom: VersionSource | null };
  readonly summary: Summary & { readonly sections: Readonly<Record<string, Summary>> };
  readonly nodeList: { readonly source: 'cluster' | 'agents'; readonly synced: boolean; readonly error: string | null };
}

/** Of `GET /api/v1/nodes`, what the command shows. */
export interface ServedNode {
  readonly name: string;
  readonly presence: 'reporting' | 'stale' | 'no-agent';
  readonly roles: readonly string[];
  readonly platform: string | null;
  readonly kubeletVersion: string | null;
  readonly benchmark: string | null;
  /** Null until observations of an agent are stored. */
  readonly agentVersion: string | null;
  readonly lastReceived: string | null;
  readonly summary: Summary;
}

/** What an aggregator serves at one moment. */
export interface Served {
  readonly summary: ServedSummary;
  readonly nodes: readonly ServedNode[];
}

/** Asks the aggregator at `http://127.0.0.1:8080` once. */
export async function served(restAddress: string): Promise<Served> {
  const nodes: ServedNode[] = [];
  let cursor: string | null = null;
  do {
    const page: { nodes: readonly ServedNode[]; nextCursor: string | null } = await get(
      restAddress,
      `nodes${cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`}`,
    );
    nodes.push(...page.nodes);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return { summary: await get(restAddress, 'summary'), nodes };
}

async function get<T>(restAddress: string, path: string): Promise<T> {
  const answer = await fetch(`${restAddress}/api/v1/${path}`, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new PlumblineError('PLB_INTERNAL', `The aggregator answered ${answer.status} to ${path}.`);
  return (await answer.json()) as T;
}
