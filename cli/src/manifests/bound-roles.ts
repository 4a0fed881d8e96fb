import {
  at,
  type ClusterObject,
  type Dump,
  isJsonObject,
  type JsonObject,
  matchesGlob,
  type Pack,
} from '@plumbline/core';

/** Roles that manifests bind and do not hold. */
export interface BoundRoles {
  /** Those that every cluster has, as objects. */
  readonly shipped: readonly JsonObject[];
  /** Names of the others: what they allow nobody can tell. */
  readonly unknown: readonly string[];
}

const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const read = ['get', 'list', 'watch'];
const workloads = ['deployments', 'daemonsets', 'replicasets', 'statefulsets'];

/**
 * What the three roles for users allow of what controls ask for. Kubernetes puts them together from others (aggregation), so that they stand
 * in no list of rules: k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.
 */
const view = [{ apiGroups: [''], resources: ['pods', 'configmaps', 'serviceaccounts', 'services'], verbs: read }];
const edit = [
  ...view,
  { apiGroups: [''], resources: ['secrets'], verbs: [...read, ...write] },
  { apiGroups: [''], resources: ['pods', 'replicationcontrollers', 'configmaps', 'serviceaccounts'], verbs: write },
  {
    apiGroups: [''],
    resources: ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy'],
    verbs: [...read, ...write],
  },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: ['apps'], resources: workloads, verbs: [...read, ...write] },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: [...read, ...write] },
];
const admin = [
  ...edit,
  {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['roles', 'rolebindings'],
    verbs: [...read, ...write],
  },
];
const forUsers: Readonly<Record<string, unknown>> = { admin, edit, view };

/** Looks which roles the bindings of a dump refer to; what lies in namespaces that `exclude` names refers to nothing. */
export function boundRoles(pack: Pack, { objects }: Dump, exclude: readonly string[]): BoundRoles {
  const has = (resource: string, key: string) => (objects.get(resource) ?? []).some((one) => keyOf(one) === key);
  const shipped = new Map<string, JsonObject>();
  const unknown = new Set<string>();
  const bindings = [...(objects.get('clusterrolebindings') ?? []), ...(objects.get('rolebindings') ?? [])];
  for (const binding of bindings) {
    if (binding.namespace !== '' && matchesGlob(exclude, binding.namespace)) continue;
    const name = String(at(binding.fields, 'roleRef.name'));
    const ofCluster = at(binding.fields, 'roleRef.kind') === 'ClusterRole';
    if (has(ofCluster ? 'clusterroles' : 'roles', ofCluster ? `/${name}` : `${binding.namespace}/${name}`)) continue;
    const rules = ofCluster ? (forUsers[name] ?? pack.defaults.rbac.roles[`clusterrole/${name}`]) : undefined;
    if (rules === undefined) unknown.add(ofCluster ? name : `${binding.namespace}/${name}`);
    else shipped.set(name, clusterRole(name, rules));
  }
  return { shipped: [...shipped.values()], unknown: [...unknown].sort() };
}

function keyOf({ namespace, name }: ClusterObject): string {
  return `${namespace}/${name}`;
}

function clusterRole(name: string, rules: unknown): JsonObject {
  const role: unknown = JSON.parse(
    JSON.stringify({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules }),
  );
  return isJsonObject(role as JsonObject) ? (role as JsonObject) : {};
}
