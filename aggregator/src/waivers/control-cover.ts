import { applies, attests, type Decidable, type Decisions, type FindingPlace, type Overlay } from '@plumbline/core';
import type { DecisionKind } from '../store/decision-table.ts';

/** An open finding that some decision is about. */
export interface CoverRow {
  readonly status: 'fail' | 'warn';
  /** What it counts as; a decision that is only about it without covering it changes nothing. */
  readonly overlay: Overlay;
  /** Names of those that are about it (`nameOf`); the one that covers it comes first. */
  readonly by: readonly string[];
}

/** How many of a line's findings in a status are waived and attested; lines are `benchmark number`. */
export type CoverCounts = ReadonlyMap<string, Readonly<Record<Overlay, number>>>;

/** How many open findings a decision is about, and how many of them no earlier one covers. */
export interface Meeting {
  readonly open: number;
  readonly covers: number;
}

/** What decisions cover of one control, kept in step finding by finding. */
export interface ControlCover {
  /** A finding is open or not (any more). */
  set(line: string, finding: Decidable, place: FindingPlace): void;
  /** By line and status, of everything or of one node; the key is `keyOf`. */
  counts(node?: string | null): CoverCounts;
  /** What a decision (`nameOf`) is about. */
  meets(name: string): Meeting;
}

/** What tells a decision from every other. */
export function nameOf(kind: DecisionKind, id: string): string {
  return `${kind} ${id}`;
}

/** The key of `CoverCounts`. */
export function keyOf(line: string, status: string): string {
  return `${line} ${status}`;
}

/** The cover of one control by these decisions, as of a moment. */
export function controlCover(decisions: Decisions, now: () => number): ControlCover {
  const byNode = new Map<string | null, Map<string, CoverRow & { readonly line: string }>>();
  const meetings = new Map<string, { open: number; covers: number }>();
  const total = new Map<string, Record<Overlay, number>>();
  const count = (
    counts: Map<string, Record<Overlay, number>>,
    row: CoverRow & { readonly line: string },
    by: 1 | -1,
  ) => {
    const key = keyOf(row.line, row.status);
    const one = counts.get(key) ?? { waived: 0, attested: 0 };
    counts.set(key, one);
    one[row.overlay] += by;
  };
  const meet = ({ by }: CoverRow, sign: 1 | -1) => {
    for (const [index, name] of by.entries()) {
      const one = meetings.get(name) ?? { open: 0, covers: 0 };
      meetings.set(name, one);
      one.open += sign;
      if (index === 0) one.covers += sign;
    }
  };
  return {
    set(line, finding, place) {
      const rows = byNode.get(place.node) ?? new Map();
      const key = `${line}\0${finding.subject}`;
      const before = rows.get(key);
      const after = rowOf(decisions, finding, place, now());
      if (before) {
        count(total, before, -1);
        meet(before, -1);
      }
      rows.delete(key);
      if (after) {
        const row = { ...after, line };
        rows.set(key, row);
        count(total, row, 1);
        meet(row, 1);
      }
      if (rows.size === 0) byNode.delete(place.node);
      else byNode.set(place.node, rows);
    },
    counts(node) {
      if (node === undefined) return total;
      const own = new Map<string, Record<Overlay, number>>();
      for (const row of byNode.get(node)?.values() ?? []) count(own, row, 1);
      return own;
    },
    meets: (name) => meetings.get(name) ?? { open: 0, covers: 0 },
  };
}

function rowOf(
  { waivers, attestations }: Decisions,
  finding: Decidable,
  place: FindingPlace,
  now: number,
): CoverRow | undefined {
  if (finding.status !== 'fail' && finding.status !== 'warn') return undefined;
  const waived = waivers.filter((one) => applies(one, finding, place, now));
  const attested = attestations.filter((one) => attests(one, finding, place, now));
  const by = [
    ...waived.map((one) => nameOf('waiver', one.id)),
    ...attested.map((one) => nameOf('attestation', one.id)),
  ];
  if (by.length === 0) return undefined;
  return { status: finding.status, overlay: waived.length > 0 ? 'waived' : 'attested', by };
}
