import { type ObjectChange, open } from './object-change.ts';

const there = `namespace/${open}`;

/** 5.2.x, 5.3.2, 5.4.2 and 5.5.1 by what CRDs bring. Where an engine has to be asked, its webhook is registered and answers nothing. */
export const customChanges: readonly ObjectChange[] = [
  {
    name: 'a class of a secret store without a user; then secrets that come from a store',
    bad: `
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: plumbline-test, namespace: ${open}}
spec: {provider: vault}
`,
    seen: { 'secrets-external-store cluster': 'warn store-unused' },
    good: `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: plumbline-test, namespace: ${open}}
spec: {secretStoreRef: {name: vault}, target: {name: db}}
`,
    kept: { 'secrets-external-store cluster': 'pass as-expected' },
  },
  {
    name: 'a policy of Cilium that lets everything in; then one that lets in what runs here',
    bad: cilium('fromEntities: [all]'),
    seen: {},
    good: cilium('fromEndpoints: [{}]'),
    kept: { [`networkpolicy-per-namespace ${there}`]: 'pass as-expected' },
  },
  {
    name: 'a policy of Calico that selects nothing; then one that selects all',
    bad: calico("app == 'nobody'"),
    seen: {},
    good: calico('all()'),
    kept: { [`networkpolicy-per-namespace ${there}`]: 'pass as-expected' },
  },
  {
    name: 'Kyverno audits what pods have of their node; then refuses it',
    bad: kyverno('validationFailureAction: Audit', '', 'validate: {pattern: {spec: {=(hostPID): "false"}}}'),
    seen: {},
    good: kyverno('validationFailureAction: Enforce', '', 'validate: {pattern: {spec: {=(hostPID): "false"}}}'),
    kept: {
      [`psa-host-pid ${there}`]: 'pass as-expected',
      [`policy-control-mechanism ${there}`]: 'warn partly-restricted',
      'psa-host-pid namespace/default': 'pass as-expected',
      'psa-host-pid namespace/kube-node-lease': 'pass as-expected',
      'psa-host-pid namespace/kube-public': 'pass as-expected',
      'policy-control-mechanism namespace/default': 'warn partly-restricted',
    },
  },
  {
    name: 'Kyverno writes down where images come from; then asks for signatures',
    bad: kyverno('', '', 'verifyImages: [{imageReferences: ["*"], failureAction: Audit}]'),
    seen: { 'image-provenance cluster': 'warn not-enforced' },
    good: kyverno('', '', 'verifyImages: [{imageReferences: ["*"], failureAction: Enforce}]'),
    kept: { 'image-provenance cluster': 'pass as-expected' },
  },
  {
    name: 'a constraint of Gatekeeper that only counts; then one that denies',
    bad: gatekeeper('dryrun'),
    seen: {},
    good: gatekeeper('deny'),
    kept: {
      [`psa-privileged-containers ${there}`]: 'pass as-expected',
      [`policy-control-mechanism ${there}`]: 'warn partly-restricted',
      'psa-privileged-containers namespace/default': 'pass as-expected',
      'psa-privileged-containers namespace/kube-node-lease': 'pass as-expected',
      'psa-privileged-containers namespace/kube-public': 'pass as-expected',
      'policy-control-mechanism namespace/default': 'warn partly-restricted',
    },
  },
];

function cilium(from: string): string {
  return `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: plumbline-test, namespace: ${open}}
spec: {endpointSelector: {}, ingress: [{${from}}]}
`;
}

function calico(selector: string): string {
  return `
apiVersion: crd.projectcalico.org/v1
kind: NetworkPolicy
metadata: {name: plumbline-test, namespace: ${open}}
spec: {selector: "${selector}", types: [Ingress]}
`;
}

function kyverno(action: string, match: string, rule: string): string {
  return `${hook('kyverno-resource-validating-webhook-cfg', 'validate.kyverno.svc-fail')}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: plumbline-test}
spec:
  ${action}
  rules:
    - name: one
      match: {any: [{resources: {kinds: [Pod]${match}}}]}
      ${rule}
`;
}

function gatekeeper(action: string): string {
  return `${hook('gatekeeper-validating-webhook-configuration', 'validation.gatekeeper.sh')}
---
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8spspprivilegedcontainer}
spec:
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8spspprivileged
        violation[{"msg": "privileged"}] { containers[_].securityContext.privileged }
        containers[c] { c := input.review.object.spec.containers[_] }
        containers[c] { c := input.review.object.spec.initContainers[_] }
        containers[c] { c := input.review.object.spec.ephemeralContainers[_] }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPPrivilegedContainer
metadata: {name: plumbline-test}
spec: {enforcementAction: ${action}, match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}}
`;
}

/** Registers an engine for pods. Nothing answers, so that pods get in. */
function hook(name: string, webhook: string): string {
  return `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: ${name}}
webhooks:
  - name: ${webhook}
    failurePolicy: Ignore
    timeoutSeconds: 1
    sideEffects: None
    admissionReviewVersions: [v1]
    clientConfig: {service: {namespace: ${open}, name: nobody}}
    rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods, pods/ephemeralcontainers]}]
    namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}
`;
}
