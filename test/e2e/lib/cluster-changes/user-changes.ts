import { type ObjectChange, open } from './object-change.ts';

/** A request for O=system:masters, CN=jane. */
const master =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIak1JR0tBZ0VBTUNneEZ6QVZCZ05WQkFvTURuTjVjM1JsYlRwdFlYTjBaWEp6TVEwd0N3WURWUVFEREFScQpZVzVsTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFaVgrY2FrMnpsai9FSTI3MTA5czFIUE14CjF4Ti9LV0c4RklNZW5EYUliR3B4REJ1V0NacU5HcDRYRmpiUC9uOG1xSy80eWF4TTQyWUhmWkZDKzhmS0NhQUEKTUFvR0NDcUdTTTQ5QkFNQ0EwZ0FNRVVDSVFDTk1KZHpWWmxCc2RZOHZsNUtIdjhIcWladGI2QXhsTzJLL010aQpSR09hd3dJZ09MTXF0MFc4Qkd3RHJxQ1ZpZEMzSEorNGl5RFF3Zy9YTjFrU1NzYk84TlE9Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=';
/** A request for O=ops, CN=jane. */
const jane =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWE1IOENBUUF3SFRFTU1Bb0dBMVVFQ2d3RGIzQnpNUTB3Q3dZRFZRUUREQVJxWVc1bE1Ga3dFd1lIS29aSQp6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUV2KzNvcmFuckI1WHhVZXhSQkxSRlIrVXY0U3Q3K1k4MWZkRnZyVm9vCk9waExDbHpnSFJ3WFNPQnEyb3JqRzhrNnFEYnI5SjZ4SnlIQ0V4UDZkK1FpSEtBQU1Bb0dDQ3FHU000OUJBTUMKQTBnQU1FVUNJSCtQU1FEVWxVU1BEbllKRXY4TUxGc2pVVTR5ajlIbXJzSGZEbURDME52ZEFpRUF6OC81VThiVQpDdWJHT0p6aU8yWVVmcGZ2Q0gvZnF3VkZhZHUySE5WbVhwWT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==';

/** 3.1.1, 3.1.3 and 5.1.7: who logs in by what. */
export const userChanges: readonly ObjectChange[] = [
  {
    name: 'a person has a role by name; then an account has it',
    bad: viewer('{kind: User, apiGroup: rbac.authorization.k8s.io, name: jane}'),
    seen: {
      'users-client-certificate-auth cluster': 'fail certificates-only',
      'namespace-boundaries cluster': 'pass as-expected',
    },
    good: viewer(`{kind: ServiceAccount, name: robot, namespace: ${open}}`),
    kept: { 'namespace-boundaries cluster': 'pass as-expected' },
  },
  {
    name: 'a certificate is issued to a person; then refused',
    bad: certificate('plumbline-jane', jane, 'kubernetes.io/kube-apiserver-client', 'Approved'),
    seen: { 'users-client-certificate-auth cluster': 'fail certificates-issued' },
    good: certificate('plumbline-no', jane, 'kubernetes.io/kube-apiserver-client', 'Denied'),
    kept: {},
  },
  {
    name: 'a certificate of system:masters is granted; then refused',
    bad: certificate('plumbline-master', master, 'kubernetes.io/kube-apiserver-client-kubelet', 'Approved'),
    seen: {
      'rbac-system-masters certificatesigningrequest/plumbline-master': 'fail request-approved',
      'rbac-system-masters cluster': 'gone',
    },
    good: certificate('plumbline-no', master, 'kubernetes.io/kube-apiserver-client-kubelet', 'Denied'),
    kept: {},
  },
  {
    name: 'system:masters is bound once more; then a group that RBAC can hold back',
    bad: viewers('system:masters'),
    seen: {
      'rbac-system-masters clusterrolebinding/plumbline-test': 'fail foreign-binding',
      'rbac-system-masters cluster': 'gone',
    },
    good: viewers('viewers'),
    kept: { 'users-client-certificate-auth cluster': 'fail certificates-only' },
  },
  {
    name: 'joining nodes may look around; then only join',
    bad: viewers('system:bootstrappers'),
    seen: { 'users-bootstrap-token-auth cluster': 'fail rights-beyond-joining' },
    good: '',
    kept: {},
  },
];

function viewer(subject: string): string {
  return `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: plumbline-test, namespace: ${open}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [${subject}]
`;
}

function viewers(group: string): string {
  return `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: plumbline-test}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "${group}"}]
`;
}

function certificate(name: string, request: string, signerName: string, condition: 'Approved' | 'Denied'): string {
  return `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: ${name}}
spec: {request: ${request}, signerName: ${signerName}, usages: [client auth]}
status: {conditions: [{type: ${condition}, status: "True", reason: Test, message: a test}]}
`;
}
