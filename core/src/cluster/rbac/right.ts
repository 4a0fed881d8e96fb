import Type, { type Static } from 'typebox';
import type { Role } from './roles.ts';
import { type Action, gives, type Rule } from './rule.ts';

const Texts = Type.Array(Type.String(), { minItems: 1 });

/**
 * Something that few should be able to do: any of these verbs on any of these resources. `clusterScoped`: the objects live in no
 * namespace, so that a RoleBinding gives nothing of it. `mighty`: names of objects to which it is no limit to be limited
 * (binding cluster-admin is as good as binding anything). `since`: the minor before which the API server knows no such right.
 */
export const Right = Type.Object(
  {
    apiGroups: Texts,
    resources: Texts,
    verbs: Texts,
    clusterScoped: Type.Optional(Type.Boolean()),
    mighty: Type.Optional(Texts),
    since: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type Right = Static<typeof Right>;

/** What one rule of a role gives of a right. */
export interface Match {
  readonly rule: Rule;
  /** Place of the rule in the role, from 0. */
  readonly index: number;
  /** `get,list secrets`: what of the right it gives. */
  readonly what: string;
  /** Only the objects that the rule names. */
  readonly named: boolean;
  readonly clusterScoped: boolean;
}

/** A right with each of its actions spelled out, made once for many roles. */
interface Spelled {
  readonly right: Right;
  readonly actions: readonly Action[];
}

/** Finds every rule of a role that gives something of one of the rights. */
export function matcherOf(rights: readonly Right[]): (role: Role) => readonly Match[] {
  const spelled = rights.map((right) => ({ right, actions: actionsOf(right) }));
  return (role) => role.rules.flatMap((rule, index) => spelled.flatMap((one) => matchesOf(rule, index, one)));
}

function matchesOf(rule: Rule, index: number, { right, actions }: Spelled): readonly Match[] {
  const extents = Map.groupBy(actions, (action) => gives(rule, action));
  return (['all', 'named'] as const).flatMap((extent) => {
    const given = extents.get(extent);
    if (!given) return [];
    const unlimited = rule.resourceNames.some((name) => right.mighty?.includes(name));
    const named = extent === 'named' && !unlimited;
    return { rule, index, what: inWords(given), named, clusterScoped: right.clusterScoped === true };
  });
}

function actionsOf({ apiGroups, resources, verbs }: Right): readonly Action[] {
  return apiGroups.flatMap((apiGroup) =>
    resources.flatMap((resource) => verbs.map((verb) => ({ apiGroup, resource, verb }))),
  );
}

/** Verbs, then resources with their groups; resources that share their verbs together: `create,update deployments.apps,jobs.batch`. */
function inWords(actions: readonly Action[]): string {
  if (actions.some(({ apiGroup, resource, verb }) => [apiGroup, resource, verb].every((one) => one === '*')))
    return 'do everything';
  const verbs = Map.groupBy(actions, ({ resource, apiGroup }) =>
    apiGroup === '' ? resource : `${resource}.${apiGroup}`,
  );
  const resources = Map.groupBy(verbs, ([, list]) => list.map(({ verb }) => verb).join(','));
  return [...resources].map(([verb, list]) => `${verb} ${list.map(([resource]) => resource).join(',')}`).join('; ');
}
