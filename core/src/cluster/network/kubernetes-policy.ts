import { at, isJsonObject, type Json } from '../../json.ts';
import type { ClusterObject } from '../objects.ts';
import { fitsSelector } from '../selector.ts';
import { type Bearing, kubernetesOrder, type NetworkPolicy } from './policy.ts';

/**
 * A NetworkPolicy of networking.k8s.io/v1. Policies add up: one that allows everything opens what others isolate. Without `policyTypes` it is
 * about ingress, and about egress where it has rules for it. Source: k8s.io/api/networking/v1.
 */
export function kubernetesPolicy({ kind, namespace, name, fields, malformed }: ClusterObject): NetworkPolicy {
  const selector = at(fields, 'spec.podSelector');
  const given = at(fields, 'spec.policyTypes');
  const types: readonly Json[] = Array.isArray(given) ? given : [];
  const egress = listAt(fields, 'spec.egress');
  const isOf = (type: string) => (types.length > 0 ? types.includes(type) : type === 'Ingress' || egress.length > 0);
  return {
    ...{ kind, namespace, name, order: kubernetesOrder },
    whole: isEmptySelector(selector) && malformed === undefined,
    // Fields that were left out could be the very rules that open it.
    ingress: malformed ? 'opens' : isOf('Ingress') ? bearingOf(listAt(fields, 'spec.ingress'), 'from') : 'none',
    egress: malformed ? 'opens' : isOf('Egress') ? bearingOf(egress, 'to') : 'none',
    selects: ({ labels }) => (malformed === undefined ? fitsSelector(selector, labels) : undefined),
  };
}

/** A list at a path, empty where there is none. */
export function listAt(value: Json | undefined, path: string): readonly Json[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

/** A selector that fits everything. */
export function isEmptySelector(selector: Json | undefined): boolean {
  if (selector === undefined || selector === null) return true;
  if (!isJsonObject(selector)) return false;
  const labels = selector['matchLabels'] ?? {};
  const expressions = selector['matchExpressions'] ?? [];
  return Object.keys(Object(labels)).length === 0 && Array.isArray(expressions) && expressions.length === 0;
}

function bearingOf(rules: readonly Json[], side: 'from' | 'to'): Bearing {
  const opens = rules.some((rule) => {
    const peers = listAt(rule, side);
    return listAt(rule, 'ports').length === 0 && (peers.length === 0 || peers.some(isEverybody));
  });
  return opens ? 'opens' : 'isolates';
}

/** All addresses, or every pod of the cluster: a policy that lets them in keeps nobody inside the cluster out. */
function isEverybody(peer: Json): boolean {
  const cidr = at(peer, 'ipBlock.cidr');
  if (cidr === '0.0.0.0/0' || cidr === '::/0') return listAt(peer, 'ipBlock.except').length === 0;
  const namespaces = at(peer, 'namespaceSelector');
  return isJsonObject(namespaces) && isEmptySelector(namespaces) && isEmptySelector(at(peer, 'podSelector'));
}
