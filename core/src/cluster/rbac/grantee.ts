import { at, type Json } from '../../json.ts';
import { subjectOf } from '../subject.ts';

/** Who a binding names. `key` is the subject of findings on it: `user/jane`, `group/ops`, `serviceaccount/app/web`. */
export interface Grantee {
  readonly kind: 'user' | 'group' | 'serviceaccount';
  /** '' for users and groups. */
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/** A grantee of a kind. */
export function granteeOf(kind: Grantee['kind'], namespace: string, name: string): Grantee {
  return { kind, namespace, name, key: subjectOf(kind, namespace, name) };
}

/**
 * The grantee of a subject in a binding of a namespace ('' for the cluster); undefined where it names nobody: an unknown kind, or an
 * account without a namespace in a binding of the cluster. The user `system:serviceaccount:NS:NAME` is that account.
 */
export function readGrantee(subject: Json, bindingNamespace: string): Grantee | undefined {
  const name = text(subject, 'name');
  const namespace = text(subject, 'namespace') || bindingNamespace;
  if (name === '') return undefined;
  switch (text(subject, 'kind')) {
    case 'User': {
      const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
      return account?.[1] && account[2]
        ? granteeOf('serviceaccount', account[1], account[2])
        : granteeOf('user', '', name);
    }
    case 'Group':
      return granteeOf('group', '', name);
    case 'ServiceAccount':
      return namespace === '' ? undefined : granteeOf('serviceaccount', namespace, name);
    default:
      return undefined;
  }
}

function text(value: Json, key: string): string {
  const found = at(value, key);
  return typeof found === 'string' ? found : '';
}

const broadGroups: ReadonlySet<string> = new Set([
  'system:authenticated',
  'system:unauthenticated',
  'system:serviceaccounts',
]);

/** Why a grantee stands for more than somebody: a group of everybody, the anonymous user, the account of pods that name none. */
export function breadthOf({ kind, name }: Grantee): string | undefined {
  if (kind === 'user') return name === 'system:anonymous' ? 'requests without credentials' : undefined;
  if (kind === 'serviceaccount') return name === 'default' ? 'every pod that names no account' : undefined;
  if (name === 'system:unauthenticated') return 'requests without credentials';
  if (name === 'system:authenticated') return 'everybody who signed in, pods included';
  if (broadGroups.has(name)) return 'every service account of the cluster';
  return name.startsWith('system:serviceaccounts:') ? 'every service account of a namespace' : undefined;
}
