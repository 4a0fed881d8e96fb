import Type, { type Static } from 'typebox';
import type { Evidence } from '../../check/truth.ts';
import { fieldEvidence, limited } from '../evidence.ts';
import { type RbacGraph, rbacGraph, rbacResources } from '../rbac/graph.ts';
import { defaultsOf, isLeftOut } from '../rbac/path.ts';
import type { Role } from '../rbac/roles.ts';
import type { Rule } from '../rbac/rule.ts';
import type { ClusterContext, Judged, Survey } from '../survey.ts';

const Field = Type.Union([
  Type.Literal('apiGroups'),
  Type.Literal('resources'),
  Type.Literal('verbs'),
  Type.Literal('nonResourceURLs'),
]);
const Schema = Type.Object({ fields: Type.Array(Field, { minItems: 1 }) }, { additionalProperties: false });

/** Roles with a star in one of these fields: who holds them, and which nobody holds. */
export const wildcardRoles: Survey = {
  schema: Schema,
  each: 'cluster',
  needs: () => rbacResources,
  facts: false,
  judge(context, operands) {
    // The pack has checked operands against the schema.
    const { fields } = operands as unknown as Static<typeof Schema>;
    const graph = rbacGraph(context);
    const found = [...graph.roles.values()].flatMap((role) => {
      const { namespace } = role.object;
      if (namespace !== '' && context.isExcluded(namespace)) return [];
      const stars = role.rules.flatMap((rule, index) => starsOf(rule, index, fields));
      return stars.length > 0 ? [judged(context, graph, role, stars)] : [];
    });
    return found.length > 0 ? found : [none];
  },
};

const none: Judged = {
  subject: 'cluster',
  status: 'pass',
  reason: 'as-expected',
  message: 'No role uses a star.',
  evidence: [fieldEvidence({ kind: 'Cluster', namespace: '', name: '', key: 'rules' }, 'no star', 'no star', true)],
};

/** A place of a star: its rule and what it says there. */
interface Star {
  readonly rule: Rule;
  readonly key: string;
  readonly text: string;
}

function starsOf(rule: Rule, index: number, fields: Static<typeof Schema>['fields']): readonly Star[] {
  return fields
    .filter((field) => rule[field].some((one) => one.includes('*')))
    .map((field) => ({ rule, key: `rules[${index}].${field}`, text: rule[field].slice(0, 20).join(', ') }));
}

function judged(context: ClusterContext, graph: RbacGraph, role: Role, stars: readonly Star[]): Judged {
  const defaults = defaultsOf(context);
  const foreign = stars.filter(({ rule }) => !defaults.ships(role, rule));
  const place = `${stars[0]?.key} is ${stars[0]?.text}`;
  if (foreign.length === 0) {
    const message = `${place}, as Kubernetes itself ships this role`;
    return { subject: role.key, status: 'pass', reason: 'system-default', message, evidence: lines(role, stars, true) };
  }
  const holders = holdersOf(context, graph, role);
  const where = `${foreign[0]?.key} is ${foreign[0]?.text}`;
  if (holders.length === 0) {
    const outside = graph.bindingsTo(role.key).some(({ grantees }) => grantees.length > 0);
    const message = `${where}; nobody ${outside ? 'outside of the excluded namespaces ' : ''}holds this role now`;
    return { subject: role.key, status: 'warn', reason: 'unbound', message, evidence: lines(role, foreign, null) };
  }
  const own = foreign.every(({ rule }) => isOwnGroup(rule));
  const message = `${where}, held by ${holders[0]?.actual}${holders.length > 1 ? ` and ${holders.length - 1} more` : ''}`;
  const evidence = limited([...lines(role, foreign, own ? null : false), ...holders]);
  if (!own) return { subject: role.key, status: 'fail', reason: 'wildcard', message, evidence };
  const groups = [...new Set(foreign.flatMap(({ rule }) => rule.apiGroups))].slice(0, 5).join(', ');
  return { subject: role.key, status: 'warn', reason: 'own-group', message: `${message}, only in ${groups}`, evidence };
}

function lines(role: Role, stars: readonly Star[], holds: boolean | null): readonly Evidence[] {
  const { kind, namespace, name } = role.object;
  return limited(stars.map(({ key, text }) => fieldEvidence({ kind, namespace, name, key }, text, 'no star', holds)));
}

/** Who holds the role, one line each. */
function holdersOf(context: ClusterContext, graph: RbacGraph, role: Role): readonly Evidence[] {
  return graph.bindingsTo(role.key).flatMap(({ object: { kind, namespace, name }, grantees }) => {
    if (namespace !== '' && context.isExcluded(namespace)) return [];
    const field = { kind, namespace, name, key: 'subjects' };
    const held = grantees.filter((grantee) => !isLeftOut(context, grantee));
    return held.map(({ key }) => fieldEvidence(field, key, 'nobody', null));
  });
}

/** The stars of an operator over its own API groups: none of the core group's or of Kubernetes' own. */
function isOwnGroup({ apiGroups, nonResourceURLs }: Rule): boolean {
  return nonResourceURLs.length === 0 && apiGroups.length > 0 && apiGroups.every((group) => isForeign(group));
}

/** Kubernetes keeps groups without a dot and below k8s.io for itself. */
function isForeign(group: string): boolean {
  return group.includes('.') && !/(^|\.)k8s\.io$/.test(group) && !group.includes('*');
}
