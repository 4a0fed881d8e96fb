import { type FactSide, type Json, observationStates } from '@plumbline/core';
import type { DriftQueries, DriftRow, DriftSide } from '../../store/drift.ts';
import type { Change } from './feed.ts';
import { alikeText, driftShape, type Shape, shapeOf } from './shape.ts';

/** A change with what it is, and a text that is equal for changes that are alike. */
export interface Described {
  readonly change: Change;
  /** Null: the cluster. */
  readonly node: string | null;
  readonly shape: Shape;
  readonly alike: string;
  /** Values of both sides of a drift. */
  readonly values: readonly (Json | null)[];
}

/** Says what changes are, within one answer: what nodes have in common is read and compared once. */
export function describer(queries: DriftQueries, nodes: ReadonlyMap<number, string>): (change: Change) => Described {
  const known = new Map<
    string,
    Omit<Described, 'change' | 'node' | 'alike'> & { text: (node: string | null) => string }
  >();
  const sideOf = (side: DriftSide | null): FactSide | null => {
    if (!side) return null;
    const json = side.value === null ? undefined : queries.value(side.value);
    return {
      state: observationStates[side.state] ?? 'malformed',
      detail: side.word === null ? null : (queries.text(side.word) ?? null),
      value: json === undefined ? null : (JSON.parse(json) as Json),
    };
  };
  const drifted = (row: DriftRow) => {
    const { cause, fact, subject } = row;
    const key = JSON.stringify([cause, fact, subject, row.before, row.after]);
    const before = known.get(key);
    if (before) return before;
    const sides = { before: sideOf(row.before), after: sideOf(row.after) };
    const shape = driftShape({ cause, fact, subject, ...sides });
    const values = [sides.before?.value ?? null, sides.after?.value ?? null];
    const made = { shape, text: alikeText(shape), values };
    known.set(key, made);
    return made;
  };
  return (change) => {
    if ('list' in change) {
      const { shape, text, values } = drifted(change);
      const node = change.node === 0 ? null : (nodes.get(change.node) ?? 'unknown');
      return { change, node, shape, alike: text(node), values };
    }
    const shape = shapeOf(change);
    return { change, node: change.node, shape, alike: alikeText(shape)(change.node), values: [] };
  };
}

/** Ids are unique over all lists. */
export function idOf(change: Change): string {
  return 'list' in change ? `${change.list}-${change.id}` : `journal-${change.id}`;
}
