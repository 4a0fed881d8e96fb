import type { Role } from './benchmark.ts';
import type { Control } from './control.ts';
import type { ComponentValue } from './facts.ts';
import type { Verdict } from './judge.ts';
import { type NodeView, observedValue, platformOf, usualPlatform } from './node-view.ts';
import type { Pack } from './pack/pack.ts';
import { reasonOf } from './settings/from-observation.ts';

/** Where a control is judged on a node: on these instances (none: on the node itself), or not at all, with the verdict that says why. */
export type Place =
  | { readonly kind: 'judge'; readonly instances: readonly string[]; readonly platform: string }
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly platform: string };

const controlPlane: readonly string[] = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
const controlPlaneLabels: readonly string[] = [
  'node-role.kubernetes.io/control-plane',
  'node-role.kubernetes.io/master',
];

/** Roles of a node by what runs or should run on it, and by its labels. `unknown` when the processes could not be seen. */
export function rolesOf(
  view: NodeView,
  labels: readonly string[],
): { readonly roles: readonly Role[]; readonly unknown: boolean } {
  const roles: Role[] = [];
  if (
    controlPlaneLabels.some((label) => labels.includes(label)) ||
    controlPlane.some((component) => present(view, component))
  )
    roles.push('control-plane');
  if (present(view, 'etcd')) roles.push('etcd');
  roles.push('node');
  const unknown = [...controlPlane, 'etcd'].some((component) => !seen(view, component));
  return { roles, unknown };
}

function seen(view: NodeView, component: string): boolean {
  const state = view.get('component', component)?.state;
  return state === 'observed' || state === 'absent';
}

function present(view: NodeView, component: string): boolean {
  const value = observedValue<ComponentValue>(view.get('component', component));
  return value !== undefined && value.instances.length + value.manifests.length > 0;
}

/** Decides where a control with this role and subject is judged; `alsoOn` names further roles whose nodes have what it is about. Silence is an error, never a pass. */
export function placeOf(
  pack: Pack,
  view: NodeView,
  role: Role,
  { subject, alsoOn = [] }: Pick<Control, 'subject' | 'alsoOn'>,
  labels: readonly string[],
): Place {
  const platform = platformOf(view) ?? usualPlatform;
  const managed = pack.platforms.find((one) => one.platform === platform)?.managed ?? [];
  const verdict = (status: Verdict['status'], reason: string, message: string): Place => ({
    kind: 'verdict',
    platform,
    verdict: { status, reason, message, evidence: [] },
  });
  if (managed.includes(subject) || (subject === 'node' && managed.includes(role))) {
    return verdict('not-applicable', 'managed', `The provider of ${platform} runs this part of the control plane.`);
  }
  if (subject === 'node') {
    const { roles, unknown } = rolesOf(view, labels);
    if ([role, ...alsoOn].some((one) => roles.includes(one))) return { kind: 'judge', instances: [], platform };
    if (unknown)
      return verdict(
        'error',
        'not-observed',
        'The processes of this node could not be seen, so its roles are not known.',
      );
    return verdict('not-applicable', 'role', `This node is no ${role} node.`);
  }
  return component(view, subject, labels, platform, verdict);
}

function component(
  view: NodeView,
  name: string,
  labels: readonly string[],
  platform: string,
  verdict: (status: Verdict['status'], reason: string, message: string) => Place,
): Place {
  const observation = view.get('component', name);
  const value = observedValue<ComponentValue>(observation);
  if (!value && observation?.state !== 'absent') {
    return verdict(
      'error',
      reasonOf(observation),
      observation?.detail ?? `Whether ${name} runs here was not observed.`,
    );
  }
  if (value && value.instances.length > 0) return { kind: 'judge', instances: value.instances, platform };
  const manifest = value?.manifests[0];
  if (manifest !== undefined)
    return verdict('error', 'no-process', `${manifest} asks for ${name}, but no such process runs.`);
  if (name === 'kubelet') return verdict('error', 'no-process', 'No kubelet runs on this node.');
  if (controlPlane.includes(name) && controlPlaneLabels.some((label) => labels.includes(label))) {
    return verdict('error', 'no-process', `The Node object says control plane, but no ${name} runs here.`);
  }
  return verdict('not-applicable', 'role', `This node runs no ${name}.`);
}
