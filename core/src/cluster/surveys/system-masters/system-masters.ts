import Type, { type Static } from 'typebox';
import { at, type Json } from '../../../json.ts';
import { fieldEvidence } from '../../evidence.ts';
import type { ClusterObject } from '../../objects.ts';
import { granteeOf } from '../../rbac/grantee.ts';
import { type Binding, type RbacGraph, rbacGraph, rbacResources } from '../../rbac/graph.ts';
import { defaultsOf, pathEvidence, pathsTo } from '../../rbac/path.ts';
import type { Right } from '../../rbac/right.ts';
import { subjectOf } from '../../subject.ts';
import type { ClusterContext, Judged, Survey } from '../../survey.ts';
import { judgeNodeKeys } from './nodes.ts';

const requests = 'certificatesigningrequests';
const Schema = Type.Object(
  {
    group: Type.String(),
    /** Signers whose certificates the API server takes. */
    signers: Type.Array(Type.String(), { minItems: 1 }),
    /** Named set of kubeconfigs that are kept for emergencies. */
    emergency: Type.String(),
  },
  { additionalProperties: false },
);
type With = Static<typeof Schema>;

/** Is a group that passes every authorizer in use: bindings, certificate requests, impersonation, certificates on nodes. */
export const systemMasters: Survey = {
  schema: Schema,
  each: 'cluster',
  needs: () => [...rbacResources, requests],
  facts: true,
  judge(context, operands) {
    // The pack has checked operands against the schema.
    const sought = operands as unknown as With;
    const graph = rbacGraph(context);
    const found = [
      ...foreignBindings(context, graph, sought),
      ...context.view.all(requests).flatMap((request) => judgeRequest(request, sought) ?? []),
      ...impersonators(context, graph, sought),
    ];
    const nodes = context.view.nodes().map((node) => judgeNodeKeys(node, { ...sought, now: context.now }));
    const api = found.length > 0 ? found : [nothing(sought)];
    return [...api, ...(nodes.length > 0 ? nodes : [noNodes])];
  },
};

function nothing({ group }: With): Judged {
  const field = { kind: 'Cluster', namespace: '', name: '', key: 'bindings, requests, impersonation' };
  const message = `No binding but Kubernetes' own names ${group}, no certificate is asked for it, nobody may impersonate it.`;
  const evidence = [fieldEvidence(field, 'nobody', `no use of ${group}`, true)];
  return { subject: 'cluster', status: 'pass', reason: 'as-expected', message, evidence };
}

const noNodes: Judged = {
  subject: 'nodes',
  status: 'warn',
  reason: 'no-nodes',
  message: 'No node is known, so that nobody looked for certificates of this group: look into the kubeconfigs in use.',
  evidence: [],
};

/** Membership needs no binding; a binding of somebody shows that the group is counted on. */
function foreignBindings(context: ClusterContext, graph: RbacGraph, { group }: With): readonly Judged[] {
  const grantee = granteeOf('group', '', group);
  const defaults = defaultsOf(context);
  const isForeign = (binding: Binding) =>
    !defaults.grants(binding, grantee) && !(binding.namespace !== '' && context.isExcluded(binding.namespace));
  return graph
    .bindingsOf(grantee.key)
    .filter(isForeign)
    .map(({ key, object, roleKey }) => {
      const evidence = [fieldEvidence({ ...object, key: 'subjects' }, group, `no ${group}`, false)];
      const message = `${key} names ${group}, which may do everything without it, and binds it to ${roleKey}`;
      return { subject: key, status: 'fail', reason: 'foreign-binding', message, evidence };
    });
}

/** A request in the name of the group that was not refused; one that nobody can read may be such a one. */
function judgeRequest(object: ClusterObject, { group, signers }: With): Judged | undefined {
  const subject = subjectOf(object.kind, '', object.name);
  const conditions = at(object.fields, 'status.conditions');
  const types = (Array.isArray(conditions) ? conditions : []).map((one: Json) => at(one, 'type'));
  const organizations = at(object.fields, 'spec.request.organizations');
  if (types.includes('Denied')) return undefined;
  const line = (actual: string, holds: boolean | null) => [
    fieldEvidence({ ...object, key: 'spec.request' }, actual, `no ${group}`, holds),
  ];
  if (!Array.isArray(organizations)) {
    const message = 'The request cannot be read, so that it is not known for whom a certificate is asked.';
    return { subject, status: 'warn', reason: 'malformed', message, evidence: line('unreadable', null) };
  }
  if (!organizations.includes(group)) return undefined;
  const [signer, username] = [text(object, 'spec.signerName'), text(object, 'spec.username')];
  const actual = `O=${organizations.join(', O=')}, CN=${text(object, 'spec.request.commonName')}`;
  const approved = types.includes('Approved');
  const message = `${username} asked ${signer} for a certificate of ${group}, ${approved ? 'approved' : 'not decided yet'}`;
  if (!approved) return { subject, status: 'warn', reason: 'request-pending', message, evidence: line(actual, null) };
  if (!signers.includes(signer)) {
    return { subject, status: 'warn', reason: 'other-signer', message, evidence: line(actual, null) };
  }
  return { subject, status: 'fail', reason: 'request-approved', message, evidence: line(actual, false) };
}

function text({ fields }: ClusterObject, path: string): string {
  const value = at(fields, path);
  return typeof value === 'string' ? value : '';
}

/** Who may impersonate any group, or this one, becomes a member at will. */
function impersonators(context: ClusterContext, graph: RbacGraph, { group }: With): readonly Judged[] {
  const right: Right = {
    apiGroups: [''],
    resources: ['groups'],
    verbs: ['impersonate'],
    clusterScoped: true,
    mighty: [group],
  };
  const paths = pathsTo(context, graph, [right]).filter(({ byDefault, match }) => !byDefault && !match.named);
  return [...Map.groupBy(paths, ({ grantee }) => grantee.key)].map(([key, list]) => {
    const by = list
      .map(({ binding }) => binding.key)
      .slice(0, 3)
      .join(', ');
    const message = `${key} may impersonate ${group}, by ${by}`;
    const evidence = list.map((path) => pathEvidence(path, false));
    return { subject: key, status: 'fail', reason: 'impersonation', message, evidence };
  });
}
