import type { Json, JsonObject } from '../../json.ts';
import type { ClusterObject } from '../objects.ts';
import { objectIn, objectsIn, textIn, textsIn } from '../pod-security/pod.ts';
import { fitsSelector } from '../selector.ts';

/** How much of the pods of a namespace a rule reaches. `unclear`: nobody can say. */
export type Reach = 'whole' | 'partly' | 'none' | 'unclear';

/** Which requests on pods a list of rules takes in: their creation, and debug containers that are added later. */
export interface Covered {
  readonly pods: boolean;
  readonly ephemeral: boolean;
}

/** Reads rules as webhooks and admission policies have them (`resourceRules`, `rules`). */
export function coveredBy(rules: readonly JsonObject[]): Covered {
  return {
    pods: rules.some((rule) => takes(rule, ['pods', '*', '*/*'], 'CREATE')),
    ephemeral: rules.some((rule) => takes(rule, ['pods/ephemeralcontainers', 'pods/*', '*/*'], 'UPDATE')),
  };
}

function takes(rule: JsonObject, resources: readonly string[], operation: string): boolean {
  const has = (key: string, wanted: readonly string[]) => textsIn(rule, key).some((one) => wanted.includes(one));
  const scope = textIn(rule, 'scope') ?? '*';
  if (textsIn(rule, 'resourceNames').length > 0 || scope === 'Cluster') return false;
  const named = has('apiGroups', ['', '*']) && has('apiVersions', ['v1', '*']);
  return named && has('resources', resources) && has('operations', [operation, '*']);
}

/** Labels of a namespace with the one that the API server gives it. */
export function labelsOf(namespace: ClusterObject): Readonly<Record<string, string>> {
  return { ...namespace.labels, 'kubernetes.io/metadata.name': namespace.name };
}

/** How far selectors (`namespaceSelector`, `objectSelector`) reach into a namespace; one on pods reaches some of them. */
export function reachOf(constraints: JsonObject, namespace: ClusterObject): Reach {
  const fits = fitsSelector(constraints['namespaceSelector'], labelsOf(namespace));
  if (fits === false) return 'none';
  if (fits === undefined) return 'unclear';
  return isEmpty(constraints['objectSelector']) ? 'whole' : 'partly';
}

/** True for a selector that leaves nothing out. */
export function isEmpty(selector: Json | undefined): boolean {
  if (selector === undefined || selector === null) return true;
  const own = { selector };
  const { matchLabels } = objectIn(own, 'selector');
  const labels = matchLabels === undefined ? 0 : Object.keys(objectIn(objectIn(own, 'selector'), 'matchLabels')).length;
  return labels === 0 && objectsIn(objectIn(own, 'selector'), 'matchExpressions').length === 0;
}

/** The narrower of two reaches. */
export function narrower(a: Reach, b: Reach): Reach {
  const order: readonly Reach[] = ['none', 'unclear', 'partly', 'whole'];
  return order[Math.min(order.indexOf(a), order.indexOf(b))] ?? 'unclear';
}

/** The wider of two reaches. */
export function wider(a: Reach, b: Reach): Reach {
  return narrower(a, b) === a ? b : a;
}
