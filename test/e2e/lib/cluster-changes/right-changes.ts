import { type ObjectChange, open } from './object-change.ts';

/** Who everything here is granted to: an account, as a person bound by name changes what is said of certificates as well. */
const robot = `serviceaccount/${open}/robot`;

/** A role binding of its own guards a namespace. */
const guarded = { 'namespace-boundaries cluster': 'pass as-expected' };

/** 5.1.1 to 5.1.4 and 5.1.8 to 5.1.13: who may do what. */
export const rightChanges: readonly ObjectChange[] = [
  {
    name: 'secrets are read everywhere; then one by its name',
    bad: everywhere('{apiGroups: [""], resources: [secrets], verbs: [get, list]}'),
    seen: { [`rbac-secrets-access ${robot}`]: 'fail cluster-wide' },
    good: within('{apiGroups: [""], resources: [secrets], resourceNames: [own], verbs: [get]}'),
    kept: { [`rbac-secrets-access ${robot}`]: 'pass limited-by-name', ...guarded },
  },
  {
    name: 'a role of stars that somebody has; then that nobody has',
    bad: everywhere('{apiGroups: [apps], resources: ["*"], verbs: [get]}'),
    seen: { 'rbac-wildcards clusterrole/plumbline-test': 'fail wildcard' },
    good: role('{apiGroups: [apps], resources: ["*"], verbs: [get]}'),
    kept: { 'rbac-wildcards clusterrole/plumbline-test': 'warn unbound' },
  },
  {
    name: 'pods are made everywhere; then read',
    bad: everywhere('{apiGroups: [""], resources: [pods], verbs: [create]}'),
    seen: { [`rbac-pod-create ${robot}`]: 'fail cluster-wide' },
    good: everywhere('{apiGroups: [""], resources: [pods], verbs: [get]}'),
    kept: {},
  },
  {
    name: 'roles are bound everywhere; then one role',
    bad: everywhere('{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}'),
    seen: { [`rbac-bind-impersonate-escalate ${robot}`]: 'fail cluster-wide' },
    good: within('{apiGroups: [rbac.authorization.k8s.io], resources: [roles], resourceNames: [own], verbs: [bind]}'),
    kept: { [`rbac-bind-impersonate-escalate ${robot}`]: 'pass limited-by-name', ...guarded },
  },
  {
    name: 'groups are impersonated; then one',
    bad: everywhere('{apiGroups: [""], resources: [groups], verbs: [impersonate]}'),
    seen: {
      [`rbac-bind-impersonate-escalate ${robot}`]: 'fail cluster-wide',
      [`rbac-system-masters ${robot}`]: 'fail impersonation',
      'rbac-system-masters cluster': 'gone',
    },
    good: everywhere('{apiGroups: [""], resources: [groups], resourceNames: [developers], verbs: [impersonate]}'),
    kept: { [`rbac-bind-impersonate-escalate ${robot}`]: 'pass limited-by-name' },
  },
  {
    name: 'volumes of nodes are made; then claims',
    bad: everywhere('{apiGroups: [""], resources: [persistentvolumes], verbs: [create]}'),
    seen: { [`rbac-persistentvolume-create ${robot}`]: 'fail cluster-wide' },
    good: everywhere('{apiGroups: [""], resources: [persistentvolumeclaims], verbs: [create]}'),
    kept: {},
  },
  {
    name: 'the proxy of nodes is used; then their metrics',
    bad: everywhere('{apiGroups: [""], resources: [nodes/proxy], verbs: [get]}'),
    seen: { [`rbac-nodes-proxy ${robot}`]: 'fail cluster-wide' },
    good: everywhere('{apiGroups: [""], resources: [nodes/metrics], verbs: [get]}'),
    kept: {},
  },
  {
    name: 'certificates are approved; then those of one signer of its own',
    bad: everywhere('{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve]}'),
    seen: { [`rbac-csr-approval ${robot}`]: 'fail cluster-wide' },
    good: everywhere(
      '{apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: [example.org/own], verbs: [approve]}',
    ),
    kept: { [`rbac-csr-approval ${robot}`]: 'pass limited-by-name' },
  },
  {
    name: 'webhooks are changed; then the own one',
    bad: everywhere(
      '{apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [update]}',
    ),
    seen: { [`rbac-webhook-configurations ${robot}`]: 'fail cluster-wide' },
    good: everywhere(
      '{apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], resourceNames: [own], verbs: [update]}',
    ),
    kept: { [`rbac-webhook-configurations ${robot}`]: 'pass limited-by-name' },
  },
  {
    name: 'tokens of all accounts are issued; then of one',
    bad: everywhere('{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]}'),
    seen: { [`rbac-service-account-token-create ${robot}`]: 'fail cluster-wide' },
    good: within('{apiGroups: [""], resources: [serviceaccounts/token], resourceNames: [own], verbs: [create]}'),
    kept: { [`rbac-service-account-token-create ${robot}`]: 'pass limited-by-name', ...guarded },
  },
  {
    name: 'cluster-admin for an account; then edit in one namespace',
    bad: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: plumbline-test}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, namespace: ${open}, name: robot}]
`,
    seen: {
      'rbac-cluster-admin-use clusterrolebinding/plumbline-test': 'fail cluster-wide',
      [`rbac-secrets-access ${robot}`]: 'fail cluster-wide',
      [`rbac-pod-create ${robot}`]: 'fail cluster-wide',
      [`rbac-bind-impersonate-escalate ${robot}`]: 'fail cluster-wide',
      [`rbac-system-masters ${robot}`]: 'fail impersonation',
      'rbac-system-masters cluster': 'gone',
      [`rbac-persistentvolume-create ${robot}`]: 'fail cluster-wide',
      [`rbac-nodes-proxy ${robot}`]: 'fail cluster-wide',
      [`rbac-csr-approval ${robot}`]: 'fail cluster-wide',
      [`rbac-webhook-configurations ${robot}`]: 'fail cluster-wide',
      [`rbac-service-account-token-create ${robot}`]: 'fail cluster-wide',
    },
    good: `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: plumbline-test, namespace: ${open}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, namespace: ${open}, name: robot}]
`,
    kept: {
      [`rbac-secrets-access ${robot}`]: 'warn namespaced-grant',
      [`rbac-pod-create ${robot}`]: 'warn namespaced-grant',
      [`rbac-bind-impersonate-escalate ${robot}`]: 'warn namespaced-grant',
      [`rbac-service-account-token-create ${robot}`]: 'warn namespaced-grant',
      ...guarded,
    },
  },
];

/** 5.1.11 of the document 2.1, which 2.0 lacks. */
export const kubeletRightChanges: readonly ObjectChange[] = [
  {
    name: 'monitoring uses the proxy of nodes; then what it needs',
    bad: everywhere('{apiGroups: [""], resources: [nodes/proxy], verbs: [get]}'),
    seen: {
      [`rbac-nodes-proxy ${robot}`]: 'fail cluster-wide',
      [`rbac-kubelet-fine-grained ${robot}`]: 'fail cluster-wide',
    },
    good: everywhere('{apiGroups: [""], resources: [nodes/metrics, nodes/stats, nodes/healthz], verbs: [get]}'),
    kept: {},
  },
];

function role(rule: string): string {
  return `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: plumbline-test}
rules: [${rule}]
`;
}

function everywhere(rule: string): string {
  return `${role(rule)}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: plumbline-test}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: plumbline-test}
subjects: [{kind: ServiceAccount, namespace: ${open}, name: robot}]
`;
}

/** In one namespace, whose role bindings are what guards it. */
function within(rule: string): string {
  return `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: plumbline-test, namespace: ${open}}
rules: [${rule}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: plumbline-test, namespace: ${open}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: plumbline-test}
subjects: [{kind: ServiceAccount, namespace: ${open}, name: robot}]
`;
}
