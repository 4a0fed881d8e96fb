import type { Evidence } from '../../check/truth.ts';
import type { ClusterContext } from '../survey.ts';
import { type RbacDefaults, rbacDefaults } from './defaults.ts';
import type { Grantee } from './grantee.ts';
import type { Binding, RbacGraph } from './graph.ts';
import { type Match, matcherOf, type Right } from './right.ts';
import type { Role } from './roles.ts';

/** One way by which somebody has a right: grantee, binding, role, rule. */
export interface Path {
  readonly grantee: Grantee;
  readonly binding: Binding;
  readonly role: Role;
  readonly match: Match;
  /** Kubernetes or kubeadm granted this much. */
  readonly byDefault: boolean;
}

/** What Kubernetes itself grants in the cluster at hand. */
export function defaultsOf({ pack, minor, version, shared }: ClusterContext): RbacDefaults {
  return shared(`rbac defaults ${version}`, [], () => rbacDefaults(pack.defaults.rbac, minor));
}

/** Every way by which anybody has one of the rights; namespaces and accounts that are excluded are left out. */
export function pathsTo(context: ClusterContext, graph: RbacGraph, rights: readonly Right[]): readonly Path[] {
  const defaults = defaultsOf(context);
  const matchesOf = matcherOf(rights);
  const matches = new Map<Role, readonly Match[]>();
  const paths: Path[] = [];
  for (const binding of graph.bindings) {
    const { role, namespace } = binding;
    if (!role || (namespace !== '' && context.isExcluded(namespace))) continue;
    const found = matches.get(role) ?? matchesOf(role);
    matches.set(role, found);
    for (const match of found) {
      if (namespace !== '' && match.clusterScoped) continue;
      for (const grantee of binding.grantees) {
        if (isLeftOut(context, grantee)) continue;
        const byDefault = defaults.grants(binding, grantee) && defaults.ships(role, match.rule);
        paths.push({ grantee, binding, role, match, byDefault });
      }
    }
  }
  return paths;
}

const accountsOf = 'system:serviceaccounts:';

/** An account of an excluded namespace, or the group of all of them: nothing is said of it. */
export function isLeftOut({ isExcluded }: ClusterContext, { kind, namespace, name }: Grantee): boolean {
  if (kind === 'group' && name.startsWith(accountsOf)) return isExcluded(name.slice(accountsOf.length));
  return kind === 'serviceaccount' && isExcluded(namespace);
}

/** Where the right of a path holds, in words. */
export function whereOf({ binding }: Path): string {
  return binding.namespace === '' ? 'everywhere' : `in ${binding.namespace}`;
}

/** One line: binding, then who, what, through which rule of which role, where and to which names it is limited. */
export function pathEvidence(path: Path, holds: boolean | null): Evidence {
  const { grantee, binding, role, match } = path;
  const names = match.rule.resourceNames;
  const limit = names.length > 0 ? ` named ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}` : '';
  const actual = `${grantee.key}: ${match.what}${limit} ${whereOf(path)} by ${role.key} rules[${match.index}]`;
  return {
    fact: `object ${binding.object.kind}`,
    subject: binding.key,
    actual,
    expected: 'nobody beyond the defaults',
    origin: { kind: 'object', path: binding.key, key: 'roleRef' },
    holds,
  };
}
