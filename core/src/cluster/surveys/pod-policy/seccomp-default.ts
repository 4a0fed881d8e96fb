import { nodeContext } from '../../../check/context.ts';
import type { Evidence } from '../../../check/truth.ts';
import { instancesOf } from '../../../node-view.ts';
import type { ClusterNode } from '../../cluster-view.ts';
import type { ClusterContext } from '../../survey.ts';

/**
 * Proof that every kubelet gives pods the seccomp profile of the runtime where they name none (`seccompDefault: true`); undefined as soon as one node does
 * not show it. Nodes of Windows have no seccomp and are not asked.
 */
export function seccompDefault(context: ClusterContext): readonly Evidence[] | undefined {
  const found = context.shared(`seccomp-default ${context.version ?? ''}`, ['nodes'], () => ({ lines: look(context) }));
  return found.lines;
}

function look(context: ClusterContext): readonly Evidence[] | undefined {
  const nodes = context.view.nodes().filter(({ os }) => os !== 'windows');
  const lines: Evidence[] = [];
  for (const node of nodes) {
    const line = kubeletOf(context, node);
    if (!line) return undefined;
    if (lines.length < 3) lines.push(line);
  }
  return nodes.length > 0 ? lines : undefined;
}

function kubeletOf(context: ClusterContext, node: ClusterNode): Evidence | undefined {
  if (!node.reporting) return undefined;
  const view = node.view();
  const given = context.version === undefined ? {} : { controlPlane: context.version, kubelet: context.version };
  const settings = nodeContext(context.pack, view, given);
  const found = instancesOf(view, 'kubelet').map((instance) =>
    settings.settings('kubelet', instance).get('seccompDefault'),
  );
  const [first] = found;
  if (!first || !found.every((setting) => setting.known && setting.value === true)) return undefined;
  return {
    fact: 'kubelet.config',
    subject: node.name,
    actual: true,
    expected: 'seccompDefault true on every node',
    origin: first.origin,
    holds: true,
  };
}
