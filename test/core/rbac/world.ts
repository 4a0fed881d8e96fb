import type { JsonObject } from '@plumbline/core';
import fc from 'fast-check';
import type { Attributes } from './authorizer.ts';

const api = 'rbac.authorization.k8s.io';
const some = (...items: string[]) => fc.subarray(items, { minLength: 1 });
const maybe = <T>(list: fc.Arbitrary<T>) => fc.option(list, { nil: undefined });

/** Small alphabets, so that rules, bindings and requests meet. */
export const alphabet = {
  groups: ['', 'apps', 'example.org'],
  resources: ['pods', 'deployments', 'secrets', 'things'],
  subresources: ['', 'exec', 'scale'],
  verbs: ['get', 'list', 'create', 'deletecollection', 'impersonate'],
  names: ['', 'one', 'two'],
  namespaces: ['', 'rbac-a', 'rbac-b'],
  users: ['jane', 'bob', 'system:serviceaccount:rbac-a:web', 'system:serviceaccount:rbac-b:web'],
  teams: ['ops', 'dev', 'system:authenticated', 'system:serviceaccounts:rbac-a'],
  paths: ['/metrics', '/debug/pprof', '/debug'],
} as const;

const stars = ['*', 'pods', 'pods/exec', 'deployments/scale', '*/scale', '*/exec', 'secrets', 'things', 'pods/*'];
const rule = fc.oneof(
  fc.record({
    apiGroups: some(...alphabet.groups, '*'),
    resources: some(...stars),
    verbs: some(...alphabet.verbs, '*'),
    resourceNames: maybe(some('one', 'two')),
  }),
  fc.record({ nonResourceURLs: some('*', '/metrics', '/debug/*', '/debug**'), verbs: some('get', '*') }),
);
const resourceRule = fc.record({
  apiGroups: some(...alphabet.groups, '*'),
  resources: some(...stars),
  verbs: some(...alphabet.verbs, '*'),
  resourceNames: maybe(some('one', 'two')),
});

const user = fc.constantFrom(...alphabet.users).map((name) => ({ kind: 'User', apiGroup: api, name }));
const team = fc.constantFrom(...alphabet.teams).map((name) => ({ kind: 'Group', apiGroup: api, name }));
const account = fc
  .constantFrom('rbac-a', 'rbac-b')
  .map((namespace) => ({ kind: 'ServiceAccount', name: 'web', namespace }));
const local = fc.constant({ kind: 'ServiceAccount', name: 'web' });

const clusterRole = (n: number) =>
  fc.array(rule, { maxLength: 3 }).map((rules) => object('ClusterRole', `rbac-test-${n}`, '', { rules }));
const role = (n: number, namespace: string) =>
  fc.array(resourceRule, { maxLength: 3 }).map((rules) => object('Role', `rbac-test-${n}`, namespace, { rules }));
const clusterBinding = (n: number) =>
  fc
    .tuple(fc.nat(4), fc.array(fc.oneof(user, team, account), { maxLength: 3 }))
    .map(([to, subjects]) =>
      object('ClusterRoleBinding', `rbac-test-${n}`, '', { roleRef: reference('ClusterRole', to), subjects }),
    );
const binding = (n: number, namespace: string) =>
  fc
    .tuple(
      fc.constantFrom('Role', 'ClusterRole'),
      fc.nat(4),
      fc.array(fc.oneof(user, team, account, local), { maxLength: 3 }),
    )
    .map(([kind, to, subjects]) =>
      object('RoleBinding', `rbac-test-${n}`, namespace, { roleRef: reference(kind, to), subjects }),
    );

function reference(kind: string, n: number) {
  return { apiGroup: api, kind, name: `rbac-test-${n}` };
}

function object(kind: string, name: string, namespace: string, rest: object): JsonObject {
  const metadata = { name, ...(namespace ? { namespace } : {}) };
  // Arbitraries leave undefined members; JSON has none.
  return JSON.parse(JSON.stringify({ apiVersion: `${api}/v1`, kind, metadata, ...rest })) as JsonObject;
}

/** Roles and bindings of a small cluster, some of which refer to roles that do not exist. */
export const rbacWorld: fc.Arbitrary<readonly JsonObject[]> = fc.tuple(
  ...[0, 1, 2].map(clusterRole),
  ...[0, 1].flatMap((n) => [role(n, 'rbac-a'), role(n, 'rbac-b')]),
  ...[0, 1, 2].map(clusterBinding),
  ...[0, 1].flatMap((n) => [binding(n, 'rbac-a'), binding(n, 'rbac-b')]),
);

/** Requests to ask of such a cluster; one for a path has no namespace. */
export const attributes: fc.Arbitrary<Attributes> = fc
  .record(
    {
      user: fc.constantFrom(...alphabet.users),
      groups: fc.subarray([...alphabet.teams]),
      verb: fc.constantFrom(...alphabet.verbs),
      group: fc.constantFrom(...alphabet.groups),
      resource: fc.constantFrom(...alphabet.resources),
      subresource: fc.constantFrom(...alphabet.subresources),
      name: fc.constantFrom(...alphabet.names),
      namespace: fc.constantFrom(...alphabet.namespaces),
      path: fc.constantFrom(...alphabet.paths),
    },
    { requiredKeys: ['user', 'groups', 'verb', 'group', 'resource', 'subresource', 'name', 'namespace'] },
  )
  .map((asked) => (asked.path === undefined ? asked : { ...asked, namespace: '' }));
