import type { Silence } from '@plumbline/core';
import type { NodeRecord } from '../store/node-table.ts';

/** Intervals without a message after which an agent counts as silent. */
export const silentIntervals = 3;

/**
 * Whether a node is current: the cluster lists it, or an agent was heard from it and it was not deleted since.
 */
export function isCurrent(node: NodeRecord): boolean {
  return node.deletedAt === null && (node.listed || node.lastReceived !== null);
}

/**
 * Why nobody reports from a node, undefined when somebody does. Time before `startedAt` does not count: while the aggregator was
 * away nobody could be heard. A node that was stale before stays so until it is heard. Times are milliseconds.
 */
export function silenceOf(
  node: Pick<NodeRecord, 'lastReceived'> & Partial<Pick<NodeRecord, 'presence'>>,
  now: number,
  interval: number,
  startedAt: number,
): Silence | undefined {
  if (node.lastReceived === null) return 'no-agent';
  if (node.presence === 'stale' && node.lastReceived < startedAt) return 'stale';
  return now - Math.max(node.lastReceived, startedAt) > silentIntervals * interval ? 'stale' : undefined;
}

/** Presence of a node as people read it. */
export type Presence = 'reporting' | Silence;
