/** How much of an object is asked for: all of it, or only its metadata (PartialObjectMetadata). */
export type Depth = 'object' | 'metadata';

/** One resource of the API that some control reads. */
export interface Resource {
  /** Name that controls and options use: `pods`, `kyverno.io/clusterpolicies`. */
  readonly name: string;
  /** API group, '' for the core group. */
  readonly group: string;
  /** Versions that are understood, best first. */
  readonly versions: readonly string[];
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly depth: Depth;
  /** Served by every cluster of the supported minors, or only where a CRD, a feature or an opt-in brings it. */
  readonly presence: 'always' | 'where-served' | 'crd' | 'opt-in';
  /**
   * Its objects lie in namespaces and decide about others too, so that a change of one has every namespace judged again.
   * `even-excluded`: they are kept of namespaces that are excluded as well, as they say what is let in elsewhere.
   */
  readonly bears?: 'everywhere' | 'even-excluded';
  /** Field selector of the watch, where less than everything is asked for. */
  readonly fieldSelector?: string;
}

function core(plural: string, kind: string, namespaced = true): Resource {
  return { name: plural, group: '', versions: ['v1'], plural, kind, namespaced, depth: 'object', presence: 'always' };
}

function grouped(group: string, plural: string, kind: string, namespaced: boolean): Resource {
  return { name: plural, group, versions: ['v1'], plural, kind, namespaced, depth: 'object', presence: 'always' };
}

function custom(
  group: string,
  versions: readonly string[],
  plural: string,
  kind: string,
  namespaced: boolean,
): Resource {
  return { name: `${group}/${plural}`, group, versions, plural, kind, namespaced, depth: 'object', presence: 'crd' };
}

const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';

/** Every resource that some control reads, each watched once. */
export const resources: readonly Resource[] = [
  core('namespaces', 'Namespace', false),
  core('pods', 'Pod'),
  core('serviceaccounts', 'ServiceAccount'),
  grouped(rbac, 'clusterroles', 'ClusterRole', false),
  grouped(rbac, 'clusterrolebindings', 'ClusterRoleBinding', false),
  { ...grouped(rbac, 'roles', 'Role', true), bears: 'everywhere' },
  { ...grouped(rbac, 'rolebindings', 'RoleBinding', true), bears: 'everywhere' },
  grouped('networking.k8s.io', 'networkpolicies', 'NetworkPolicy', true),
  grouped('certificates.k8s.io', 'certificatesigningrequests', 'CertificateSigningRequest', false),
  grouped(admission, 'validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', false),
  {
    ...grouped(admission, 'validatingadmissionpolicies', 'ValidatingAdmissionPolicy', false),
    versions: ['v1', 'v1beta1'],
    presence: 'where-served',
  },
  {
    ...grouped(admission, 'validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', false),
    versions: ['v1', 'v1beta1'],
    presence: 'where-served',
  },
  {
    ...grouped('apiextensions.k8s.io', 'customresourcedefinitions', 'CustomResourceDefinition', false),
    depth: 'metadata',
  },
  {
    ...core('secrets', 'Secret'),
    name: 'secrets/service-account-tokens',
    depth: 'metadata',
    presence: 'opt-in',
    fieldSelector: 'type=kubernetes.io/service-account-token',
  },
  {
    ...core('secrets', 'Secret'),
    name: 'secrets/bootstrap-tokens',
    depth: 'metadata',
    presence: 'opt-in',
    fieldSelector: 'type=bootstrap.kubernetes.io/token',
  },
  custom('cilium.io', ['v2'], 'ciliumnetworkpolicies', 'CiliumNetworkPolicy', true),
  custom('cilium.io', ['v2'], 'ciliumclusterwidenetworkpolicies', 'CiliumClusterwideNetworkPolicy', false),
  custom('crd.projectcalico.org', ['v1'], 'networkpolicies', 'NetworkPolicy', true),
  custom('crd.projectcalico.org', ['v1'], 'globalnetworkpolicies', 'GlobalNetworkPolicy', false),
  custom('policy.networking.k8s.io', ['v1alpha1'], 'adminnetworkpolicies', 'AdminNetworkPolicy', false),
  custom('policy.networking.k8s.io', ['v1alpha1'], 'baselineadminnetworkpolicies', 'BaselineAdminNetworkPolicy', false),
  custom('kyverno.io', ['v1'], 'clusterpolicies', 'ClusterPolicy', false),
  custom('kyverno.io', ['v1'], 'policies', 'Policy', true),
  { ...custom('kyverno.io', ['v2', 'v2beta1'], 'policyexceptions', 'PolicyException', true), bears: 'even-excluded' },
  custom('policies.kyverno.io', ['v1', 'v1beta1', 'v1alpha1'], 'validatingpolicies', 'ValidatingPolicy', false),
  {
    ...custom('policies.kyverno.io', ['v1', 'v1beta1', 'v1alpha1'], 'policyexceptions', 'PolicyException', true),
    bears: 'even-excluded',
  },
  custom(
    'policies.kyverno.io',
    ['v1', 'v1beta1', 'v1alpha1'],
    'imagevalidatingpolicies',
    'ImageValidatingPolicy',
    false,
  ),
  custom('templates.gatekeeper.sh', ['v1', 'v1beta1'], 'constrainttemplates', 'ConstraintTemplate', false),
  { ...custom('config.gatekeeper.sh', ['v1alpha1'], 'configs', 'Config', true), bears: 'even-excluded' },
  custom('policy.sigstore.dev', ['v1beta1', 'v1alpha1'], 'clusterimagepolicies', 'ClusterImagePolicy', false),
  custom('external-secrets.io', ['v1', 'v1beta1'], 'externalsecrets', 'ExternalSecret', true),
  custom('external-secrets.io', ['v1', 'v1beta1'], 'clusterexternalsecrets', 'ClusterExternalSecret', false),
  custom('secrets-store.csi.x-k8s.io', ['v1', 'v1alpha1'], 'secretproviderclasses', 'SecretProviderClass', true),
  custom('bitnami.com', ['v1alpha1'], 'sealedsecrets', 'SealedSecret', true),
];

/** Constraints of Gatekeeper: one resource a template, known only by the CRDs of this group. */
export const constraintGroup = 'constraints.gatekeeper.sh';

/** The name that all Gatekeeper constraints share in a view, whatever their kind. */
export const constraints = `${constraintGroup}/*`;

const byName = new Map(resources.map((one) => [one.name, one]));

/** The resource of a name, undefined when no control reads one of that name. */
export function resourceOf(name: string): Resource | undefined {
  return byName.get(name);
}
