import { isDeepStrictEqual } from 'node:util';
import { type Counted, type Covered, coveredBy, type Decidable, type FindingPlace, isAbout } from '@plumbline/core';
import type { DecisionRecord, DecisionTable } from '../store/decision-table.ts';
import type { FindingQueries, StoredFinding, Tally } from '../store/finding-query.ts';
import type { NodeRecord } from '../store/node-table.ts';
import type { VerdictChange } from '../store/verdict-table.ts';
import { type ControlCover, type CoverCounts, controlCover, keyOf, type Meeting, nameOf } from './control-cover.ts';
import { type Held, heldDecisions, knownLabels } from './held.ts';

/** What coverage rests on. Times are milliseconds. */
export interface CoverageParts {
  readonly decisions: Pick<DecisionTable, 'all' | 'heldAt' | 'version'>;
  readonly queries: Pick<FindingQueries, 'lines' | 'openSpots' | 'anySpot'>;
  readonly nodes: () => readonly NodeRecord[];
  readonly clusterName: string | null;
  readonly clock: () => number;
  readonly generation: () => number;
}

/**
 * Which findings waivers and attestations cover. Of the current ones each control is read once, one range of an index a line, and then
 * kept in step with every verdict that changes: counting reads nothing. Past instants are read when somebody asks and remembered.
 */
export interface Coverage {
  /** What is decided about a finding, now or at an instant. */
  of(finding: Decidable & Pick<StoredFinding, 'node'>, at?: number): Covered;
  /** Counts with what is decided about them: each tally becomes up to three. `node` by name, null the cluster. */
  split(tallies: readonly Tally[], at?: number, node?: string | null): readonly Split[];
  /** Slugs of the controls about which other decisions held at one instant than at the other. */
  decidedOtherwise(one: number, other: number): ReadonlySet<string>;
  /** Slugs of the controls that some decision is about. */
  controls(at?: number): ReadonlySet<string>;
  meets(record: DecisionRecord): Meeting;
  /** Is there any current finding, whatever its status, that it is about? */
  isAboutAny(record: DecisionRecord): boolean;
  /** The same decisions about other findings: verdicts that were made for one answer. */
  over(queries: CoverageParts['queries']): Coverage;
  /** Statuses changed; null: all of them. */
  judged(changes: readonly VerdictChange[] | null): void;
}

/** A tally of which the same is decided about everything. */
export interface Split extends Tally {
  readonly overlay?: NonNullable<Counted['overlay']>;
}

/** Past instants whose cover is remembered. */
const mostPast = 8;

/** The coverage of one store. */
export function coverage(parts: CoverageParts): Coverage {
  const { queries, clock } = parts;
  const covers = new Map<string, ControlCover>();
  const past = new Map<number, ReadonlyMap<string, ControlCover>>();
  /** Of this moment and later ones all is as it is now. */
  let changedAt = clock();
  const held = heldDecisions(parts, (control) => {
    covers.delete(control);
    changedAt = clock();
  });

  return {
    of: (finding, at) => coveredBy(held.of(finding.control, at), finding, placeOf(finding.node), at ?? clock()),
    decidedOtherwise(one, other) {
      const [left, right] = [held.at(one), held.at(other)];
      const all = new Set([...left.controls, ...right.controls]);
      return new Set([...all].filter((control) => !isDeepStrictEqual(left.of(control), right.of(control))));
    },
    split(tallies, at, node) {
      const counts = coversAt(at).map((one) => one.counts(node));
      return counts.length === 0 ? tallies : tallies.flatMap(splitter(counts));
    },
    controls: (at) => held.at(at).controls,
    meets: ({ kind, decision }) =>
      held.at().controls.has(decision.control)
        ? { ...coverOf(decision.control).meets(nameOf(kind, decision.id)) }
        : { open: 0, covers: 0 },
    isAboutAny({ decision }) {
      const placed = places();
      return linesOf(decision.control).some(({ id, benchmark, control }) =>
        queries.anySpot(id, ({ node, subject }) => {
          const place = placed(node);
          return place !== undefined && isAbout(decision, { benchmark, control, subject }, place);
        }),
      );
    },
    over: (others) => coverage({ ...parts, queries: others }),
    judged(changes) {
      changedAt = clock();
      if (changes === null) {
        covers.clear();
        past.clear();
      }
      for (const { node, benchmark, number, control, subject, after } of changes ?? []) {
        const status = after ?? 'not-applicable';
        covers.get(control)?.set(`${benchmark} ${number}`, { benchmark, control, subject, status }, placeOf(node));
      }
    },
  };

  function coversAt(at: number | undefined): readonly ControlCover[] {
    const { controls } = held.at();
    if (at === undefined || at >= changedAt) return [...controls].map(coverOf);
    const known = past.get(at);
    if (known) return [...known.values()];
    const group = held.at(at);
    const made = new Map([...group.controls].map((control) => [control, read(control, group, at)] as const));
    rememberPast(at, made);
    return [...made.values()];
  }

  function rememberPast(at: number, made: ReadonlyMap<string, ControlCover>): void {
    const [oldest] = past.keys();
    if (past.size >= mostPast && oldest !== undefined) past.delete(oldest);
    past.set(at, made);
  }

  function coverOf(control: string): ControlCover {
    const known = covers.get(control);
    if (known) return known;
    const made = read(control, held.at(), undefined);
    covers.set(control, made);
    return made;
  }

  function read(control: string, group: Held, at: number | undefined): ControlCover {
    const cover = controlCover(group.of(control), () => at ?? clock());
    const placed = places();
    for (const { id, benchmark, number } of linesOf(control)) {
      for (const { node, subject, status } of queries.openSpots(id, at)) {
        const place = placed(node);
        if (place) cover.set(`${benchmark} ${number}`, { benchmark, control, subject, status }, place);
      }
    }
    return cover;
  }

  function linesOf(control: string) {
    return queries.lines().filter((line) => line.control === control);
  }

  /** Places by the id of the node; undefined for one that nobody knows. */
  function places(): (node: number) => FindingPlace | undefined {
    const byId = new Map(parts.nodes().map((one) => [one.id, one]));
    return (id) => {
      const node = byId.get(id);
      if (id === 0) return { cluster: parts.clusterName, node: null, labels: null };
      return node && { cluster: parts.clusterName, node: node.name, labels: knownLabels(node) };
    };
  }

  function placeOf(node: string | null): FindingPlace {
    return { cluster: parts.clusterName, node, labels: node === null ? null : held.labelsOf(node) };
  }
}

/** Takes what is covered out of a tally. Lines that share document and number share what is covered of it. */
function splitter(all: readonly CoverCounts[]): (tally: Tally) => readonly Split[] {
  const left = new Map<string, { waived: number; attested: number }>();
  for (const counts of all) for (const [key, one] of counts) left.set(key, { ...one });
  return (tally) => {
    const rest = left.get(keyOf(`${tally.line.benchmark} ${tally.line.number}`, tally.status));
    if (!rest) return [tally];
    const waived = Math.min(rest.waived, tally.count);
    const attested = Math.min(rest.attested, tally.count - waived);
    rest.waived -= waived;
    rest.attested -= attested;
    const split: readonly Split[] = [
      { ...tally, count: tally.count - waived - attested },
      { ...tally, count: waived, overlay: 'waived' },
      { ...tally, count: attested, overlay: 'attested' },
    ];
    return split.filter((one) => one.count > 0);
  };
}
