import Type from 'typebox';
import type { Evidence } from '../../../check/truth.ts';
import { at } from '../../../json.ts';
import { counted } from '../../../words.ts';
import { fieldEvidence, limited } from '../../evidence.ts';
import { rbacResources } from '../../rbac/graph.ts';
import type { ClusterContext, Judged, Survey } from '../../survey.ts';
import { type AccountRights, rightsOf } from './account-rights.ts';
import { accountObject, accountOf, tokenOf } from './token.ts';

const name = 'default';
const field = 'automountServiceAccountToken';

/** The account of pods that name none: has it rights, do pods hold its token, would new ones get it. */
export const defaultAccounts: Survey = {
  schema: Type.Object({}, { additionalProperties: false }),
  each: 'namespace',
  needs: () => ['namespaces', 'serviceaccounts', 'pods', ...rbacResources],
  facts: false,
  judge(context, _operands, namespace) {
    const rights = rightsOf(context, namespace, name);
    const holders = holdersOf(context, namespace);
    return [verdict(context, namespace, rights, holders)];
  },
};

function verdict(
  context: ClusterContext,
  namespace: string,
  { given }: AccountRights,
  holders: readonly Evidence[],
): Judged {
  const subject = `namespace/${namespace}`;
  const account = { kind: 'ServiceAccount', namespace, name, key: field };
  const set = at(accountObject(context, namespace, name)?.fields, field);
  const off = set === false;
  const own = fieldEvidence(account, set === undefined ? 'not set' : set, 'false', off ? true : null);
  if (given.length > 0 || holders.length > 0) {
    const rights = given.map(({ object, roleKey }) =>
      fieldEvidence({ ...object, key: 'subjects' }, roleKey, 'nothing for the default account', false),
    );
    const parts = [
      ...(given[0] ? [`${given[0].key} gives it ${given[0].roleKey}`] : []),
      ...(holders.length > 0 ? [`its token is held by ${counted(holders.length, 'workload')}`] : []),
    ];
    const message = `The default account of ${namespace} is in use: ${parts.join('; ')}.`;
    const evidence = limited([...rights, ...holders, own]);
    return { subject, status: 'fail', reason: given.length > 0 ? 'has-rights' : 'token-in-use', message, evidence };
  }
  if (off) {
    const message = `The default account of ${namespace} has no rights, and no pod gets its token by itself.`;
    return { subject, status: 'pass', reason: 'as-expected', message, evidence: [own] };
  }
  if (context.isSystem(namespace)) {
    const message = `The default account of ${namespace} is as Kubernetes makes it, without rights, and nothing holds its token.`;
    const evidence = [{ ...own, holds: true }];
    return { subject, status: 'pass', reason: 'system-default', message, evidence };
  }
  const message = `Nothing uses the default account of ${namespace} now, but a new pod that names no account gets its token.`;
  return { subject, status: 'warn', reason: 'token-by-default', message, evidence: [own] };
}

/** Workloads of the account that hold its token, one line each. */
function holdersOf(context: ClusterContext, namespace: string): readonly Evidence[] {
  const account = accountObject(context, namespace, name);
  return context.view.workloads(namespace).flatMap((workload) => {
    const token = accountOf(workload) === name ? tokenOf(workload, account) : undefined;
    if (!token) return [];
    const { kind, name: owner } = workload.owner;
    const place = { kind, namespace, name: owner, key: token.key };
    return [fieldEvidence(place, token.says, 'no token of the default account', false)];
  });
}
