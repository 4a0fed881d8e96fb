import { listed } from '@plumbline/core';
import type { NodeListState, ResourceStatus } from '../api/parts.ts';
import type { Presence } from '../judging/presence.ts';
import type { NodeRecord } from '../store/node-table.ts';
import type { Gap } from '../store/scans.ts';

/** What may be known or not at one moment. */
export interface Sight {
  /** Those that are current. */
  readonly nodes: readonly NodeRecord[];
  readonly presence: (node: NodeRecord) => Presence;
  readonly nodeList: NodeListState;
  readonly resources: readonly ResourceStatus[];
}

/** A resource that is not served, and one that nobody opted in to, hide nothing. */
const known: readonly string[] = ['synced', 'absent', 'unasked'];

/** True where an agent is to be expected: none looks at Windows. */
export function isLookedAt({ os }: Pick<NodeRecord, 'os'>): boolean {
  return os !== 'windows';
}

/** Everything that cannot be known now; `silent` are nodes that were asked and did not answer. */
export function gapsOf({ nodes, presence, nodeList, resources }: Sight, silent: ReadonlySet<string>): readonly Gap[] {
  const gaps: Gap[] = [];
  if (!nodeList.synced) gaps.push({ kind: 'nodes', name: 'nodes', reason: 'unlisted' });
  else if (nodes.length === 0) gaps.push({ kind: 'nodes', name: 'nodes', reason: 'none' });
  for (const node of nodes.filter(isLookedAt)) {
    const quiet = presence(node);
    if (quiet !== 'reporting') gaps.push({ kind: 'node', name: node.name, reason: quiet });
    else if (silent.has(node.name)) gaps.push({ kind: 'node', name: node.name, reason: 'no-answer' });
  }
  for (const { resource, state } of resources)
    if (!known.includes(state.state)) gaps.push({ kind: 'resource', name: resource, reason: state.state });
  return gaps;
}

/** Names that one sentence tells; the rest is a number. */
const mostNames = 5;

/** The gaps in sentences; empty where there are none. */
export function gapsText(gaps: readonly Gap[], nodesTotal: number): string {
  const nodes = gaps.filter(({ kind }) => kind === 'node');
  const resources = gaps.filter(({ kind }) => kind === 'resource');
  return [
    ...gaps.flatMap(({ kind, reason }) => (kind === 'nodes' ? [nodesText(reason)] : [])),
    ...(nodes.length > 0 ? [`Of ${nodesTotal} nodes ${nodes.length} cannot be told: ${named(nodes)}.`] : []),
    ...(resources.length > 0 ? [`Of the API server cannot be told: ${named(resources)}.`] : []),
    ...(gaps.some(({ kind }) => kind === 'judging') ? ['What was found had not been judged by the deadline.'] : []),
  ].join(' ');
}

function nodesText(reason: string): string {
  return reason === 'none' ? 'No node is known.' : 'The list of nodes is not known.';
}

function named(gaps: readonly Gap[]): string {
  const rest = gaps.length - mostNames;
  const names = gaps.slice(0, mostNames).map(({ name, reason }) => `${name} (${reason})`);
  return listed(rest > 0 ? [...names, `${rest} more`] : names);
}
