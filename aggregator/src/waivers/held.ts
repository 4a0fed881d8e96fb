import type { Attestation, Decisions, Waiver } from '@plumbline/core';
import type { DecisionRecord } from '../store/decision-table.ts';
import type { NodeRecord } from '../store/node-table.ts';
import type { CoverageParts } from './coverage.ts';

/** Decisions that hold at one instant. */
export interface Held {
  readonly controls: ReadonlySet<string>;
  /** Those about a control, the first that counts first. */
  of(control: string): Decisions;
}

/** Decisions that hold now or held at an instant, by control. */
export interface HeldDecisions {
  at(at?: number): Held;
  of(control: string, at?: number): Decisions;
  /** Keys of the labels of a node, as they are now; null where the cluster never told them. */
  labelsOf(node: string): readonly string[] | null;
}

interface Group {
  readonly records: readonly DecisionRecord[];
  readonly decisions: Decisions;
}

/** Past instants that are remembered. */
const mostPast = 16;
const none: Decisions = { waivers: [], attestations: [] };

/**
 * Looks anew when a decision was written, when one expires, and when labels change that one asks for; `outdated` is told which control
 * is decided otherwise than before.
 */
export function heldDecisions(parts: CoverageParts, outdated: (control: string) => void): HeldDecisions {
  const { decisions, clock } = parts;
  let groups = new Map<string, Group>();
  let holdUntil = Number.NEGATIVE_INFINITY;
  let version = -1;
  let generation = -1;
  let labels = new Map<string, readonly string[] | null>();
  const then = new Map<number, Held>();
  let thenVersion = -1;

  return { at: heldAt, of: (control, at) => heldAt(at).of(control), labelsOf: (node) => labels.get(node) ?? null };

  function heldAt(at?: number): Held {
    if (at === undefined) {
      refresh();
      return heldOf(groups);
    }
    refresh();
    if (thenVersion !== decisions.version() || then.size >= mostPast) then.clear();
    thenVersion = decisions.version();
    const known = then.get(at);
    if (known) return known;
    const records = (['waiver', 'attestation'] as const).flatMap((kind) => decisions.heldAt(kind, at));
    const held = heldOf(grouped(records));
    then.set(at, held);
    return held;
  }

  function refresh(): void {
    const now = clock();
    if (parts.generation() !== generation) relabel();
    if (version === decisions.version() && now < holdUntil) return;
    version = decisions.version();
    const current = [...decisions.all('waiver'), ...decisions.all('attestation')].filter((one) => one.expires > now);
    holdUntil = Math.min(...current.map((one) => one.expires));
    const fresh = grouped(current);
    for (const control of new Set([...groups.keys(), ...fresh.keys()]))
      if (signature(groups.get(control)) !== signature(fresh.get(control))) outdated(control);
    groups = fresh;
  }

  /** A label that some decision asks for may have come or gone. */
  function relabel(): void {
    generation = parts.generation();
    const fresh = new Map(parts.nodes().map((one) => [one.name, knownLabels(one)] as const));
    const changed = fresh.size !== labels.size || [...fresh].some(([name, own]) => labels.get(name) !== own);
    labels = fresh;
    if (!changed) return;
    for (const [control, { records }] of groups)
      if (records.some(({ decision }) => decision.nodeSelector !== undefined)) outdated(control);
  }
}

/** Null while the cluster never listed the node: then nobody knows them. */
export function knownLabels({ uid, labels }: Pick<NodeRecord, 'uid' | 'labels'>): readonly string[] | null {
  return uid === null ? null : labels;
}

function grouped(records: readonly DecisionRecord[]): Map<string, Group> {
  const byControl = Map.groupBy(records, ({ decision }) => decision.control);
  return new Map(
    [...byControl].map(([control, own]) => {
      const of = (kind: DecisionRecord['kind']) => own.flatMap((one) => (one.kind === kind ? [one.decision] : []));
      const held = { waivers: of('waiver') as Waiver[], attestations: of('attestation') as Attestation[] };
      return [control, { records: own, decisions: held }];
    }),
  );
}

function heldOf(groups: ReadonlyMap<string, Group>): Held {
  return {
    controls: new Set(groups.keys()),
    of: (control) => groups.get(control)?.decisions ?? none,
  };
}

function signature(group: Group | undefined): string {
  return JSON.stringify((group?.records ?? []).map(({ kind, decision, from }) => [kind, decision, from]));
}
