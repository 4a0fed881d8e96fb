import type { NodeContext, OtherWorld } from './context.ts';
import type { Evidence, PendingValue, Truth } from './truth.ts';

/**
 * The truth of one leaf, its evidence marked where the node's other worlds say something else. Seen from the world of the files, the
 * lines are turned round: they too say what runs, and what is pending.
 */
export function marked(node: NodeContext, truth: Truth, elsewhere: (node: NodeContext) => Truth): Truth {
  return (node.others ?? []).reduce((so, other) => compared(so, other, elsewhere(other.node)), truth);
}

function compared(truth: Truth, { is }: OtherWorld, there: Truth): Truth {
  // What could not be known anyhow is not made less known by what nobody saw.
  if (is === 'unseen' && (truth.holds === null || there.holds !== null)) return truth;
  const counterparts = byPlace(there.evidence);
  const evidence = truth.evidence.map((line) => {
    const other = counterparts.get(placeOf(line));
    if (line.pending || (other ? says(other) === says(line) : there.holds !== null)) return line;
    if (is === 'unseen') return { ...line, pending: pendingOf(line, 'unknown') };
    const unknown = other ?? { ...line, actual: null, holds: null };
    return is === 'restarted'
      ? { ...line, pending: pendingOf(unknown, 'observed') }
      : { ...unknown, pending: pendingOf(line, 'observed') };
  });
  return { ...truth, evidence };
}

function byPlace(evidence: readonly Evidence[]): ReadonlyMap<string, Evidence> {
  return new Map(evidence.map((line) => [placeOf(line), line]));
}

/** Where a line belongs, whatever was found there. */
export function placeOf({ fact, subject, expected }: Evidence): string {
  return `${fact}\0${subject}\0${expected}`;
}

function says({ actual, origin, holds }: Evidence): string {
  return JSON.stringify([actual, origin, holds]);
}

function pendingOf({ actual, origin, holds }: Evidence, running: PendingValue['running']): PendingValue {
  return { actual, origin, holds, running };
}
