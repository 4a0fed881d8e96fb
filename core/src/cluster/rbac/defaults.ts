import Type, { type Static } from 'typebox';
import { type Minor, parseMinor } from '../../version.ts';
import type { Grantee } from './grantee.ts';
import type { Binding } from './graph.ts';
import type { Role } from './roles.ts';
import { covered, type Rule } from './rule.ts';

const Texts = Type.Array(Type.String());

/** benchmarks/defaults/rbac.yaml: bindings and roles that Kubernetes and kubeadm make by themselves. */
export const RbacDefaultsFile = Type.Object(
  {
    source: Texts,
    bindings: Type.Array(
      Type.Object(
        {
          binding: Type.String(),
          role: Type.String(),
          subject: Type.String(),
          by: Type.Union([Type.Literal('kubernetes'), Type.Literal('kubeadm')]),
          from: Type.String(),
          to: Type.Optional(Type.String()),
        },
        { additionalProperties: false },
      ),
    ),
    roles: Type.Record(
      Type.String(),
      Type.Array(
        Type.Object(
          {
            apiGroups: Type.Optional(Texts),
            resources: Type.Optional(Texts),
            verbs: Texts,
            resourceNames: Type.Optional(Texts),
            nonResourceURLs: Type.Optional(Texts),
          },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false },
);
export type RbacDefaultsFile = Static<typeof RbacDefaultsFile>;

/** What Kubernetes itself grants. A label or the prefix `system:` proves nothing, anybody can write them: names, subjects and rules do. */
export interface RbacDefaults {
  /** Is this grantee in this binding because Kubernetes or kubeadm put it there. */
  grants(binding: Binding, grantee: Grantee): boolean;
  /** Does Kubernetes ship a role of this name that allows this much, in any minor: what was added to it by somebody is not its own. */
  ships(role: Role, rule: Rule): boolean;
}

/** The defaults for an API server of a minor; of every minor when it is unknown. */
export function rbacDefaults(file: RbacDefaultsFile, minor: Minor | undefined): RbacDefaults {
  const made = file.bindings.filter(({ from }) => isMade(from, minor));
  const bindings = Map.groupBy(made, ({ binding }) => binding);
  const roles = new Map(
    Object.entries(file.roles).map(([key, rules]) => [key, rules.map((rule) => ({ ...noRule, ...rule }))]),
  );
  return {
    grants: ({ key, roleKey }, grantee) =>
      bindings.get(key)?.some(({ role, subject }) => role === roleKey && subject === grantee.key) ?? false,
    ships: ({ key }, rule) => {
      const rules = roles.get(key);
      return rules !== undefined && covered(rule, rules);
    },
  };
}

const noRule: Rule = { apiGroups: [], resources: [], verbs: [], resourceNames: [], nonResourceURLs: [] };

/** kubeadm may be one minor ahead of the API server. What an older minor made stays after an upgrade. */
function isMade(from: string, minor: Minor | undefined): boolean {
  const since = parseMinor(from);
  return minor === undefined || since === undefined || since.minor <= minor.minor + 1;
}
