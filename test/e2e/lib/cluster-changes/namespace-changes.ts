import { type ObjectChange, open, pod, restricted } from './object-change.ts';

const there = `namespace/${open}`;
const levels = 'pod-security.kubernetes.io/enforce';

/** 5.1.5, 5.1.6, 5.2.1, 5.3.2, 5.6.1 and 5.6.4: what holds in a namespace, whatever runs there. */
export const namespaceChanges: readonly ObjectChange[] = [
  {
    name: 'a workload holds a token without use; then its account gives none',
    bad: `
{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot, namespace: ${open}}}
---
${holder('bad')}`,
    seen: { [`service-account-token-automount ${there}`]: 'fail token-without-use' },
    good: `
{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot, namespace: ${open}}, automountServiceAccountToken: false}
---
${holder('good')}`,
    kept: {},
  },
  {
    name: 'the default account has rights; then neither rights nor a token',
    bad: `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: plumbline-test, namespace: ${open}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, namespace: ${open}, name: default}]
`,
    seen: {
      [`default-service-accounts ${there}`]: 'fail has-rights',
      'namespace-boundaries cluster': 'pass as-expected',
    },
    good: `{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: ${open}}, automountServiceAccountToken: false}`,
    kept: { [`default-service-accounts ${there}`]: 'pass as-expected' },
  },
  {
    name: 'baseline is enforced; then restricted',
    bad: `{apiVersion: v1, kind: Namespace, metadata: {name: ${open}, labels: {${levels}: baseline}}}`,
    seen: {
      [`policy-control-mechanism ${there}`]: 'pass as-expected',
      [`psa-privileged-containers ${there}`]: 'pass as-expected',
      [`psa-host-pid ${there}`]: 'pass as-expected',
      [`psa-host-ipc ${there}`]: 'pass as-expected',
      [`psa-host-network ${there}`]: 'pass as-expected',
      [`psa-host-path ${there}`]: 'pass as-expected',
      [`psa-host-ports ${there}`]: 'pass as-expected',
    },
    good: `{apiVersion: v1, kind: Namespace, metadata: {name: ${open}, labels: {${levels}: restricted}}}`,
    kept: {
      [`policy-control-mechanism ${there}`]: 'pass as-expected',
      [`psa-privileged-containers ${there}`]: 'pass as-expected',
      [`psa-host-pid ${there}`]: 'pass as-expected',
      [`psa-host-ipc ${there}`]: 'pass as-expected',
      [`psa-host-network ${there}`]: 'pass as-expected',
      [`psa-host-path ${there}`]: 'pass as-expected',
      [`psa-host-ports ${there}`]: 'pass as-expected',
      [`psa-privilege-escalation ${there}`]: 'pass as-expected',
      [`psa-root-containers ${there}`]: 'pass as-expected',
      [`psa-net-raw ${there}`]: 'pass as-expected',
      [`psa-capabilities-assigned ${there}`]: 'pass as-expected',
      [`pod-seccomp-profile ${there}`]: 'pass as-expected',
    },
  },
  {
    name: 'a network policy that selects nothing; then one that selects every pod',
    bad: policy('{matchLabels: {app: nobody}}'),
    seen: { 'namespace-boundaries cluster': 'pass as-expected' },
    good: policy('{}'),
    kept: {
      'namespace-boundaries cluster': 'pass as-expected',
      [`networkpolicy-per-namespace ${there}`]: 'pass as-expected',
    },
  },
  {
    name: 'something runs in default; then elsewhere',
    bad: pod('bad', { namespace: 'default' }),
    seen: {
      'default-namespace-unused namespace/default': 'fail not-as-expected',
      'namespace-boundaries cluster': 'fail shared-namespace',
      'networkpolicy-per-namespace namespace/default': 'fail not-isolated',
      'secrets-as-files namespace/default': 'pass as-expected',
      'pod-security-context namespace/default': 'pass as-expected',
    },
    good: pod('good'),
    kept: {},
  },
  {
    name: 'a policy of admission that only warns; then one that denies',
    bad: admission('[Warn]'),
    seen: {},
    good: admission('[Deny]'),
    kept: {
      [`psa-host-pid ${there}`]: 'pass as-expected',
      [`policy-control-mechanism ${there}`]: 'warn partly-restricted',
    },
  },
];

/** A pod of the account robot, which holds its token unless the account says no. */
function holder(name: string): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${open}}
spec:
  nodeSelector: {plumbline.test/nowhere: "true"}
  serviceAccountName: robot
  containers: [{name: main, image: plumbline.test/none, securityContext: ${JSON.stringify(restricted)}}]
`;
}

function policy(selector: string): string {
  return `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: plumbline-test, namespace: ${open}}
spec: {podSelector: ${selector}, policyTypes: [Ingress, Egress]}
`;
}

/** Says no to pods that see the processes of their node, in this namespace. */
function admission(actions: string): string {
  return `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: plumbline-test}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]
  validations:
    - expression: '!has(object.spec.hostPID) || !object.spec.hostPID'
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: plumbline-test}
spec:
  policyName: plumbline-test
  validationActions: ${actions}
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${open}}}}
`;
}
