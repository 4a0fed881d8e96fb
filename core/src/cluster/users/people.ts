import type { Evidence } from '../../check/truth.ts';
import { at, type Json } from '../../json.ts';
import { fieldEvidence } from '../evidence.ts';
import type { ClusterObject } from '../objects.ts';
import { rbacGraph } from '../rbac/graph.ts';
import { defaultsOf } from '../rbac/path.ts';
import type { ClusterContext } from '../survey.ts';

/** A user or group that somebody bound to a role, and is none of Kubernetes itself. */
export interface BoundName {
  readonly kind: 'user' | 'group';
  readonly name: string;
  readonly line: Evidence;
}

/** Names of people and their groups in bindings. What Kubernetes and kubeadm bind themselves, and names that begin with `system:`, are none. */
export function boundPeople(context: ClusterContext): readonly BoundName[] {
  const defaults = defaultsOf(context);
  return rbacGraph(context).bindings.flatMap((binding) => {
    if (binding.namespace !== '' && context.isExcluded(binding.namespace)) return [];
    return binding.grantees.flatMap((grantee) => {
      const { kind, name } = grantee;
      if (kind === 'serviceaccount' || name.startsWith('system:') || defaults.grants(binding, grantee)) return [];
      const field = { ...binding.object, key: 'subjects' };
      const line = fieldEvidence(field, `${kind} ${name}`, 'no name that only a certificate can prove', false);
      return [{ kind, name, line }];
    });
  });
}

/** A certificate for the API server that was issued on request; `person` is the name in it, undefined where it cannot be read. */
export interface IssuedCertificate {
  readonly person: string | undefined;
  readonly line: Evidence;
}

/** Approved requests for certificates of clients, but those of nodes and components. Kubernetes forgets them an hour after approval. */
export function issuedCertificates({ view }: ClusterContext, signers: readonly string[]): readonly IssuedCertificate[] {
  return view.all('certificatesigningrequests').flatMap((request) => {
    const signer = at(request.fields, 'spec.signerName');
    if (typeof signer !== 'string' || !signers.includes(signer) || !isApproved(request)) return [];
    const name = at(request.fields, 'spec.request.commonName');
    const person = typeof name === 'string' ? name : undefined;
    if (person?.startsWith('system:')) return [];
    const asked = at(request.fields, 'spec.username');
    const actual = `approved for ${person ?? 'a name that cannot be read'}, asked for by ${typeof asked === 'string' ? asked : 'nobody known'}`;
    const line = fieldEvidence({ ...request, key: 'spec.request' }, actual, 'no certificate for a person', false);
    return [{ person, line: { ...line, holds: person === undefined ? null : false } }];
  });
}

function isApproved({ fields }: ClusterObject): boolean {
  const conditions = at(fields, 'status.conditions');
  const types = (Array.isArray(conditions) ? conditions : []).map((one: Json) => at(one, 'type'));
  return types.includes('Approved') && !types.includes('Denied') && !types.includes('Failed');
}
