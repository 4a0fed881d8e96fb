import { type Evidence, type Json, neutral, originText } from '@plumbline/core';
import type { StoredFinding } from '../store/finding-query.ts';

/** Values that one answer lists, those with outliers first, and outliers of each. */
const mostValues = 100;
const mostOutliers = 100;

interface Holder {
  readonly node: string;
  readonly line: Evidence;
}

interface Value {
  readonly fact: string;
  readonly subject: string;
  /** Holders of each value, by what it says. */
  readonly sides: Map<string, Holder[]>;
}

/**
 * For everything that verdicts of nodes rest on: what most nodes have, and who has something else. The name of a node and of an instance
 * do not count; nodes to which the control does not apply have no say.
 */
export function outliersOf(found: readonly StoredFinding[]) {
  const values = new Map<string, Value>();
  for (const { node, status, evidence } of found) {
    if (node === null || status === 'not-applicable') continue;
    for (const line of evidence) add(values, node, line);
  }
  const all = [...values.values()]
    .map(answerOf)
    .sort((a, b) => Number(b.outliersTotal > 0) - Number(a.outliersTotal > 0));
  return { values: all.slice(0, mostValues), valuesTotal: all.length };
}

function add(values: Map<string, Value>, node: string, line: Evidence): void {
  const named = (text: string) => (text.includes(node) ? neutral(text, node).replaceAll('\0', '<node>') : text);
  const subject = /^[a-z-]+(?=@)/.exec(line.subject)?.[0] ?? named(line.subject);
  const key = `${line.fact}\0${subject}`;
  const value = values.get(key) ?? { fact: line.fact, subject, sides: new Map<string, Holder[]>() };
  values.set(key, value);
  const says = named(JSON.stringify(line.actual));
  const side = value.sides.get(says);
  if (side) side.push({ node, line });
  else value.sides.set(says, [{ node, line }]);
}

function answerOf({ fact, subject, sides }: Value) {
  const [most, ...rest] = [...sides.values()].sort((a, b) => b.length - a.length);
  const outliers = rest.flat();
  const nodes = (holders: readonly Holder[]) => new Set(holders.map((one) => one.node)).size;
  return {
    fact,
    subject,
    majority: { value: (most?.[0]?.line.actual ?? null) as Json, nodes: nodes(most ?? []) },
    outliers: outliers.slice(0, mostOutliers).map(({ node, line }) => ({
      node,
      subject: line.subject,
      value: line.actual,
      origin: { ...line.origin, text: originText(line.origin) },
    })),
    outliersTotal: outliers.length,
  };
}
