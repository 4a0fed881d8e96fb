import type { Mask } from './keep.ts';

const selector: Mask = {
  matchLabels: 'map',
  matchExpressions: [{ key: 'string', operator: 'string', values: 'strings' }],
};

const profile: Mask = { type: 'string', localhostProfile: 'string' };
const windows: Mask = { hostProcess: 'boolean', runAsUserName: 'string' };
const seLinux: Mask = { type: 'string', user: 'string', role: 'string', level: 'string' };

const handler: Mask = { httpGet: { host: 'string' }, tcpSocket: { host: 'string' } };

const container: Mask = {
  name: 'string',
  image: 'string',
  restartPolicy: 'string',
  securityContext: {
    privileged: 'boolean',
    allowPrivilegeEscalation: 'boolean',
    readOnlyRootFilesystem: 'boolean',
    runAsNonRoot: 'boolean',
    runAsUser: 'number',
    runAsGroup: 'number',
    procMount: 'string',
    capabilities: { add: 'strings', drop: 'strings' },
    seccompProfile: profile,
    appArmorProfile: profile,
    seLinuxOptions: seLinux,
    windowsOptions: windows,
  },
  ports: [{ name: 'string', hostPort: 'number', containerPort: 'number', protocol: 'string' }],
  // Values of variables may be secrets and are never kept.
  env: [{ name: 'string', valueFrom: { secretKeyRef: { name: 'string', key: 'string' } } }],
  envFrom: [{ prefix: 'string', secretRef: { name: 'string' } }],
  volumeMounts: [{ name: 'string', mountPath: 'string' }],
  livenessProbe: handler,
  readinessProbe: handler,
  startupProbe: handler,
  lifecycle: { postStart: handler, preStop: handler },
};

/** Volume sources by name: what the Pod Security Standards tell apart, and what else controls read of them. */
const volume: Mask = {
  name: 'string',
  hostPath: { path: 'string', type: 'string' },
  projected: { sources: [{ serviceAccountToken: { audience: 'string', path: 'string' }, secret: { name: 'string' } }] },
  secret: { secretName: 'string' },
  csi: { driver: 'string', volumeAttributes: { secretProviderClass: 'string' } },
  ...Object.fromEntries(
    [
      'awsElasticBlockStore',
      'azureDisk',
      'azureFile',
      'cephfs',
      'cinder',
      'configMap',
      'downwardAPI',
      'emptyDir',
      'ephemeral',
      'fc',
      'flexVolume',
      'flocker',
      'gcePersistentDisk',
      'gitRepo',
      'glusterfs',
      'image',
      'iscsi',
      'nfs',
      'persistentVolumeClaim',
      'photonPersistentDisk',
      'portworxVolume',
      'quobyte',
      'rbd',
      'scaleIO',
      'storageos',
      'vsphereVolume',
    ].map((source) => [source, 'present'] as const),
  ),
};

/** What is kept of the `spec` of a pod or of a pod template. */
export const podSpec: Mask = {
  hostPID: 'boolean',
  hostIPC: 'boolean',
  hostNetwork: 'boolean',
  hostUsers: 'boolean',
  os: { name: 'string' },
  nodeSelector: 'map',
  serviceAccountName: 'string',
  automountServiceAccountToken: 'boolean',
  runtimeClassName: 'string',
  securityContext: {
    runAsNonRoot: 'boolean',
    runAsUser: 'number',
    runAsGroup: 'number',
    fsGroup: 'number',
    seccompProfile: profile,
    appArmorProfile: profile,
    seLinuxOptions: seLinux,
    windowsOptions: windows,
    sysctls: [{ name: 'string', value: 'string' }],
  },
  containers: [container],
  initContainers: [container],
  ephemeralContainers: [container],
  volumes: [volume],
};

const rule: Mask = {
  apiGroups: 'strings',
  resources: 'strings',
  verbs: 'strings',
  resourceNames: 'strings',
  nonResourceURLs: 'strings',
};
const binding: Mask = {
  roleRef: { apiGroup: 'string', kind: 'string', name: 'string' },
  subjects: [{ kind: 'string', apiGroup: 'string', name: 'string', namespace: 'string' }],
};
const aggregation: Mask = { clusterRoleSelectors: [selector] };
const webhookRules: Mask = [
  {
    apiGroups: 'strings',
    apiVersions: 'strings',
    resources: 'strings',
    resourceNames: 'strings',
    operations: 'strings',
    scope: 'string',
  },
];
const constraintsOf: Mask = {
  namespaceSelector: selector,
  objectSelector: selector,
  resourceRules: webhookRules,
  excludeResourceRules: webhookRules,
  matchPolicy: 'string',
};

/** What is kept of an object besides its metadata, by the name of the resource. `any` bounds what other people's schemas hold. */
export const masks: Readonly<Record<string, Mask>> = {
  namespaces: {},
  serviceaccounts: { automountServiceAccountToken: 'boolean', secrets: [{ name: 'string' }] },
  clusterroles: { rules: [rule], aggregationRule: aggregation },
  roles: { rules: [rule] },
  clusterrolebindings: binding,
  rolebindings: binding,
  networkpolicies: {
    spec: { podSelector: selector, policyTypes: 'strings', ingress: 'any', egress: 'any' },
  },
  'cilium.io/ciliumnetworkpolicies': { spec: 'any', specs: 'any' },
  'cilium.io/ciliumclusterwidenetworkpolicies': { spec: 'any', specs: 'any' },
  certificatesigningrequests: {
    spec: {
      request: 'request-subject',
      signerName: 'string',
      username: 'string',
      usages: 'strings',
      expirationSeconds: 'number',
    },
    status: { conditions: [{ type: 'string', reason: 'string' }] },
  },
  validatingwebhookconfigurations: {
    webhooks: [
      {
        name: 'string',
        failurePolicy: 'string',
        namespaceSelector: selector,
        objectSelector: selector,
        rules: webhookRules,
        matchConditions: [{ name: 'string', expression: 'string' }],
        clientConfig: { url: 'string', service: { namespace: 'string', name: 'string' } },
      },
    ],
  },
  validatingadmissionpolicies: {
    spec: {
      failurePolicy: 'string',
      matchConstraints: constraintsOf,
      matchConditions: [{ name: 'string', expression: 'string' }],
      paramKind: { apiVersion: 'string', kind: 'string' },
      variables: [{ name: 'string', expression: 'string' }],
      validations: [{ expression: 'string', message: 'string' }],
    },
  },
  // Of code in Rego its package says whose it is.
  'templates.gatekeeper.sh/constrainttemplates': {
    spec: {
      targets: [{ target: 'string', rego: 'beginning', code: [{ engine: 'string', source: { rego: 'beginning' } }] }],
    },
  },
  validatingadmissionpolicybindings: {
    spec: { policyName: 'string', validationActions: 'strings', paramRef: 'present', matchResources: constraintsOf },
  },
};

/** Annotations that controls read; values of others are never kept. */
export const keptAnnotations: readonly string[] = [
  'kubernetes.io/config.mirror',
  'kubernetes.io/config.source',
  'rbac.authorization.kubernetes.io/autoupdate',
  'kubernetes.io/service-account.name',
  'seccomp.security.alpha.kubernetes.io/pod',
  'vault.hashicorp.com/agent-inject-status',
];

/** Annotations of pods that name a container at their end. */
export const keptAnnotationPrefixes: readonly string[] = [
  'container.apparmor.security.beta.kubernetes.io/',
  'container.seccomp.security.alpha.kubernetes.io/',
];
