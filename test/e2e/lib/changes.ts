import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { kubectl } from './cluster.ts';
import { all, chmod, chown, edit, type Undo, write } from './undo.ts';

/** What a change needs before it is in force. */
type Settles = 'at once' | 'kubelet' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'etcd';

/** One way to change a node, and the verdicts that must change with it, no other. `origin` is sought in the evidence. */
export interface Change {
  readonly name: string;
  readonly settles: Settles;
  readonly make: () => Undo;
  readonly expect: Readonly<Record<string, string>>;
  readonly origin?: string;
  /** Name that must be listed as ignored. */
  readonly ignored?: string;
}

const k8s = '/etc/kubernetes';
const manifest = (name: string) => `${k8s}/manifests/${name}.yaml`;
const kubeletConfig = '/var/lib/kubelet/config.yaml';
const unit = '/usr/lib/systemd/system/kubelet.service';
const dropIn = `${unit}.d/10-kubeadm.conf`;
const cni = '/etc/cni/net.d';

interface Pod {
  spec: { containers: { command: string[]; env?: { name: string; value: string }[] }[] };
}

/** Edits the first container of a static pod. */
function pod(name: string, change: (container: Pod['spec']['containers'][number]) => void): Undo {
  return edit(manifest(name), (text) => {
    const document = parse(text) as Pod;
    const container = document.spec.containers[0];
    if (!container) throw new Error(`${name} has no container`);
    change(container);
    return stringify(document);
  });
}

/** Adds flags, replacing ones of the same name. */
function flags(name: string, ...given: readonly string[]): Undo {
  return pod(name, (container) => {
    const names = given.map((flag) => flag.split('=')[0] ?? flag);
    container.command = [...container.command.filter((word) => !names.includes(word.split('=')[0] ?? word)), ...given];
  });
}

function kubeletField(change: Record<string, unknown>): Undo {
  return edit(kubeletConfig, (text) => stringify({ ...(parse(text) as Record<string, unknown>), ...change }));
}

function kubeletFlags(...given: readonly string[]): Undo {
  return write('/etc/default/kubelet', `KUBELET_EXTRA_ARGS=${JSON.stringify(given.join(' '))}\n`);
}

function cniFile(): string {
  return `${cni}/${execFileSync('ls', [cni], { encoding: 'utf8' }).split('\n')[0]}`;
}

const file = (name: string, make: () => Undo, expect: Change['expect']): Change => ({
  name,
  settles: 'at once',
  make,
  expect,
});
const kubelet = (name: string, make: () => Undo, expect: Change['expect'], origin: string): Change => ({
  name,
  settles: 'kubelet',
  make,
  expect,
  origin,
});
const api = (name: string, make: () => Undo, expect: Change['expect'], origin = 'flag'): Change => ({
  name,
  settles: 'kube-apiserver',
  make,
  expect,
  origin,
});

const weak = 'TLS_RSA_WITH_AES_128_CBC_SHA';
const strong = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
const authorizers = (...types: readonly string[]) =>
  stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthorizationConfiguration',
    authorizers: types.map((type) => ({ type, name: type.toLowerCase() })),
  });
const encryption = (...providers: readonly object[]) =>
  stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers }],
  });
const aescbc = { aescbc: { keys: [{ name: 'k', secret: Buffer.alloc(32, 7).toString('base64') }] } };

/** Modes, owners, links and certificates. */
export const fileChanges: readonly Change[] = [
  file('API server manifest readable by all', () => chmod(manifest('kube-apiserver'), 0o644), {
    'apiserver-manifest-permissions': 'fail',
  }),
  file('API server manifest of another user', () => chown(manifest('kube-apiserver'), 1000, 0), {
    'apiserver-manifest-ownership': 'fail',
  }),
  file('controller manager manifest of another user', () => chown(manifest('kube-controller-manager'), 1000, 0), {
    'controller-manager-manifest-ownership': 'fail',
  }),
  file('controller manager manifest with a group bit', () => chmod(manifest('kube-controller-manager'), 0o640), {
    'controller-manager-manifest-permissions': 'fail',
  }),
  file('scheduler manifest readable by others only', () => chmod(manifest('kube-scheduler'), 0o604), {
    'scheduler-manifest-permissions': 'fail',
  }),
  file('scheduler manifest of another group', () => chown(manifest('kube-scheduler'), 0, 1000), {
    'scheduler-manifest-ownership': 'fail',
  }),
  file('etcd manifest with a group bit', () => chmod(manifest('etcd'), 0o610), { 'etcd-manifest-permissions': 'fail' }),
  file('etcd manifest of another group', () => chown(manifest('etcd'), 0, 1000), { 'etcd-manifest-ownership': 'fail' }),
  file('etcd data directory open to others', () => chmod('/var/lib/etcd', 0o755), {
    'etcd-data-dir-permissions': 'fail',
  }),
  file(
    'etcd data directory owned by an etcd account of the host',
    () => {
      const accounts = all(
        edit('/etc/passwd', (text) => `${text}etcd:x:4321:4321::/:/usr/sbin/nologin\n`),
        edit('/etc/group', (text) => `${text}etcd:x:4321:\n`),
      );
      return all(accounts, chown('/var/lib/etcd', 4321, 4321));
    },
    { 'etcd-data-dir-ownership': 'pass' },
  ),
  file('admin.conf readable by all', () => chmod(`${k8s}/admin.conf`, 0o644), {
    'admin-kubeconfig-permissions': 'fail',
  }),
  file('super-admin.conf of another user', () => chown(`${k8s}/super-admin.conf`, 1000, 0), {
    'admin-kubeconfig-ownership': 'fail',
  }),
  file(
    'admin.conf is a link to a wide file',
    () => {
      const target = `${k8s}/admin-elsewhere.conf`;
      const remove = write(target, 'x', 0o644);
      renameSync(`${k8s}/admin.conf`, `${k8s}/admin.conf.kept`);
      symlinkSync(target, `${k8s}/admin.conf`);
      return () => {
        rmSync(`${k8s}/admin.conf`);
        renameSync(`${k8s}/admin.conf.kept`, `${k8s}/admin.conf`);
        remove();
      };
    },
    { 'admin-kubeconfig-permissions': 'fail' },
  ),
  file('scheduler.conf readable by others', () => chmod(`${k8s}/scheduler.conf`, 0o604), {
    'scheduler-kubeconfig-permissions': 'fail',
  }),
  file('scheduler.conf of another user', () => chown(`${k8s}/scheduler.conf`, 1000, 0), {
    'scheduler-kubeconfig-ownership': 'fail',
  }),
  file('controller-manager.conf with a group bit', () => chmod(`${k8s}/controller-manager.conf`, 0o620), {
    'controller-manager-kubeconfig-permissions': 'fail',
  }),
  file('controller-manager.conf of another user', () => chown(`${k8s}/controller-manager.conf`, 1000, 0), {
    'controller-manager-kubeconfig-ownership': 'fail',
  }),
  file('cluster CA writable by all', () => chmod(`${k8s}/pki/ca.crt`, 0o666), {
    'pki-cert-permissions': 'fail',
    'kubelet-client-ca-permissions': 'fail',
  }),
  file('cluster CA of another user', () => chown(`${k8s}/pki/ca.crt`, 1000, 0), {
    'pki-ownership': 'fail',
    'kubelet-client-ca-ownership': 'fail',
  }),
  file('signing key readable by all', () => chmod(`${k8s}/pki/sa.key`, 0o644), { 'pki-key-permissions': 'fail' }),
  file('an etcd certificate of another user', () => chown(`${k8s}/pki/etcd/peer.crt`, 1, 0), {
    'pki-ownership': 'fail',
  }),
  file(
    'a key hidden in a file of another name',
    () =>
      write(
        `${k8s}/pki/stolen.pem`,
        execFileSync('openssl', ['genrsa', '1024'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
        0o644,
      ),
    { 'pki-key-permissions': 'fail' },
  ),
  file('kubelet.conf readable by all', () => chmod(`${k8s}/kubelet.conf`, 0o644), {
    'kubelet-kubeconfig-permissions': 'fail',
  }),
  file('kubelet.conf of another user', () => chown(`${k8s}/kubelet.conf`, 1000, 1000), {
    'kubelet-kubeconfig-ownership': 'fail',
  }),
  file('CNI configuration readable by all', () => chmod(cniFile(), 0o644), { 'cni-config-permissions': 'fail' }),
  file('CNI configuration of another user', () => chown(cniFile(), 1000, 0), { 'cni-config-ownership': 'fail' }),
  file('kubelet unit and drop-in closed', () => all(chmod(unit, 0o600), chmod(dropIn, 0o600)), {
    'kubelet-service-file-permissions': 'pass',
  }),
  file('kubelet drop-in of another user', () => chown(dropIn, 1000, 0), { 'kubelet-service-file-ownership': 'fail' }),
  file('kubelet configuration closed', () => chmod(kubeletConfig, 0o600), {
    'kubelet-config-file-permissions': 'pass',
  }),
  file('kubelet configuration of another user', () => chown(kubeletConfig, 1000, 0), {
    'kubelet-config-file-ownership': 'fail',
  }),
];

/** The kubelet by flag, file and drop-in. */
export const kubeletChanges: readonly Change[] = [
  kubelet(
    'anonymous requests by flag',
    () => kubeletFlags('--anonymous-auth=T'),
    { 'kubelet-anonymous-auth': 'fail' },
    'flag --anonymous-auth',
  ),
  kubelet(
    'anonymous requests by drop-in',
    () =>
      all(
        write(
          `${k8s}/kubelet.conf.d/50-open.conf`,
          'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication: {anonymous: {enabled: true}}\n',
        ),
        kubeletFlags(`--config-dir=${k8s}/kubelet.conf.d`),
      ),
    { 'kubelet-anonymous-auth': 'fail' },
    'drop-in /etc/kubernetes/kubelet.conf.d/50-open.conf',
  ),
  kubelet(
    'everything authorized by file',
    () => kubeletField({ authorization: { mode: 'AlwaysAllow' } }),
    { 'kubelet-authorization-mode': 'fail' },
    'file /var/lib/kubelet/config.yaml',
  ),
  kubelet(
    'read-only port by flag',
    () => kubeletFlags('--read-only-port', '10255'),
    { 'kubelet-read-only-port': 'fail' },
    'flag --read-only-port',
  ),
  kubelet(
    'no idle timeout by flag',
    () => kubeletFlags('--streaming_connection_idle_timeout=0s'),
    { 'kubelet-streaming-idle-timeout': 'fail' },
    'flag --streaming-connection-idle-timeout',
  ),
  kubelet(
    'no helper chains by file',
    () => kubeletField({ makeIPTablesUtilChains: false }),
    { 'kubelet-iptables-util-chains': 'fail' },
    'file /var/lib/kubelet/config.yaml',
  ),
  kubelet(
    'no client rotation by file',
    () => kubeletField({ rotateCertificates: false }),
    { 'kubelet-rotate-client-certificates': 'fail' },
    'file /var/lib/kubelet/config.yaml',
  ),
  kubelet(
    'server rotation gated off by file',
    () => kubeletField({ featureGates: { RotateKubeletServerCertificate: false } }),
    { 'kubelet-rotate-server-certificates': 'fail' },
    'file /var/lib/kubelet/config.yaml',
  ),
  kubelet(
    'process limit and seccomp by file',
    () => kubeletField({ podPidsLimit: 4096, seccompDefault: true }),
    { 'kubelet-pod-pids-limit': 'pass', 'kubelet-seccomp-default': 'pass' },
    'file /var/lib/kubelet/config.yaml',
  ),
  kubelet(
    'strong cipher suites by file',
    () => kubeletField({ tlsCipherSuites: [strong] }),
    { 'kubelet-tls-cipher-suites': 'pass' },
    'file /var/lib/kubelet/config.yaml',
  ),
];

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
    name: 'etcd generates peer certificates by environment',
    settles: 'etcd',
    make: () =>
      pod('etcd', (container) => {
        container.env = [...(container.env ?? []), { name: 'ETCD_PEER_AUTO_TLS', value: 'true' }];
      }),
    expect: { 'etcd-peer-auto-tls': 'fail' },
    origin: 'environment variable ETCD_PEER_AUTO_TLS',
  },
  {
    name: 'etcd generates client certificates by flag',
    settles: 'etcd',
    make: () => flags('etcd', '--auto-tls=true'),
    expect: { 'etcd-auto-tls': 'fail' },
    origin: 'flag --auto-tls',
  },
  {
    name: 'etcd trusts the cluster CA',
    settles: 'etcd',
    make: () =>
      all(
        write(
          `${k8s}/pki/etcd/both.crt`,
          readFileSync(`${k8s}/pki/etcd/ca.crt`, 'utf8') + readFileSync(`${k8s}/pki/ca.crt`, 'utf8'),
          0o644,
        ),
        flags('etcd', `--trusted-ca-file=${k8s}/pki/etcd/both.crt`),
      ),
    expect: { 'etcd-unique-ca': 'fail' },
    origin: 'file /etc/kubernetes/pki/etcd/both.crt',
  },
];

/** Processes that pretend; they change no verdict and are listed as ignored. */
export const impostors: readonly Change[] = [
  {
    name: 'a user runs something called kube-apiserver',
    settles: 'at once',
    ignored: 'kube-apiserver',
    expect: {},
    make: () => {
      const child = spawn('sleep', ['600'], { argv0: 'kube-apiserver', uid: 65534, gid: 65534, stdio: 'ignore' });
      return () => child.kill('SIGKILL');
    },
  },
  {
    name: 'a pod runs something called kube-scheduler',
    settles: 'at once',
    ignored: 'kube-scheduler',
    expect: {},
    make: () => {
      const image = kubectl(
        '-n',
        'kube-system',
        'get',
        'pods',
        '-l',
        'component=kube-scheduler',
        '-o',
        'jsonpath={.items[0].spec.containers[0].image}',
      );
      const node = kubectl(
        '-n',
        'kube-system',
        'get',
        'pods',
        '-l',
        'component=kube-scheduler',
        '-o',
        'jsonpath={.items[0].spec.nodeName}',
      );
      const command = [
        'kube-scheduler',
        '--master=http://127.0.0.1:1',
        '--leader-elect=false',
        '--profiling=false',
        '--bind-address=127.0.0.1',
      ];
      const spec = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'impostor' },
        spec: { nodeName: node, containers: [{ name: 'kube-scheduler', image, imagePullPolicy: 'Never', command }] },
      };
      const remove = write('/tmp/plumbline-impostor.json', JSON.stringify(spec));
      kubectl('apply', '-f', '/tmp/plumbline-impostor.json');
      kubectl('wait', '--for=condition=Ready', 'pod/impostor', '--timeout=60s');
      return () => {
        kubectl('delete', 'pod', 'impostor', '--grace-period=0', '--force');
        remove();
      };
    },
  },
];
