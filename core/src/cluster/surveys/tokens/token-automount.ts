import Type from 'typebox';
import type { Evidence } from '../../../check/truth.ts';
import { counted } from '../../../words.ts';
import { fieldEvidence, limited } from '../../evidence.ts';
import type { Workload } from '../../objects.ts';
import { rbacResources } from '../../rbac/graph.ts';
import type { ClusterContext, Judged, Survey } from '../../survey.ts';
import { rightsOf } from './account-rights.ts';
import { accountObject, accountOf, type Token, tokenOf } from './token.ts';

/** Do workloads hold a token that they have no use for. */
export const tokenAutomount: Survey = {
  schema: Type.Object({}, { additionalProperties: false }),
  each: 'namespace',
  needs: () => ['namespaces', 'serviceaccounts', 'pods', ...rbacResources],
  facts: false,
  judge(context, _operands, namespace) {
    const subject = `namespace/${namespace}`;
    const holders = context.view.workloads(namespace).flatMap((workload) => holderOf(context, workload) ?? []);
    return [{ subject, ...verdict(context, namespace, holders) }];
  },
};

/** `useless`: the account may do nothing and nobody asked for the token. `unproven`: a person knows. `meant`: asked for and of use. */
type Use = 'component' | 'useless' | 'unproven' | 'meant';

interface Holder {
  readonly use: Use;
  readonly line: Evidence;
}

function holderOf(context: ClusterContext, workload: Workload): Holder | undefined {
  const { namespace, owner } = workload;
  const name = accountOf(workload);
  const token = tokenOf(workload, accountObject(context, namespace, name));
  if (!token) return undefined;
  const { given, component } = rightsOf(context, namespace, name);
  const use = useOf(token, given.length > 0, component);
  const rights = component ? 'a component of Kubernetes' : given[0] ? `rights by ${given[0].key}` : 'no rights';
  const place = { kind: owner.kind, namespace, name: owner.name, key: token.key };
  const actual = `account ${name} (${rights}): ${token.says}`;
  const holds = use === 'useless' ? false : use === 'unproven' ? null : true;
  return { use, line: fieldEvidence(place, actual, 'a token only where the API is called', holds) };
}

/** A token without rights may still prove to others who one is; that is worth a question where somebody asked for it. */
function useOf(token: Token, rights: boolean, component: boolean): Use {
  if (component) return 'component';
  if (token.asked) return rights ? 'meant' : 'unproven';
  return rights ? 'unproven' : 'useless';
}

function verdict(context: ClusterContext, namespace: string, holders: readonly Holder[]): Omit<Judged, 'subject'> {
  const count = (use: Use) => holders.filter((one) => one.use === use).length;
  const evidence = limited(holders.map(({ line }) => line));
  const [useless, unproven] = [count('useless'), count('unproven')];
  if (useless > 0) {
    const message = `A token is held by ${counted(useless, 'workload')} although the account may do nothing.`;
    if (context.isSystem(namespace)) return { status: 'warn', reason: 'system-namespace', message, evidence };
    return { status: 'fail', reason: 'token-without-use', message, evidence };
  }
  if (unproven > 0) {
    const message = `A token is held by ${counted(unproven, 'workload')}; confirm that each calls the API.`;
    return { status: 'warn', reason: 'token-unproven', message, evidence };
  }
  if (holders.length === 0) {
    const message = 'No workload holds a token for the API.';
    const field = { kind: 'Namespace', namespace: '', name: namespace, key: 'pods' };
    return {
      status: 'pass',
      reason: 'as-expected',
      message,
      evidence: [fieldEvidence(field, 'no token', 'no token', true)],
    };
  }
  if (count('component') === holders.length) {
    const message = 'Only components of Kubernetes hold tokens.';
    return { status: 'pass', reason: 'system-default', message, evidence };
  }
  const message = 'Every token was asked for in the pod and belongs to an account with rights.';
  return { status: 'pass', reason: 'as-expected', message, evidence };
}
