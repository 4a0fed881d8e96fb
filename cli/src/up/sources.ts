import { observeNode, realHost } from '@plumbline/agent';
import {
  dumpedCluster,
  type HostValue,
  type NodeView,
  nodeView,
  observedValue,
  type Pack,
  type ProcessValue,
  projectDump,
  type StaticCluster,
} from '@plumbline/core';
import { looksLikeNode } from '../audit/judge.ts';
import { placeOf } from '../audit/look.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import type { Terminal } from '../terminal.ts';
import type { LocalNode } from './agents.ts';
import { recordedCluster } from './recorded.ts';

/** What there is to show: nodes this process looks at, and sentences that say where they come from. */
export interface Sources {
  readonly nodes: readonly LocalNode[];
  readonly recorded: boolean;
  /** Objects of the recorded cluster. */
  readonly objects?: StaticCluster;
  /** Version of the recorded cluster; real ones are asked. */
  readonly kubernetesVersion?: string;
  readonly notes: readonly string[];
}

/** This machine when it is a node, what the cluster lists when there is one, else the recorded cluster. */
export async function findSources(pack: Pack, cluster: boolean, terminal: Terminal): Promise<Sources> {
  const here = await thisMachine(pack, terminal);
  if (here) {
    const note = cluster ? [] : ['No cluster in the current kubeconfig: showing this machine alone.'];
    return { nodes: [here], recorded: false, notes: note };
  }
  if (cluster)
    return { nodes: [], recorded: false, notes: ['This machine is no node: showing what the cluster says.'] };
  return recordedSources(terminal, 'no node and no cluster here: ');
}

/** The recorded cluster. Throws PLB_CONFIG_INVALID when there is none or it cannot be read. */
export function recordedSources(terminal: Terminal, because = ''): Sources {
  const { directory, nodes, objects } = recordedCluster(terminal.environment);
  const places = nodes.map(({ name, text }) => ({ name, ...placeOf(text, name) }));
  const version = places.find((one) => one.versions.controlPlane !== undefined)?.versions.controlPlane;
  return {
    nodes: places.map(({ name, host }) => ({ name, host })),
    recorded: true,
    ...(objects === undefined
      ? {}
      : { objects: dumpedCluster(projectDump(readManifests(objects).objects), 'cluster') }),
    ...(version === undefined ? {} : { kubernetesVersion: version }),
    notes: [`${because}showing the recorded cluster of ${directory}`],
  };
}

async function thisMachine(pack: Pack, terminal: Terminal): Promise<LocalNode | undefined> {
  const host = realHost('/');
  const clock = () => terminal.now().toISOString();
  const view = nodeView('here', await observeNode({ host, pack, clock, versions: {}, signal: terminal.stop }));
  return looksLikeNode(view) ? { name: nodeNameOf(view, terminal.environment), host } : undefined;
}

/** The name that the kubelet registers: NODE_NAME says it, else --hostname-override, else the host name in lower case. */
export function nodeNameOf(view: NodeView, environment: NodeJS.ProcessEnv): string {
  const kubelet = view.all('process').map((one) => observedValue<ProcessValue>(one));
  const argv = kubelet.find((one) => one?.component === 'kubelet')?.argv ?? [];
  const hostname = observedValue<HostValue>(view.get('node.host', 'node'))?.hostname;
  return environment['NODE_NAME'] || overrideIn(argv) || (hostname ?? 'this-machine').trim().toLowerCase();
}

function overrideIn(argv: readonly string[]): string | undefined {
  const flag = '--hostname-override';
  const at = argv.findLastIndex((one) => one === flag || one.startsWith(`${flag}=`));
  return argv[at] === flag ? argv[at + 1] : argv[at]?.slice(flag.length + 1);
}
