import { at, isJsonObject, type Json } from '../../json.ts';
import type { ClusterObject } from '../objects.ts';
import { calicoSelector } from './calico-selector.ts';
import { listAt } from './kubernetes-policy.ts';
import type { Bearing, NetworkPolicy, SelectedNamespace, SelectedPod } from './policy.ts';

/**
 * A NetworkPolicy or GlobalNetworkPolicy of Calico; undefined for those that are about hosts alone. Lower orders come first, none is last, and
 * the first rule that fits everything decides. Without `types` a policy is about ingress unless it has rules for egress only.
 */
export function calicoPolicy(object: ClusterObject): NetworkPolicy | undefined {
  const { kind, namespace, name, fields, malformed } = object;
  const spec = at(fields, 'spec') ?? {};
  if (at(spec, 'preDNAT') === true || at(spec, 'doNotTrack') === true) return undefined;
  const ingress = listAt(spec, 'ingress');
  const egress = listAt(spec, 'egress');
  const given = listAt(spec, 'types');
  const isOf = (type: string) => {
    if (given.length > 0) return given.includes(type);
    return type === 'Egress' ? egress.length > 0 : ingress.length > 0 || egress.length === 0;
  };
  const pods = selectorAt(spec, 'selector');
  const namespaces = namespace === '' ? selectorAt(spec, 'namespaceSelector') : () => true;
  // Labels of accounts are not read.
  const understood = malformed === undefined && textAt(spec, 'serviceAccountSelector') === '' && pods && namespaces;
  const order = at(spec, 'order');
  const stated = textAt(spec, 'tier');
  const tier = stated === 'default' ? '' : stated;
  return {
    ...{ kind, namespace, name, tier },
    order: typeof order === 'number' ? order : Number.MAX_VALUE,
    whole: ['', 'all()'].includes(textAt(spec, 'selector').trim()),
    ingress: malformed ? 'opens' : isOf('Ingress') ? bearingOf(ingress, tier) : 'none',
    egress: malformed ? 'opens' : isOf('Egress') ? bearingOf(egress, tier) : 'none',
    selects: (pod, where) =>
      understood ? namespaces(namespaceLabels(where)) && pods(podLabels(pod, where)) : undefined,
  };
}

function textAt(spec: Json, key: string): string {
  const text = at(spec, key);
  return typeof text === 'string' ? text : '';
}

function selectorAt(spec: Json, key: string) {
  const text = at(spec, key) ?? '';
  return typeof text === 'string' ? calicoSelector(text) : undefined;
}

function namespaceLabels({ name, labels }: SelectedNamespace): Readonly<Record<string, string>> {
  return { ...labels, 'projectcalico.org/name': name };
}

/** Labels that Calico adds: of the namespace with the prefix pcns, its name, the account and who made the pod. */
function podLabels({ labels, account }: SelectedPod, { name, labels: own }: SelectedNamespace) {
  return {
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`pcns.${key}`, value])),
    ...labels,
    'projectcalico.org/namespace': name,
    'projectcalico.org/orchestrator': 'k8s',
    'projectcalico.org/serviceaccount': account,
  };
}

const bearings: Readonly<Record<string, Bearing>> = { Allow: 'opens', Deny: 'closes', Pass: 'passes' };

/** Pass leaves it to later tiers; after the last of them comes the profile of the namespace, which allows everything. */
function bearingOf(rules: readonly Json[], tier: string): Bearing {
  for (const rule of rules) {
    const action = at(rule, 'action');
    const bearing = typeof action === 'string' && Object.hasOwn(bearings, action) ? bearings[action] : undefined;
    if (bearing && fitsEverything(rule)) return bearing === 'passes' && tier === '' ? 'opens' : bearing;
  }
  return 'isolates';
}

function fitsEverything(rule: Json): boolean {
  if (!isJsonObject(rule)) return false;
  return Object.entries(rule).every(
    ([key, value]) => ['action', 'metadata'].includes(key) || (isJsonObject(value) && isAnywhere(value)),
  );
}

function isAnywhere(entity: Json): boolean {
  return Object.entries(Object(entity) as Record<string, Json>).every(
    ([key, value]) =>
      key === 'nets' && Array.isArray(value) && value.some((net) => net === '0.0.0.0/0' || net === '::/0'),
  );
}
