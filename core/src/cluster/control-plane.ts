import { nodeContext } from '../check/context.ts';
import type { Evidence } from '../check/truth.ts';
import type { Status } from '../control.ts';
import { instancesOf, type NodeView, platformOf } from '../node-view.ts';
import type { Setting, Settings } from '../settings/setting.ts';
import type { Minor } from '../version.ts';
import type { ClusterNode } from './cluster-view.ts';
import type { ClusterContext, Judged } from './survey.ts';

/** One running API server as the agent of its node sees it. `name` is how messages and evidence call it. */
export interface ApiServer {
  readonly node: string;
  readonly instance: string;
  readonly name: string;
  readonly view: NodeView;
  readonly minor: Minor | undefined;
  readonly settings: Settings;
}

/**
 * Every API server that agents see. `unseen`: control-plane nodes on which nobody could look, with the reason; `managed`: the
 * distribution whose provider runs the API server, where none is seen.
 */
export interface ApiServers {
  readonly servers: readonly ApiServer[];
  readonly unseen: readonly string[];
  readonly managed: string | undefined;
}

/** What one API server contributes to a verdict on the cluster. */
export interface Part {
  readonly status: Status;
  readonly reason: string;
  readonly message: string;
  readonly evidence: readonly Evidence[];
}

const component = 'kube-apiserver';

/** The API servers of a cluster, with their effective settings; computed once while no node changes. */
export function apiServersOf({ shared, view, pack, version }: ClusterContext): ApiServers {
  return shared(`control-plane ${version ?? ''}`, ['nodes'], () => {
    const nodes = view.nodes();
    const servers = nodes
      .filter(({ reporting }) => reporting)
      .flatMap((node) => serversOn(node, (seen) => nodeContext(pack, seen, version ? { controlPlane: version } : {})));
    const platforms = nodes.flatMap((node) => (node.reporting ? (platformOf(node.view()) ?? []) : []));
    const isManaged = (name: string) =>
      pack.platforms.find((one) => one.platform === name)?.managed?.includes(component) === true;
    return {
      servers,
      unseen: nodes.flatMap((node) => blindSpot(node) ?? []),
      managed: servers.length === 0 ? platforms.find(isManaged) : undefined,
    };
  });
}

function serversOn(node: ClusterNode, contextOf: (view: NodeView) => ReturnType<typeof nodeContext>): ApiServer[] {
  const view = node.view();
  const instances = instancesOf(view, component);
  if (instances.length === 0) return [];
  const context = contextOf(view);
  return instances.map((instance, index) => ({
    node: node.name,
    instance,
    name: `${component} on ${node.name}${index === 0 ? '' : ` (${instance})`}`,
    view,
    minor: context.minorOf(component),
    settings: context.settings(component, instance),
  }));
}

/** Why the API server of a control-plane node is not seen; a node that has none says so by the state of its fact. */
function blindSpot({ name, roles, reporting, view }: ClusterNode): string | undefined {
  if (!reporting) return roles.includes('control-plane') ? `${name}: no agent reports` : undefined;
  const seen = view();
  const state = seen.get('component', component);
  if (state?.state === 'absent') return undefined;
  if (state?.state === 'observed') {
    const manifests = (state.value as { readonly manifests?: readonly string[] } | undefined)?.manifests ?? [];
    return instancesOf(seen, component).length === 0 && manifests.length > 0 ? `${name}: it does not run` : undefined;
  }
  return roles.includes('control-plane') ? `${name}: ${state?.detail ?? 'not observed'}` : undefined;
}

const ranks: Readonly<Record<Status, number>> = { fail: 0, error: 1, warn: 2, pass: 3, 'not-applicable': 4 };

/**
 * One verdict on the cluster from each of its API servers: the worst decides, and the message says which servers it is true of. A
 * server that nobody sees forbids a pass; where none is seen, nothing can be judged.
 */
export function judgeServers(found: ApiServers, judge: (server: ApiServer) => Part): Judged {
  const { servers, unseen } = found;
  const parts = servers.map((server) => ({ server, part: judge(server) }));
  const [worst] = [...parts].sort((a, b) => ranks[a.part.status] - ranks[b.part.status]);
  if (!worst) return noServer(found);
  const evidence = parts.flatMap(({ part }) => part.evidence);
  if (unseen.length > 0 && worst.part.status !== 'fail') {
    const message = `Not every API server is seen (${unseen.join('; ')}); of the others: ${worst.part.message}`;
    return { subject: 'cluster', status: 'error', reason: 'control-plane-unseen', message, evidence };
  }
  const alike = parts.filter(({ part }) => part.status === worst.part.status && part.reason === worst.part.reason);
  const where = servers.length > 1 ? `${alike.map(({ server }) => server.name).join(', ')}: ` : '';
  const differ = alike.length < parts.length ? ' The API servers differ.' : '';
  const message = `${where}${worst.part.message}${differ}`;
  return { subject: 'cluster', status: worst.part.status, reason: worst.part.reason, message, evidence };
}

/** The verdict where no agent sees an API server. */
export function noServer({ managed, unseen }: ApiServers): Judged {
  const verdict = { subject: 'cluster', evidence: [] };
  if (managed !== undefined) {
    const message = `The provider of ${managed} runs the API server; its configuration is not seen from the nodes.`;
    return { ...verdict, status: 'not-applicable', reason: 'managed', message };
  }
  const why = unseen.length > 0 ? ` (${unseen.join('; ')})` : '';
  const message = `No agent sees a running API server${why}.`;
  return { ...verdict, status: 'error', reason: 'no-control-plane-seen', message };
}

/** Evidence from an effective setting of an API server. */
export function settingEvidence(
  server: ApiServer,
  setting: Setting,
  expected: string,
  holds: boolean | null,
): Evidence {
  return {
    fact: `setting ${setting.key}`,
    subject: server.name,
    actual: setting.known ? setting.value : null,
    expected,
    origin: setting.origin,
    holds: setting.known ? holds : null,
  };
}

/** True when somebody gave the setting a value. */
export function isGiven(setting: Setting): boolean {
  return setting.known && setting.value !== null && setting.value !== '' && String(setting.value) !== '';
}
