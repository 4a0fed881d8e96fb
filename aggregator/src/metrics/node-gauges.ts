import type { IngestCounters } from '../ingest/metrics.ts';
import type { Presence } from '../judging/presence.ts';
import type { NodeRecord } from '../store/node-table.ts';
import type { JudgingWatch } from './judging-watch.ts';
import type { MetricMaker } from './maker.ts';
import type { NodeCounts } from './node-counts.ts';
import { statuses } from './verdict-gauges.ts';

/** What is known of nodes. */
export interface NodeSources {
  /** Current ones. */
  readonly nodes: () => readonly NodeRecord[];
  readonly presence: (node: NodeRecord) => Presence;
  /** False while the cluster has yet to say which nodes there are. */
  readonly nodesKnown: () => boolean;
  readonly nodeCounts: NodeCounts;
  /** How many nodes get series of their own; 0 none. */
  readonly nodeSeries: number;
  readonly judging: JudgingWatch;
  readonly ingest: IngestCounters;
  /** Bytes that what one node says may fill. */
  readonly nodeQuota: number;
  /** How many nodes have a verdict that stops to hold within so many milliseconds. */
  readonly expiring: (within: number) => number;
}

const presences: readonly Presence[] = ['reporting', 'stale', 'no-agent'];
const dayMs = 86_400_000;

/** Nodes counted, and of what every node has, the worst: these are the same number of series whatever the number of nodes. */
export function nodeGauges(make: MetricMaker, sources: NodeSources): void {
  const { nodes, presence, ingest, nodeQuota } = sources;
  make.gauge('plumbline_nodes', 'Nodes by whether an agent reports from them.', ['presence'], (set) => {
    const current = nodes();
    if (current.length === 0 && !sources.nodesKnown()) return;
    for (const one of presences) set({ presence: one }, current.filter((node) => presence(node) === one).length);
  });
  make.gauge(
    'plumbline_nodes_expiring',
    'Nodes with a verdict that stops to hold within so many days, as a certificate on them ends.',
    ['days'],
    (set) => {
      for (const days of [7, 30]) set({ days: String(days) }, sources.expiring(days * dayMs));
    },
  );
  make.gauge('plumbline_nodes_clock_skewed', 'Nodes whose clock is off by more than 30 seconds.', [], (set) =>
    set({}, ingest.skewSeconds.size),
  );
  make.gauge(
    'plumbline_node_clock_skew_max_seconds',
    'How far the worst clock of a node is off, 0 within 30.',
    [],
    (set) => set({}, largest([...ingest.skewSeconds.values()].map(Math.abs))),
  );
  make.gauge('plumbline_node_store_max_bytes', 'Bytes of the database that came with what one node said.', [], (set) =>
    set({}, largest(nodes().map((one) => one.storedBytes))),
  );
  make.gauge(
    'plumbline_nodes_over_quota',
    'Nodes that filled their share of the database and are not heard.',
    [],
    (set) => set({}, nodes().filter((one) => one.storedBytes >= nodeQuota).length),
  );
  eachNode(make, sources);
}

/** Series with the label `node`: eight for each of at most `nodeSeries` nodes, those known longest. */
function eachNode(make: MetricMaker, { nodes, presence, nodeCounts, nodeSeries, judging }: NodeSources): void {
  const shown = () => firstKnown(nodes(), nodeSeries);
  make.gauge('plumbline_nodes_without_series', 'Nodes beyond --node-series, without series of their own.', [], (set) =>
    set({}, Math.max(0, nodes().length - nodeSeries)),
  );
  make.gauge(
    'plumbline_node_presence',
    '1 for whether an agent reports from the node.',
    ['node', 'presence'],
    (set) => {
      for (const node of shown()) set({ node: node.name, presence: presence(node) }, 1);
    },
  );
  make.gauge(
    'plumbline_node_controls',
    'Controls rolled up over the subjects of the node, by status.',
    ['node', 'status'],
    (set) => {
      for (const node of shown()) {
        const summary = nodeCounts.known(node.name);
        if (!summary) continue;
        for (const [status, key] of statuses) set({ node: node.name, status }, summary[key] ?? 0);
      }
    },
  );
  make.gauge(
    'plumbline_node_last_message_timestamp_seconds',
    'Last message of the agent, heartbeats included; absent when none was ever heard.',
    ['node'],
    (set) => {
      for (const { name, lastReceived } of shown()) if (lastReceived !== null) set({ node: name }, lastReceived / 1000);
    },
  );
  make.gauge(
    'plumbline_node_last_judged_timestamp_seconds',
    'When the node was last judged: a node on which nothing changes is not judged again.',
    ['node'],
    (set) => {
      for (const { name } of shown()) {
        const at = judging.lastJudged(name);
        if (at !== undefined) set({ node: name }, at / 1000);
      }
    },
  );
}

/** The order of ids is that in which nodes became known: whoever comes takes nobody's series away. */
export function firstKnown(nodes: readonly NodeRecord[], most: number): readonly NodeRecord[] {
  if (nodes.length <= most) return nodes;
  return [...nodes].sort((a, b) => a.id - b.id).slice(0, most);
}

function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, one) => Math.max(most, one), 0);
}
