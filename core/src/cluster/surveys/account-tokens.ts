import Type from 'typebox';
import type { Evidence } from '../../check/truth.ts';
import { fieldEvidence, limited } from '../evidence.ts';
import type { ClusterObject } from '../objects.ts';
import { rbacGraph, rbacResources } from '../rbac/graph.ts';
import type { ClusterContext, Judged, Survey } from '../survey.ts';
import { rightsOf } from './tokens/account-rights.ts';
import { accountObject, accountOf } from './tokens/token.ts';

const secrets = 'secrets/service-account-tokens';

/**
 * Are tokens of service accounts used from outside the cluster's pods? What somebody does with a token is not seen; that one never expires,
 * or belongs to an account that no pod runs as, is.
 */
export const accountTokens: Survey = {
  schema: Type.Object({}, { additionalProperties: false }),
  each: 'cluster',
  needs: () => ['namespaces', 'pods', 'serviceaccounts', ...rbacResources, secrets],
  facts: false,
  judge: (context) => [{ subject: 'cluster', ...verdict(context) }],
};

function verdict(context: ClusterContext): Omit<Judged, 'subject'> {
  const used = accountsInUse(context);
  const asked = context.view.state(secrets).state === 'synced';
  const tokens = (asked ? context.view.all(secrets) : [])
    .filter(({ namespace }) => !context.isExcluded(namespace))
    .map((secret) => tokenLine(context, secret, used));
  const idle = idleAccounts(context, used);
  const evidence = limited([...tokens, ...idle]);
  const outside = tokens.filter(({ holds }) => holds === false);
  const make = (status: Judged['status'], reason: string, message: string) => ({ status, reason, message, evidence });
  if (outside.length > 0) {
    const message = `Tokens that never expire, of accounts that no pod runs as, are of use only to somebody outside (${outside.length}): ${subjects(outside)}.`;
    return make('fail', 'tokens-outside', message);
  }
  if (!asked) {
    const also = idle.length > 0 ? ` ${rights(idle)}` : '';
    const message = `Whether tokens that never expire exist is not known: Secrets of type kubernetes.io/service-account-token are not watched. Let the aggregator watch their metadata, or look yourself.${also}`;
    const field = { kind: 'Secret', namespace: '', name: '', key: 'type=kubernetes.io/service-account-token' };
    const missing = fieldEvidence(field, 'not watched', 'no token for a person', null);
    return { ...make('warn', 'secrets-not-watched', message), evidence: [missing, ...evidence] };
  }
  const lasting = tokens.filter(({ holds }) => holds === null);
  if (lasting.length > 0)
    return make(
      'warn',
      'tokens-lasting',
      `Tokens that never expire exist (${lasting.length}): ${subjects(lasting)}; confirm that only pods use them.`,
    );
  if (idle.length > 0) return make('warn', 'accounts-idle', rights(idle));
  const field = { kind: 'Secret', namespace: '', name: '', key: 'type=kubernetes.io/service-account-token' };
  const line = fieldEvidence(field, 'none that is valid', 'no token for a person', true);
  const message = 'No token of an account lasts, and every account with rights is one that pods run as.';
  return { ...make('pass', 'as-expected', message), evidence: [line, ...evidence] };
}

function rights(idle: readonly Evidence[]): string {
  return `No pod runs as ${subjects(idle)} although they have rights; confirm that no person works with a token of theirs.`;
}

function subjects(lines: readonly Evidence[]): string {
  const names = lines.slice(0, 3).map(({ subject }) => subject);
  return `${names.join(', ')}${lines.length > 3 ? ` and ${lines.length - 3} more` : ''}`;
}

/** `holds`: true for one that Kubernetes has made invalid, null where pods of the account may use it, or where it belongs to the system. */
function tokenLine(context: ClusterContext, secret: ClusterObject, used: ReadonlySet<string>): Evidence {
  const { namespace, labels, annotations, created } = secret;
  const account = annotations['kubernetes.io/service-account.name'] ?? '';
  const invalid = labels['kubernetes.io/legacy-token-invalid-since'];
  const last = labels['kubernetes.io/legacy-token-last-used'];
  const runs = used.has(`${namespace}/${account}`);
  const actual = [
    `token of account ${account}`,
    ...(created === '' ? [] : [`made ${created}`]),
    last === undefined ? 'not known to be used' : `last used ${last}`,
    invalid === undefined ? (runs ? 'pods run as it' : 'no pod runs as it') : `invalid since ${invalid}`,
  ].join(', ');
  const line = fieldEvidence({ ...secret, key: 'metadata' }, actual, 'a token that expires', true);
  if (invalid !== undefined) return line;
  return { ...line, holds: runs || context.isSystem(namespace) ? null : false };
}

function accountsInUse({ view, shared }: ClusterContext): ReadonlySet<string> {
  return shared('accounts in use', ['namespaces', 'pods'], () => {
    const names = view.all('namespaces').map(({ name }) => name);
    return new Set(names.flatMap((name) => view.workloads(name).map((one) => `${name}/${accountOf(one)}`)));
  });
}

/** Accounts with rights of their own that somebody gave them and that no pod runs as. */
function idleAccounts(context: ClusterContext, used: ReadonlySet<string>): readonly Evidence[] {
  const grantees = rbacGraph(context).bindings.flatMap((binding) => binding.grantees);
  const accounts = new Map(
    grantees.filter(({ kind }) => kind === 'serviceaccount').map((one) => [`${one.namespace}/${one.name}`, one]),
  );
  return [...accounts].flatMap(([key, { namespace, name }]) => {
    if (used.has(key) || context.isExcluded(namespace) || !accountObject(context, namespace, name)) return [];
    const { given } = rightsOf(context, namespace, name);
    const [first] = given;
    if (!first) return [];
    const field = { kind: 'ServiceAccount', namespace, name, key: 'pods' };
    return [fieldEvidence(field, `no pod, rights by ${first.key}`, 'an account that pods run as', null)];
  });
}
