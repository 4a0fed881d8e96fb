import { at, type Json } from '../../json.ts';
import type { ClusterObject } from '../objects.ts';

/** A rule of a role; what the object does not state is empty. */
export interface Rule {
  readonly apiGroups: readonly string[];
  /** `pods`, `pods/exec`, `*`, or a subresource of everything: one star, a slash, its name. */
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

/** Something a subject may do with a kind of object. `resource` with its subresource: `pods/exec`. */
export interface Action {
  readonly apiGroup: string;
  readonly resource: string;
  readonly verb: string;
}

/** The rules that a role object states. */
export function statedRules(role: ClusterObject): readonly Rule[] {
  const rules = at(role.fields, 'rules');
  return (Array.isArray(rules) ? rules : []).map((rule: Json) => ({
    apiGroups: texts(rule, 'apiGroups'),
    resources: texts(rule, 'resources'),
    verbs: texts(rule, 'verbs'),
    resourceNames: texts(rule, 'resourceNames'),
    nonResourceURLs: texts(rule, 'nonResourceURLs'),
  }));
}

function texts(rule: Json, key: string): readonly string[] {
  const list = at(rule, key);
  return Array.isArray(list) ? list.filter((item: Json) => typeof item === 'string') : [];
}

/** Does a rule speak of this action, whatever the name of the object. A star in the action is met only by a star. */
export function speaksOf(rule: Rule, { apiGroup, resource, verb }: Action): boolean {
  return has(rule.verbs, verb) && has(rule.apiGroups, apiGroup) && coversResource(rule.resources, resource);
}

function has(list: readonly string[], one: string): boolean {
  return list.includes('*') || list.includes(one);
}

/** `*` covers subresources too; a plain resource does not cover its own subresources. */
function coversResource(resources: readonly string[], resource: string): boolean {
  if (has(resources, resource)) return true;
  const cut = resource.indexOf('/');
  return cut > 0 && resources.includes(`*${resource.slice(cut)}`);
}

/**
 * How far a rule gives an action. `all`: on every object. `named`: only on the objects of `resourceNames` (list and watch then need a
 * field selector on the name). Names do not narrow what is created: an object of that name can be made by apply, whatever it holds; only
 * on a subresource (`serviceaccounts/token`) they do. A deletion of a collection carries no name, so that names leave nothing of it.
 */
export function gives(rule: Rule, action: Action): 'all' | 'named' | 'none' {
  if (!speaksOf(rule, action)) return 'none';
  if (rule.resourceNames.length === 0) return 'all';
  if (action.verb === 'deletecollection') return 'none';
  return action.verb === 'create' && !action.resource.includes('/') ? 'all' : 'named';
}

/** True when these rules together allow everything that a rule allows, as the API server compares them. */
export function covered(rule: Rule, by: readonly Rule[]): boolean {
  const names = rule.resourceNames.length > 0 ? rule.resourceNames : [undefined];
  const resources = rule.apiGroups.every((apiGroup) =>
    rule.resources.every((resource) =>
      rule.verbs.every((verb) =>
        names.every((name) => by.some((one) => speaksOf(one, { apiGroup, resource, verb }) && takes(one, name))),
      ),
    ),
  );
  const urls = rule.nonResourceURLs.every((url) =>
    rule.verbs.every((verb) => by.some((one) => has(one.verbs, verb) && coversUrl(one.nonResourceURLs, url))),
  );
  return resources && urls;
}

function takes(rule: Rule, name: string | undefined): boolean {
  return rule.resourceNames.length === 0 || (name !== undefined && rule.resourceNames.includes(name));
}

/** A path as a rule states it; a star at the end stands for everything that follows. */
export function coversUrl(urls: readonly string[], url: string): boolean {
  return urls.some(
    (one) => one === '*' || one === url || (one.endsWith('*') && url.startsWith(one.replace(/\*+$/, ''))),
  );
}
