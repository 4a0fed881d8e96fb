import type { JsonObject } from '@plumbline/core';

/** A request as SubjectAccessReview states it. */
export interface Attributes {
  readonly user: string;
  readonly groups: readonly string[];
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly namespace: string;
  readonly path?: string;
}

type Rule = Readonly<
  Record<'apiGroups' | 'resources' | 'verbs' | 'resourceNames' | 'nonResourceURLs', string[] | undefined>
>;
interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** May this be done: every binding, every subject, every rule in turn, as the RBAC authorizer of Kubernetes goes. Knows nothing of ours. */
export function authorize(objects: readonly JsonObject[], asked: Attributes): boolean {
  for (const object of objects) {
    const everywhere = object['kind'] === 'ClusterRoleBinding';
    if (!everywhere && object['kind'] !== 'RoleBinding') continue;
    const { namespace = '' } = object['metadata'] as { namespace?: string };
    if (!everywhere && (asked.namespace === '' || asked.namespace !== namespace)) continue;
    const subjects = object['subjects'] as unknown as Subject[];
    if (!subjects.some((one) => isMeant(one, everywhere ? '' : namespace, asked))) continue;
    const { kind, name } = object['roleRef'] as { kind: string; name: string };
    const role = objects.find((one) => {
      const meta = one['metadata'] as { name: string; namespace?: string };
      if (one['kind'] !== kind || meta.name !== name) return false;
      return kind === 'ClusterRole' || (!everywhere && meta.namespace === namespace);
    });
    for (const rule of (role?.['rules'] ?? []) as unknown as Rule[]) if (allows(rule, asked)) return true;
  }
  return false;
}

function isMeant(subject: Subject, bindingNamespace: string, { user, groups }: Attributes): boolean {
  if (subject.kind === 'User') return subject.name === user;
  if (subject.kind === 'Group') return groups.includes(subject.name);
  const namespace = subject.namespace ? subject.namespace : bindingNamespace;
  return namespace !== '' && `system:serviceaccount:${namespace}:${subject.name}` === user;
}

function allows(rule: Rule, asked: Attributes): boolean {
  if (!(rule.verbs ?? []).some((one) => one === '*' || one === asked.verb)) return false;
  if (asked.path !== undefined) return allowsPath(rule, asked.path);
  if (!(rule.apiGroups ?? []).some((one) => one === '*' || one === asked.group)) return false;
  const names = rule.resourceNames ?? [];
  return allowsResource(rule, asked) && (names.length === 0 || names.includes(asked.name));
}

function allowsPath(rule: Rule, path: string): boolean {
  for (const url of rule.nonResourceURLs ?? []) {
    if (url === '*' || url === path) return true;
    if (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, ''))) return true;
  }
  return false;
}

function allowsResource(rule: Rule, { resource, subresource }: Attributes): boolean {
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  for (const one of rule.resources ?? []) {
    if (one === '*' || one === whole) return true;
    if (subresource !== '' && one === `*/${subresource}`) return true;
  }
  return false;
}
