import { at, type Json } from '../../../json.ts';
import type { ClusterView } from '../../cluster-view.ts';
import type { ClusterObject, Workload } from '../../objects.ts';
import type { ClusterContext } from '../../survey.ts';

/** How a workload comes by a token for the API server. `asked`: somebody wrote it into the pod. */
export interface Token {
  readonly asked: boolean;
  /** The field that decides, and what it says. */
  readonly key: string;
  readonly says: string;
}

/** The account of a workload; a pod that names none has `default`. */
export function accountOf({ spec }: Workload): string {
  const name = at(spec, 'serviceAccountName');
  return typeof name === 'string' && name !== '' ? name : 'default';
}

/** An account by its namespace and name, undefined when there is none. */
export function accountObject(
  { view, shared }: Pick<ClusterContext, 'view' | 'shared'>,
  namespace: string,
  name: string,
): ClusterObject | undefined {
  return shared('accounts', ['serviceaccounts'], () => byName(view)).get(`${namespace}/${name}`);
}

function byName(view: ClusterView): ReadonlyMap<string, ClusterObject> {
  return new Map(view.all('serviceaccounts').map((one) => [`${one.namespace}/${one.name}`, one]));
}

const field = 'automountServiceAccountToken';

/**
 * The token that a workload holds, undefined for none. The pod's own setting beats the account's, both unset means yes; what a running
 * pod was given stays until it is replaced, whatever is set now. Mirrors of static pods get none.
 */
export function tokenOf(workload: Workload, account: ClusterObject | undefined): Token | undefined {
  const { spec } = workload;
  const own = at(spec, field);
  const mounted = tokenVolume(spec);
  if (mounted?.asked) return mounted;
  if (own === true) return { asked: true, key: `spec.${field}`, says: 'true' };
  if (mounted) return mounted;
  if (own === false || workload.mirror) return undefined;
  const theirs = account && at(account.fields, field);
  if (theirs === false) return undefined;
  const says = theirs === true ? 'set by the account' : 'set neither by the pod nor by its account';
  return { asked: false, key: `spec.${field}`, says };
}

/** Without an audience a token is for the API server, and with the one that it has unless somebody chose another (its issuer). */
function isForApi(token: Json): boolean {
  const audience = at(token, 'audience');
  return !audience || (typeof audience === 'string' && /^https:\/\/kubernetes\.default\.svc(?:[./]|$)/.test(audience));
}

/** A volume with a token for the API server: the one that admission adds, or one that somebody wrote. Other audiences do not count. */
function tokenVolume(spec: Json): Token | undefined {
  const volumes = at(spec, 'volumes');
  for (const volume of Array.isArray(volumes) ? volumes : []) {
    const sources = at(volume, 'projected.sources');
    const tokens = (Array.isArray(sources) ? sources : []).flatMap(
      (source: Json) => at(source, 'serviceAccountToken') ?? [],
    );
    if (!tokens.some(isForApi)) continue;
    const name = String(at(volume, 'name') ?? '');
    const added = name === 'kube-api-access' || name.startsWith('kube-api-access-');
    return { asked: !added, key: 'spec.volumes', says: added ? 'mounted by admission' : `volume ${name}` };
  }
  return undefined;
}
