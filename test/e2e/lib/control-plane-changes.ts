import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import {
  aescbc,
  api,
  authorizers,
  type Change,
  encryption,
  flags,
  k8s,
  manifest,
  pod,
  strong,
  weak,
} from './change.ts';
import { all, edit, write } from './undo.ts';

/** The control plane by flag, environment and structured file. */
export const controlPlaneChanges: readonly Change[] = [
  api(
    'API server profiling off',
    () => flags('kube-apiserver', '--profiling=0'),
    { 'apiserver-profiling': 'pass' },
    'flag --profiling',
  ),
  api(
    'anonymous requests limited to health by file',
    () =>
      all(
        write(
          `${k8s}/pki/authn.yaml`,
          stringify({
            apiVersion: 'apiserver.config.k8s.io/v1',
            kind: 'AuthenticationConfiguration',
            anonymous: { enabled: true, conditions: ['/livez', '/readyz', '/healthz'].map((path) => ({ path })) },
          }),
        ),
        flags('kube-apiserver', `--authentication-config=${k8s}/pki/authn.yaml`),
      ),
    { 'apiserver-anonymous-auth': 'warn' },
    'file /etc/kubernetes/pki/authn.yaml',
  ),
  api(
    'AlwaysAllow behind RBAC by file',
    () =>
      all(
        write(`${k8s}/pki/authz.yaml`, authorizers('Node', 'RBAC', 'AlwaysAllow')),
        pod('kube-apiserver', (container) => {
          container.command = [
            ...container.command.filter((word) => !word.startsWith('--authorization-mode')),
            `--authorization-config=${k8s}/pki/authz.yaml`,
          ];
        }),
      ),
    { 'apiserver-authorization-not-always-allow': 'fail' },
    'file /etc/kubernetes/pki/authz.yaml',
  ),
  api(
    'audit log kept long enough',
    () =>
      flags(
        'kube-apiserver',
        '--audit-log-path=/tmp/audit.log',
        '--audit-log-maxage=30',
        '--audit-log-maxbackup=10',
        '--audit-log-maxsize=100',
      ),
    {
      'apiserver-audit-log-path': 'pass',
      'apiserver-audit-log-maxage': 'pass',
      'apiserver-audit-log-maxbackup': 'pass',
      'apiserver-audit-log-maxsize': 'pass',
    },
  ),
  api(
    'secrets encrypted',
    () =>
      all(
        write(`${k8s}/pki/enc.yaml`, encryption(aescbc, { identity: {} })),
        flags('kube-apiserver', `--encryption-provider-config=${k8s}/pki/enc.yaml`),
      ),
    { 'apiserver-encryption-provider-config': 'pass', 'apiserver-encryption-providers': 'pass' },
    'file /etc/kubernetes/pki/enc.yaml',
  ),
  api(
    'encryption with identity first',
    () =>
      all(
        write(`${k8s}/pki/enc.yaml`, encryption({ identity: {} }, aescbc)),
        flags('kube-apiserver', `--encryption-provider-config=${k8s}/pki/enc.yaml`),
      ),
    { 'apiserver-encryption-provider-config': 'pass' },
    'file /etc/kubernetes/pki/enc.yaml',
  ),
  api(
    'images pulled always, service accounts off',
    () =>
      flags(
        'kube-apiserver',
        '--enable-admission-plugins=NodeRestriction,AlwaysPullImages',
        '--disable-admission-plugins=ServiceAccount',
      ),
    { 'apiserver-admission-always-pull-images': 'pass', 'apiserver-admission-service-account': 'fail' },
  ),
  api(
    'kubelet serving certificates verified',
    () => flags('kube-apiserver', `--kubelet-certificate-authority=${k8s}/pki/ca.crt`),
    { 'apiserver-kubelet-certificate-authority': 'pass' },
  ),
  api('one weak cipher suite', () => flags('kube-apiserver', `--tls-cipher-suites=${strong},${weak}`), {}),
  {
    name: 'controller manager profiling off',
    settles: 'kube-controller-manager',
    make: () => flags('kube-controller-manager', '--profiling=F'),
    expect: { 'controller-manager-profiling': 'pass' },
    origin: 'flag --profiling',
  },
  {
    name: 'controller manager listens everywhere',
    settles: 'kube-controller-manager',
    make: () => flags('kube-controller-manager', '--bind-address=0.0.0.0'),
    expect: { 'controller-manager-bind-address': 'fail' },
    origin: 'flag --bind-address',
  },
  {
    name: 'scheduler profiling off by its file',
    settles: 'kube-scheduler',
    make: () =>
      all(
        write(
          '/etc/kubernetes/scheduler-config.yaml',
          stringify({
            apiVersion: 'kubescheduler.config.k8s.io/v1',
            kind: 'KubeSchedulerConfiguration',
            enableProfiling: false,
            clientConnection: { kubeconfig: `${k8s}/scheduler.conf` },
          }),
          0o600,
        ),
        edit(manifest('kube-scheduler'), (text) => {
          const document = parse(text) as {
            spec: { containers: { command: string[]; volumeMounts: object[] }[]; volumes: object[] };
          };
          document.spec.containers[0]?.command.push(`--config=${k8s}/scheduler-config.yaml`);
          document.spec.containers[0]?.volumeMounts.push({
            name: 'own',
            mountPath: `${k8s}/scheduler-config.yaml`,
            readOnly: true,
          });
          document.spec.volumes.push({ name: 'own', hostPath: { path: `${k8s}/scheduler-config.yaml`, type: 'File' } });
          return stringify(document);
        }),
      ),
    expect: { 'scheduler-profiling': 'pass' },
    origin: 'file /etc/kubernetes/scheduler-config.yaml',
  },
  {
    name: 'scheduler listens everywhere',
    settles: 'kube-scheduler',
    make: () => flags('kube-scheduler', '--bind-address=0.0.0.0'),
    expect: { 'scheduler-bind-address': 'fail' },
    origin: 'flag --bind-address',
  },
  {
    name: 'etcd trusts both authorities, by environment',
    settles: 'etcd',
    make: () =>
      all(
        write(`${k8s}/pki/etcd/both.crt`, bothAuthorities(), 0o644),
        pod('etcd', (container) => {
          container.command = container.command.filter((word) => !word.startsWith('--trusted-ca-file'));
          container.env = [
            ...(container.env ?? []),
            { name: 'ETCD_TRUSTED_CA_FILE', value: `${k8s}/pki/etcd/both.crt` },
          ];
        }),
      ),
    expect: { 'etcd-unique-ca': 'fail' },
    origin: 'file /etc/kubernetes/pki/etcd/both.crt',
  },
  {
    // etcd ignores auto TLS where certificates are configured.
    name: 'etcd would generate client certificates, by flag',
    settles: 'etcd',
    make: () => flags('etcd', '--auto-tls=true'),
    expect: {},
  },
  {
    name: 'etcd trusts the cluster CA',
    settles: 'etcd',
    make: () =>
      all(
        write(`${k8s}/pki/etcd/both.crt`, bothAuthorities(), 0o644),
        flags('etcd', `--trusted-ca-file=${k8s}/pki/etcd/both.crt`),
      ),
    expect: { 'etcd-unique-ca': 'fail' },
    origin: 'file /etc/kubernetes/pki/etcd/both.crt',
  },
];

function bothAuthorities(): string {
  return readFileSync(`${k8s}/pki/etcd/ca.crt`, 'utf8') + readFileSync(`${k8s}/pki/ca.crt`, 'utf8');
}
