import { type Benchmark, type Entry, sectionOf } from './benchmark.ts';
import type { Versions } from './check/context.ts';
import { PlumblineError } from './errors.ts';
import type { Pack } from './pack/pack.ts';
import { compareMinor, type Minor, parseMinor } from './version.ts';

/** How well a document fits: `exact` its range holds the minor, `nearest` none does, `requested` named by the user. */
export type BenchmarkMatch = 'exact' | 'nearest' | 'requested' | 'version-unknown';

export interface Choice {
  readonly document: Benchmark;
  readonly match: BenchmarkMatch;
}

/** The documents of one node: section 4 follows its kubelet, everything else the API server. */
export interface Documents {
  readonly controlPlane: Choice;
  readonly node: Choice;
}

/** The newest document whose range holds the minor; where none fits the nearest. Throws PLB_BENCHMARK_UNKNOWN for an unknown id. */
export function chooseDocument(pack: Pack, minor: Minor | undefined, requested?: string): Choice {
  if (requested !== undefined) return { document: findDocument(pack, requested), match: 'requested' };
  const newest = pack.benchmarks.at(-1);
  const oldest = pack.benchmarks[0];
  if (!newest || !oldest) throw new PlumblineError('PLB_BENCHMARK_UNKNOWN', 'The pack holds no benchmark document.');
  if (!minor) return { document: newest, match: 'version-unknown' };
  const holds = pack.benchmarks.findLast(
    (one) => compare(one.kubernetes.from, minor) <= 0 && compare(one.kubernetes.to, minor) >= 0,
  );
  if (holds) return { document: holds, match: 'exact' };
  return {
    document: pack.benchmarks.findLast((one) => compare(one.kubernetes.from, minor) <= 0) ?? oldest,
    match: 'nearest',
  };
}

function compare(text: string, minor: Minor): number {
  const bound = parseMinor(text);
  return bound ? compareMinor(bound, minor) : 0;
}

/** Accepts `cis/kubernetes-1.8`, `kubernetes-1.8`, `cis-1.8` and `1.8`. */
export function findDocument(pack: Pack, id: string): Benchmark {
  const found = pack.benchmarks.find(
    (one) => one.benchmark === id || one.benchmark.endsWith(`/${id}`) || one.version === id.replace(/^cis-/, ''),
  );
  if (found) return found;
  const known = pack.benchmarks.map((one) => one.benchmark).join(', ');
  throw new PlumblineError('PLB_BENCHMARK_UNKNOWN', `There is no benchmark ${id}; known are ${known}.`);
}

/** Documents for a node's versions; one unknown version borrows the other's. */
export function chooseDocuments(pack: Pack, versions: Versions, requested?: string): Documents {
  const kubelet = parseMinor(versions.kubelet);
  const controlPlane = parseMinor(versions.controlPlane);
  return {
    controlPlane: chooseDocument(pack, controlPlane ?? kubelet, requested),
    node: chooseDocument(pack, kubelet ?? controlPlane, requested),
  };
}

/** The entries that hold on a node, in the order of the numbers, each with its document. */
export function entriesOf(documents: Documents): readonly { readonly choice: Choice; readonly entry: Entry }[] {
  const other = documents.controlPlane.document.controls
    .filter((entry) => sectionOf(entry.number) !== '4')
    .map((entry) => ({ choice: documents.controlPlane, entry }));
  const node = documents.node.document.controls
    .filter((entry) => sectionOf(entry.number) === '4')
    .map((entry) => ({ choice: documents.node, entry }));
  const cut = other.findIndex(({ entry }) => Number(sectionOf(entry.number)) > 4);
  return cut < 0 ? [...other, ...node] : [...other.slice(0, cut), ...node, ...other.slice(cut)];
}
