import { at, isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { ClusterObject } from '../objects.ts';
import { fitsSelector } from '../selector.ts';
import { isEmptySelector, listAt } from './kubernetes-policy.ts';
import {
  type Bearing,
  kubernetesOrder,
  type NetworkPolicy,
  type SelectedNamespace,
  type SelectedPod,
} from './policy.ts';

/**
 * The rules of a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy: `spec` and each of `specs`, but those for nodes. A direction is
 * isolated where there are rules for it or `enableDefaultDeny` says so; an empty rule allows nothing. What denies comes before what allows.
 * Source: docs.cilium.io, security/policy.
 */
export function ciliumPolicies(object: ClusterObject): readonly NetworkPolicy[] {
  const { fields } = object;
  const specs = [at(fields, 'spec'), ...listAt(fields, 'specs')].filter(isJsonObject);
  const forPods = specs.filter((spec) => spec['nodeSelector'] === undefined);
  if (forPods.length > 0 || object.malformed === undefined) return forPods.flatMap((spec) => policiesOf(object, spec));
  return policiesOf(object, {});
}

/** One for what the rules allow and one for what they deny: denying is asked first. */
function policiesOf({ kind, namespace, name, malformed }: ClusterObject, spec: JsonObject): readonly NetworkPolicy[] {
  const selector = withoutSource(spec['endpointSelector']);
  const clusterwide = namespace === '';
  const common = {
    ...{ kind, namespace, name },
    whole: isEmptySelector(selector),
    selects: (pod: SelectedPod, where: SelectedNamespace) =>
      malformed === undefined && selector !== undefined ? fitsSelector(selector, labelsOf(pod, where)) : undefined,
  };
  const bearing = (side: 'ingress' | 'egress') => (malformed ? 'opens' : allowing(spec, side, clusterwide));
  const denied = (side: 'ingress' | 'egress') =>
    listAt(spec, `${side}Deny`).some((rule) => isEverybody(rule, side, clusterwide)) ? 'closes' : 'none';
  return [
    { ...common, order: 0, ingress: denied('ingress'), egress: denied('egress') },
    { ...common, order: kubernetesOrder, ingress: bearing('ingress'), egress: bearing('egress') },
  ];
}

function allowing(spec: JsonObject, side: 'ingress' | 'egress', clusterwide: boolean): Bearing {
  const rules = listAt(spec, side);
  if (rules.some((rule) => isEverybody(rule, side, clusterwide))) return 'opens';
  const stated = at(spec, `enableDefaultDeny.${side}`);
  const isolates = typeof stated === 'boolean' ? stated : rules.length + listAt(spec, `${side}Deny`).length > 0;
  return isolates ? 'isolates' : 'none';
}

/** Everybody, or every pod of the cluster, on every port. In a namespaced policy an empty endpoint selector means its own namespace. */
function isEverybody(rule: Json, side: 'ingress' | 'egress', clusterwide: boolean): boolean {
  const way = side === 'ingress' ? 'from' : 'to';
  if (['toPorts', 'icmps', `${way}Requires`].some((key) => listAt(rule, key).length > 0)) return false;
  if (listAt(rule, `${way}Entities`).some((entity) => entity === 'all' || entity === 'cluster')) return true;
  return clusterwide && listAt(rule, `${way}Endpoints`).some((one) => isJsonObject(one) && isEmptySelector(one));
}

/** `k8s:app` and `any:app` are the label app; other sources are no labels of pods. Undefined for what is no selector. */
function withoutSource(selector: Json | undefined): Json | undefined {
  if (!isJsonObject(selector)) return undefined;
  const plain = (key: string) => key.replace(/^(?:k8s|any)[:.](?=.)/, '');
  const labels = selector['matchLabels'];
  const expressions = selector['matchExpressions'];
  return {
    ...selector,
    ...(isJsonObject(labels)
      ? { matchLabels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [plain(key), value])) }
      : {}),
    ...(Array.isArray(expressions)
      ? {
          matchExpressions: expressions.map((one: Json) =>
            isJsonObject(one) && typeof one['key'] === 'string' ? { ...one, key: plain(one['key']) } : one,
          ),
        }
      : {}),
  };
}

function labelsOf({ labels, account }: SelectedPod, { name, labels: own }: SelectedNamespace) {
  return {
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`io.cilium.k8s.namespace.labels.${key}`, value])),
    ...labels,
    'io.kubernetes.pod.namespace': name,
    'io.cilium.k8s.policy.serviceaccount': account,
  };
}
