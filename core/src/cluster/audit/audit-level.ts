import type { AuditLevel, AuditPolicy, AuditResources, AuditRule } from './policy.ts';

/** A request as auditing sees it. `resource` undefined: it is for another URL, `path`. Everything unnamed is ''. */
export interface AuditRequest {
  readonly user: string;
  readonly groups: readonly string[];
  readonly verb: string;
  readonly resource?: { readonly group: string; readonly resource: string; readonly subresource: string };
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

/** How a request is recorded. `rule` counts from 1; 0: no rule matches, so nothing is recorded. */
export interface AuditAnswer {
  readonly level: AuditLevel;
  readonly rule: number;
}

/**
 * The level at which a policy records a request: that of the first rule that matches, None without one. A rule that omits every stage
 * at which a request could be recorded counts as None. Source: k8s.io/apiserver/pkg/audit/policy/checker.go.
 */
export function auditLevel(policy: AuditPolicy, request: AuditRequest): AuditAnswer {
  const index = policy.rules.findIndex((rule) => matches(rule, request));
  const rule = policy.rules[index];
  if (!rule) return { level: 'None', rule: 0 };
  return { level: silent(rule, request) ? 'None' : rule.level, rule: index + 1 };
}

/** ResponseStarted exists only for requests that go on for long: watches and what streams. */
function silent({ omitStages }: AuditRule, { verb, resource }: AuditRequest): boolean {
  const long = verb === 'watch' || ['exec', 'attach', 'portforward', 'proxy'].includes(resource?.subresource ?? '');
  const stages = ['RequestReceived', 'ResponseComplete', ...(long ? ['ResponseStarted'] : [])];
  return stages.every((stage) => omitStages.includes(stage));
}

function matches(rule: AuditRule, request: AuditRequest): boolean {
  const { users, userGroups, verbs, namespaces, resources, nonResourceURLs } = rule;
  if (users.length > 0 && !users.includes(request.user)) return false;
  if (userGroups.length > 0 && !request.groups.some((group) => userGroups.includes(group))) return false;
  if (verbs.length > 0 && !verbs.includes(request.verb)) return false;
  if (namespaces.length > 0 || resources.length > 0) return matchesResource(rule, request);
  if (nonResourceURLs.length === 0) return true;
  return request.resource === undefined && nonResourceURLs.some((spec) => matchesPath(spec, request.path));
}

function matchesResource({ namespaces, resources }: AuditRule, request: AuditRequest): boolean {
  if (!request.resource) return false;
  if (namespaces.length > 0 && !namespaces.includes(request.namespace)) return false;
  return resources.length === 0 || resources.some((one) => covers(one, request));
}

function covers({ group, resources, resourceNames }: AuditResources, { resource: asked, name }: AuditRequest): boolean {
  if (!asked || group !== asked.group) return false;
  if (resources.length === 0) return true;
  if (resourceNames.length > 0 && !resourceNames.includes(name)) return false;
  const { resource, subresource } = asked;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return resources.some(
    (one) =>
      one === '*' || one === combined || (subresource !== '' && one === `*/${subresource}`) || one === `${resource}/*`,
  );
}

function matchesPath(spec: string, path: string): boolean {
  return spec === '*' || spec === path || (spec.endsWith('*') && path.startsWith(spec.replace(/\*+$/, '')));
}
