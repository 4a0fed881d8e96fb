import { at, type Json } from '../../json.ts';
import type { ClusterObject } from '../objects.ts';
import { subjectOf } from '../subject.ts';
import type { ClusterContext } from '../survey.ts';
import { type Grantee, readGrantee } from './grantee.ts';
import { type Role, type Roles, readRoles } from './roles.ts';
import { coversUrl, type Rule, speaksOf } from './rule.ts';

/** A binding with the role it refers to and those it names. */
export interface Binding {
  /** `clusterrolebinding/admins`, `rolebinding/app/readers`. */
  readonly key: string;
  readonly object: ClusterObject;
  /** Where the rights hold; '' everywhere. */
  readonly namespace: string;
  /** Key of the role it refers to, whether it exists or not. */
  readonly roleKey: string;
  /** Undefined where there is no such role: the binding grants nothing until somebody makes it. */
  readonly role: Role | undefined;
  readonly grantees: readonly Grantee[];
}

/** Who may do what: bindings, and through them rights of grantees. */
export interface RbacGraph {
  readonly roles: Roles;
  readonly bindings: readonly Binding[];
  /** Bindings that name a grantee (by its key) itself; none for unknown ones. */
  bindingsOf(grantee: string): readonly Binding[];
  /** Bindings that refer to a role (by its key). */
  bindingsTo(role: string): readonly Binding[];
}

/** Resources that the graph is made of. */
export const rbacResources: readonly string[] = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'];

/** The graph of a cluster, made once while none of its objects changes. */
export function rbacGraph({ view, shared }: Pick<ClusterContext, 'view' | 'shared'>): RbacGraph {
  return shared('rbac graph', rbacResources, () =>
    buildGraph({
      roles: readRoles(view.all('clusterroles'), view.all('roles')),
      bindings: [...view.all('clusterrolebindings'), ...view.all('rolebindings')],
    }),
  );
}

function buildGraph(given: { readonly roles: Roles; readonly bindings: readonly ClusterObject[] }): RbacGraph {
  const bindings = given.bindings.map((object) => readBinding(object, given.roles));
  const byGrantee = new Map<string, Binding[]>();
  const byRole = new Map<string, Binding[]>();
  for (const binding of bindings) {
    add(byRole, binding.roleKey, binding);
    for (const { key } of binding.grantees) add(byGrantee, key, binding);
  }
  return {
    roles: given.roles,
    bindings,
    bindingsOf: (grantee) => byGrantee.get(grantee) ?? [],
    bindingsTo: (role) => byRole.get(role) ?? [],
  };
}

function add(map: Map<string, Binding[]>, key: string, binding: Binding): void {
  const list = map.get(key);
  if (list) list.push(binding);
  else map.set(key, [binding]);
}

/** A Role lives in the namespace of its binding; a binding of the cluster that refers to one refers to nothing. */
function readBinding(object: ClusterObject, roles: Roles): Binding {
  const kind = text(at(object.fields, 'roleRef.kind'));
  const name = text(at(object.fields, 'roleRef.name'));
  const roleKey = subjectOf(kind || 'role', kind === 'ClusterRole' ? '' : object.namespace, name);
  const subjects = at(object.fields, 'subjects');
  const named = (Array.isArray(subjects) ? subjects : []).flatMap(
    (subject: Json) => readGrantee(subject, object.namespace) ?? [],
  );
  const sound = kind === 'ClusterRole' || (kind === 'Role' && object.namespace !== '');
  return {
    key: subjectOf(object.kind, object.namespace, object.name),
    object,
    namespace: object.namespace,
    roleKey,
    role: sound ? roles.get(roleKey) : undefined,
    grantees: [...new Map(named.map((one) => [one.key, one])).values()],
  };
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** A request as the authorizer sees it; `path` for one that is not about a resource. `name` '' where a request carries none. */
export interface Request {
  readonly verb: string;
  readonly apiGroup: string;
  readonly resource: string;
  readonly name: string;
  readonly namespace: string;
  readonly path?: string;
}

/** Bindings through which somebody, by these keys of grantees (own and of every group), may make a request. */
export function throughWhat(graph: RbacGraph, grantees: readonly string[], request: Request): readonly Binding[] {
  const bindings = new Set(grantees.flatMap((key) => graph.bindingsOf(key)));
  return [...bindings].filter(
    ({ namespace, role }) =>
      (namespace === '' || namespace === request.namespace) && role?.rules.some((rule) => allows(rule, request)),
  );
}

function allows(rule: Rule, request: Request): boolean {
  if (request.path !== undefined) {
    return (
      (rule.verbs.includes('*') || rule.verbs.includes(request.verb)) && coversUrl(rule.nonResourceURLs, request.path)
    );
  }
  const named = rule.resourceNames.length === 0 || rule.resourceNames.includes(request.name);
  return named && speaksOf(rule, request);
}
