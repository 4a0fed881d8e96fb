import { calicoPolicy } from '../../network/calico-policy.ts';
import { ciliumPolicies } from '../../network/cilium-policy.ts';
import { kubernetesPolicy } from '../../network/kubernetes-policy.ts';
import type { NetworkPolicy } from '../../network/policy.ts';
import type { ClusterContext } from '../../survey.ts';

const cilium = 'cilium.io/ciliumnetworkpolicies';
const clusterwide = 'cilium.io/ciliumclusterwidenetworkpolicies';
const calico = 'crd.projectcalico.org/networkpolicies';
const global = 'crd.projectcalico.org/globalnetworkpolicies';
const admin = [
  'policy.networking.k8s.io/adminnetworkpolicies',
  'policy.networking.k8s.io/baselineadminnetworkpolicies',
] as const;

/** Every resource that can isolate pods. */
export const policyResources: readonly string[] = ['networkpolicies', cilium, clusterwide, calico, global, ...admin];

/** Policies that may bear on a namespace, in the order in which they count. */
export function policiesFor({ view, shared }: ClusterContext, namespace: string): readonly NetworkPolicy[] {
  const everywhere = shared('network policies of the cluster', [clusterwide, global], () => [
    ...view.all(clusterwide).flatMap(ciliumPolicies),
    ...view.all(global).flatMap((one) => calicoPolicy(one) ?? []),
  ]);
  return [
    ...view.within('networkpolicies', namespace).map(kubernetesPolicy),
    ...view.within(cilium, namespace).flatMap(ciliumPolicies),
    ...view.within(calico, namespace).flatMap((one) => calicoPolicy(one) ?? []),
    ...everywhere,
  ].sort((a, b) => a.order - b.order);
}

/** How many policies of administrators exist: they allow or deny before and after the others and are not counted. */
export function adminPolicies({ view }: ClusterContext): number {
  return admin.reduce((sum, resource) => sum + view.all(resource).length, 0);
}
