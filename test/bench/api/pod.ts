/** Objects of the simulated API server, in the shape and size that a real one serves them. Everything follows from a number. */

export interface Size {
  readonly pods: number;
  readonly namespaces: number;
  readonly owners: number;
}

export const namespaceName = (index: number) => `team-${String(index).padStart(5, '0')}`;

/** The namespace of an owner: the first owners fill the namespaces, the rest go round again. */
export function namespaceOf(owner: number, size: Size): string {
  return namespaceName(owner % size.namespaces);
}

function metadata(name: string, namespace: string, uid: number, more: object = {}): object {
  return {
    name,
    ...(namespace === '' ? {} : { namespace }),
    uid: `00000000-0000-4000-8000-${String(uid).padStart(12, '0')}`,
    resourceVersion: '1000',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...more,
  };
}

/** What the kubelet and controllers write about themselves: most of an object's bytes, and nothing that a control reads. */
function managedFields(manager: string): object {
  const paths = [
    'f:containers',
    'f:dnsPolicy',
    'f:enableServiceLinks',
    'f:restartPolicy',
    'f:schedulerName',
    'f:securityContext',
  ];
  const fields = Object.fromEntries(
    paths.map((path) => [path, { '.': {}, 'f:name': {}, 'f:image': {}, 'f:imagePullPolicy': {}, 'f:resources': {} }]),
  );
  return {
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:metadata': { 'f:labels': fields }, 'f:spec': fields },
  };
}

/** How strict a workload is: one in eight violates something. */
function securityContext(owner: number): object {
  if (owner % 8 === 0) return { privileged: owner % 16 === 0, allowPrivilegeEscalation: true };
  return {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

function container(name: string, owner: number, privileged: boolean): object {
  return {
    name,
    image: `registry.example.test/team/${name}@sha256:${'0'.repeat(64)}`,
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: Array.from({ length: 5 }, (_, index) => ({
      name: `SETTING_${index}`,
      value: `value of setting ${index} of workload ${owner}`,
    })),
    resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '50m', memory: '64Mi' } },
    livenessProbe: {
      httpGet: { path: '/livez', port: 'http', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    },
    readinessProbe: {
      httpGet: { path: '/readyz', port: 'http', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/app' },
      { name: 'kube-api-access', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ],
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    securityContext: privileged ? { privileged: true } : securityContext(owner),
  };
}

/** Pod `index` of the cluster; it belongs to the owner `index % owners`. */
export function pod(index: number, size: Size, privileged = false, version = 1000): object {
  const owner = index % size.owners;
  const namespace = namespaceOf(owner, size);
  const hash = `${(owner * 2654435761) % 4294967296}`.slice(0, 9);
  const name = `app-${owner}-${hash}-${index}`;
  const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      ...metadata(name, namespace, index, {
        generateName: `app-${owner}-${hash}-`,
        labels: { app: `app-${owner}`, 'app.kubernetes.io/part-of': 'simulation', 'pod-template-hash': hash },
        annotations: { 'example.test/note': 'x'.repeat(120) },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: `app-${owner}-${hash}`,
            uid: 'u',
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
        managedFields: [managedFields('kube-controller-manager'), managedFields('kubelet')],
      }),
      resourceVersion: String(version),
    },
    spec: {
      volumes: [
        { name: 'config', configMap: { name: `app-${owner}`, defaultMode: 420 } },
        {
          name: 'kube-api-access',
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            ],
          },
        },
      ],
      containers: [container('app', owner, privileged), container('proxy', owner, false)],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      serviceAccount: 'default',
      nodeName: `node-${index % 5000}`,
      securityContext: {},
      schedulerName: 'default-scheduler',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
    },
    status: {
      phase: 'Running',
      conditions: conditions.map((type) => ({
        type,
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: '2026-01-01T00:00:00Z',
      })),
      hostIP: '192.0.2.10',
      podIP: '198.51.100.10',
      startTime: '2026-01-01T00:00:00Z',
      containerStatuses: ['app', 'proxy'].map((one) => ({
        name: one,
        state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
        lastState: {},
        ready: true,
        restartCount: 0,
        image: `registry.example.test/team/${one}`,
        imageID: `sha256:${'0'.repeat(64)}`,
        containerID: `containerd://${'0'.repeat(64)}`,
        started: true,
      })),
      qosClass: 'Burstable',
    },
  };
}

/** Every object of a resource but pods, by the path of its collection. */
export function* objects(path: string, size: Size): Generator<object> {
  const each = function* (make: (index: number) => object | undefined): Generator<object> {
    for (let index = 0; index < size.namespaces; index++) {
      const made = make(index);
      if (made) yield made;
    }
  };
  switch (path) {
    case '/api/v1/pods':
      for (let index = 0; index < size.pods; index++) yield pod(index, size);
      return;
    case '/api/v1/namespaces':
      yield* each((index) => ({
        kind: 'Namespace',
        apiVersion: 'v1',
        metadata: metadata(namespaceName(index), '', index, {
          labels: {
            'kubernetes.io/metadata.name': namespaceName(index),
            ...(index % 2 === 0 ? { 'pod-security.kubernetes.io/enforce': 'restricted' } : {}),
          },
        }),
        status: { phase: 'Active' },
      }));
      return;
    case '/api/v1/serviceaccounts':
      yield* each((index) => ({
        kind: 'ServiceAccount',
        apiVersion: 'v1',
        metadata: metadata('default', namespaceName(index), index),
      }));
      return;
    case '/apis/networking.k8s.io/v1/networkpolicies':
      yield* each((index) =>
        index % 2 === 0
          ? {
              kind: 'NetworkPolicy',
              apiVersion: 'networking.k8s.io/v1',
              metadata: metadata('default-deny', namespaceName(index), index),
              spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
            }
          : undefined,
      );
      return;
    case '/apis/rbac.authorization.k8s.io/v1/roles':
      yield* each((index) => ({
        kind: 'Role',
        apiVersion: 'rbac.authorization.k8s.io/v1',
        metadata: metadata('developer', namespaceName(index), index),
        rules: [
          {
            apiGroups: ['', 'apps'],
            resources: ['pods', 'deployments', 'services', 'configmaps'],
            verbs: ['get', 'list', 'watch'],
          },
        ],
      }));
      return;
    case '/apis/rbac.authorization.k8s.io/v1/rolebindings':
      yield* each((index) => ({
        kind: 'RoleBinding',
        apiVersion: 'rbac.authorization.k8s.io/v1',
        metadata: metadata('developers', namespaceName(index), index),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'developer' },
        subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: `team-${index}` }],
      }));
      return;
    case '/apis/rbac.authorization.k8s.io/v1/clusterroles':
      yield {
        kind: 'ClusterRole',
        apiVersion: 'rbac.authorization.k8s.io/v1',
        metadata: metadata('cluster-admin', '', 1, { labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } }),
        rules: [
          { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
          { nonResourceURLs: ['*'], verbs: ['*'] },
        ],
      };
      return;
    case '/api/v1/nodes':
      for (let index = 0; index < 10; index++) {
        yield {
          kind: 'Node',
          apiVersion: 'v1',
          metadata: metadata(`node-${index}`, '', index, {
            labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': `node-${index}` },
          }),
          status: { nodeInfo: { kubeletVersion: 'v1.34.4', operatingSystem: 'linux' } },
        };
      }
      return;
    default:
  }
}
