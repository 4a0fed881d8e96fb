import { at } from '../../json.ts';
import type { ClusterObject } from '../objects.ts';
import { fitsSelector } from '../selector.ts';
import { subjectOf } from '../subject.ts';
import { type Rule, statedRules } from './rule.ts';

/** A role with the rules that hold. `partly`: some of the object could not be read, so there may be more. */
export interface Role {
  /** `clusterrole/view`, `role/app/reader`. */
  readonly key: string;
  readonly object: ClusterObject;
  readonly rules: readonly Rule[];
  readonly partly: boolean;
}

/** Finds roles by their key. */
export type Roles = ReadonlyMap<string, Role>;

/** Every role. A ClusterRole that aggregates has its rules as stored; where nobody filled them in, the union of what it selects. */
export function readRoles(clusterRoles: readonly ClusterObject[], roles: readonly ClusterObject[]): Roles {
  const sources = aggregationSources(clusterRoles);
  const all = [...clusterRoles, ...roles].map((object): [string, Role] => {
    const key = subjectOf(object.kind, object.namespace, object.name);
    const partly = object.malformed !== undefined;
    return [key, { key, object, rules: rulesOf(object, sources), partly }];
  });
  return new Map(all);
}

type Sources = (role: ClusterObject) => readonly ClusterObject[];

function rulesOf(role: ClusterObject, sources: Sources): readonly Rule[] {
  const stated = statedRules(role);
  if (stated.length > 0 || at(role.fields, 'aggregationRule') === undefined) return stated;
  return [...reached(role, sources)].flatMap(statedRules);
}

/** Everything that a role aggregates, through others too. Each role is entered once, so that a circle ends. */
function reached(role: ClusterObject, sources: Sources): ReadonlySet<ClusterObject> {
  const found = new Set<ClusterObject>([role]);
  for (const one of found) {
    if (one !== role && statedRules(one).length > 0) continue;
    for (const source of sources(one)) found.add(source);
  }
  return found;
}

/** What a role selects directly, computed once a role; none when it does not aggregate. */
function aggregationSources(clusterRoles: readonly ClusterObject[]): Sources {
  const memory = new Map<ClusterObject, readonly ClusterObject[]>();
  return (role) => {
    const before = memory.get(role);
    if (before) return before;
    const selectors = at(role.fields, 'aggregationRule.clusterRoleSelectors');
    const found = Array.isArray(selectors)
      ? clusterRoles.filter(({ labels }) => selectors.some((selector) => fitsSelector(selector, labels) === true))
      : [];
    memory.set(role, found);
    return found;
  };
}
