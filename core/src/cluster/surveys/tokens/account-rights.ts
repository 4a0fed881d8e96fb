import { type Grantee, granteeOf } from '../../rbac/grantee.ts';
import { type Binding, rbacGraph, rbacResources } from '../../rbac/graph.ts';
import { defaultsOf } from '../../rbac/path.ts';
import type { ClusterContext } from '../../survey.ts';

/** Bindings that give an account something. */
export interface AccountRights {
  /** Made by somebody: to the account, to all of its namespace or to all accounts. */
  readonly given: readonly Binding[];
  /** Made by Kubernetes or kubeadm for this account: it is a component of Kubernetes. */
  readonly component: boolean;
}

/** What an account may do beyond what every signed-in user may. Bindings to roles that do not exist or hold no rule give nothing. */
export function rightsOf(context: ClusterContext, namespace: string, name: string): AccountRights {
  const account = rightsOfGrantee(context, granteeOf('serviceaccount', namespace, name));
  const own = rightsOfGrantee(context, granteeOf('group', '', `system:serviceaccounts:${namespace}`));
  const all = rightsOfGrantee(context, granteeOf('group', '', 'system:serviceaccounts'));
  return { given: [...account.given, ...own.given, ...all.given], component: account.component };
}

/** Remembered while no RBAC object changes: groups are asked about once a namespace. */
function rightsOfGrantee(context: ClusterContext, grantee: Grantee): AccountRights {
  const memory = context.shared('rights of accounts', rbacResources, () => new Map<string, AccountRights>());
  const before = memory.get(grantee.key);
  if (before) return before;
  const defaults = defaultsOf(context);
  const given: Binding[] = [];
  let component = false;
  for (const binding of rbacGraph(context).bindingsOf(grantee.key)) {
    const { role, namespace } = binding;
    if (!role || role.rules.length === 0 || (namespace !== '' && context.isExcluded(namespace))) continue;
    const shipped = defaults.grants(binding, grantee) && role.rules.every((rule) => defaults.ships(role, rule));
    if (shipped) component = true;
    else given.push(binding);
  }
  memory.set(grantee.key, { given, component });
  return { given, component };
}
