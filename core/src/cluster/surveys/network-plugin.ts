import type { Evidence } from '../../check/truth.ts';
import type { CniValue } from '../../facts.ts';
import { observedValue } from '../../node-view.ts';
import { reasonOf } from '../../settings/from-observation.ts';
import type { ClusterNode } from '../cluster-view.ts';
import { fieldEvidence, limited } from '../evidence.ts';
import { matchesGlob } from '../glob.ts';
import { type Outcome, outcomeOf, type Plugin, PluginTable } from '../network/plugins.ts';
import type { Workload } from '../objects.ts';
import type { ClusterContext, Judged, Survey } from '../survey.ts';
import { imagesOf, repositoryOf } from '../workload-images.ts';

/** Does the network plugin that really runs enforce network policies? Its configuration on every node and its agents among the pods tell. */
export const networkPlugin: Survey = {
  schema: PluginTable,
  each: 'cluster',
  needs: () => ['namespaces', 'pods'],
  facts: true,
  judge(context, operands) {
    // The pack has checked operands against the schema.
    const table = operands as unknown as PluginTable;
    const agents = agentsOf(context, [...table.enforce, ...table.depend]);
    const nodes = context.view.nodes().filter(({ os }) => os !== 'windows');
    const running = new Set(agents.map(({ plugin }) => plugin));
    const seen = [...Map.groupBy(nodes, (node) => JSON.stringify(lookAt(node)))].map(([key, alike]): Seen => {
      const look = JSON.parse(key) as Look;
      return { look, nodes: alike, outcome: judgeLook(look, table, running, context.version ?? '') };
    });
    return [
      {
        subject: 'cluster',
        ...verdict(
          seen,
          agents.map(({ line }) => line),
        ),
      },
    ];
  },
};

/** What the configuration in force of one node says. The runtime takes the first file by name. */
type Look =
  | { readonly types: readonly string[]; readonly file: string }
  | { readonly missing: string; readonly detail: string };

interface Seen {
  readonly look: Look;
  readonly nodes: readonly ClusterNode[];
  readonly outcome: Outcome;
}

function lookAt({ reporting, view }: ClusterNode): Look {
  if (!reporting) return { missing: 'no-agent', detail: 'no agent reports' };
  const observation = view().get('cni', 'node');
  const value = observedValue<CniValue>(observation);
  if (!value) return { missing: reasonOf(observation), detail: observation?.detail ?? 'the fact cni was not observed' };
  const inForce = value.configurations.find(({ plugins }) => plugins.length > 0);
  if (inForce) return { types: inForce.plugins, file: inForce.file };
  return { missing: 'file-absent', detail: `no configuration names a plugin in ${value.directory}` };
}

function judgeLook(look: Look, table: PluginTable, running: ReadonlySet<Plugin>, version: string): Outcome {
  if ('missing' in look) return { status: 'error', reason: look.missing, message: look.detail };
  return outcomeOf(look.types, table, running, version);
}

interface Agent {
  readonly plugin: Plugin;
  readonly line: Evidence;
}

/** Workloads whose images are those of an agent, by the plugin. Most workloads share few images, so that each is looked up once. */
function agentsOf({ view }: ClusterContext, plugins: readonly Plugin[]): readonly Agent[] {
  const known = new Map<string, readonly Plugin[]>();
  const pluginsBehind = (image: string) => {
    const before = known.get(image);
    if (before) return before;
    const found = plugins.filter(({ images }) => matchesGlob(images, repositoryOf(image)));
    known.set(image, found);
    return found;
  };
  const workloads = view.all('namespaces').flatMap(({ name }) => view.workloads(name));
  return workloads.flatMap((workload) =>
    imagesOf(workload).flatMap((image) => pluginsBehind(image).map((plugin) => agentOf(plugin, workload, image))),
  );
}

function agentOf(plugin: Plugin, { owner, namespace }: Workload, image: string): Agent {
  const field = { kind: owner.kind, namespace, name: owner.name, key: 'spec.containers[].image' };
  const actual = `${plugin.name}: ${image}`;
  return { plugin, line: fieldEvidence(field, actual, 'an agent that enforces policies', null) };
}

const ranks = { fail: 0, error: 1, warn: 2, pass: 3 } as const;

function verdict(seen: readonly Seen[], agents: readonly Evidence[]): Omit<Judged, 'subject'> {
  const [worst] = [...seen].sort((a, b) => ranks[a.outcome.status] - ranks[b.outcome.status]);
  if (!worst) return { status: 'error', reason: 'no-nodes', message: 'No node is known.', evidence: agents };
  const { status, reason, message } = worst.outcome;
  const alike = seen.filter(({ outcome }) => outcome.reason === reason).flatMap(({ nodes }) => nodes);
  const where = seen.length > 1 ? ` The nodes differ; this is true of ${named(alike)}.` : '';
  const evidence = limited([
    ...seen.map(lineOf),
    ...agents.map((one) => ({ ...one, holds: status === 'pass' ? true : null })),
  ]);
  return { status, reason, message: `${message}${where}`, evidence };
}

function lineOf({ look, nodes, outcome }: Seen): Evidence {
  const { condition } = outcome;
  const told = 'types' in look;
  return {
    fact: 'cni',
    subject: named(nodes),
    actual: told ? (condition ? `${look.types.join(', ')}: ${condition}` : look.types) : look.detail,
    expected: 'a plugin that enforces network policies',
    origin: told ? { kind: 'file', path: look.file, key: 'plugins[].type' } : { kind: 'derived', key: 'cni' },
    holds: outcome.status === 'pass' ? true : outcome.status === 'fail' ? false : null,
  };
}

function named(nodes: readonly ClusterNode[]): string {
  const names = nodes.slice(0, 3).map(({ name }) => name);
  return `${names.join(', ')}${nodes.length > 3 ? ` and ${nodes.length - 3} more` : ''}`;
}
