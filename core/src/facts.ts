/**
 * The dictionary of facts: what an agent may say. A fact that is not here is refused by the aggregator.
 * Shapes of the values are the `*Value` interfaces below.
 */

/** `plain` may be shown, `redacted` had secrets removed at the collector, `never` must not leave the node. */
export type Sensitivity = 'plain' | 'redacted' | 'digest' | 'never';

/** One entry of the dictionary. `unit` is the unit of numbers inside, where there is one. */
export interface Fact {
  readonly name: string;
  readonly type: 'object' | 'string';
  readonly unit?: string;
  readonly source: string;
  readonly sensitivity: Sensitivity;
  /** Does a change of this fact alone count as drift? Process ids change on every restart and do not. */
  readonly drifts: boolean;
  readonly says: string;
}

function fact(name: string, source: string, sensitivity: Sensitivity, says: string, drifts = true): Fact {
  return { name, type: 'object', source, sensitivity, drifts, says };
}

/** Every fact, by name. Subjects: `node`, a component, an instance (`kubelet@kubelet.service`), a path or a named file set. */
export const facts: ReadonlyMap<string, Fact> = new Map(
  [
    fact(
      'node.host',
      '/etc/hostname, /etc/os-release',
      'plain',
      'Host name and operating system of the node (HostValue; subject node).',
    ),
    fact(
      'node.platform',
      'marks of the distribution',
      'plain',
      'Which distribution runs here and by which mark (PlatformValue; subject node).',
    ),
    fact(
      'node.accounts',
      '/etc/passwd, /etc/group',
      'plain',
      'Ids of the accounts that controls name (AccountsValue; subject node).',
    ),
    fact(
      'node.agent',
      'the agent itself',
      'plain',
      'Version, capabilities and blind spots of the agent (AgentValue; subject node).',
    ),
    fact(
      'component',
      '/proc, static pod manifests',
      'plain',
      'Instances of a component on this node (ComponentValue; subject = component).',
    ),
    fact(
      'component.ignored',
      '/proc',
      'plain',
      'Processes that carry the name of a component but are not it, and why (IgnoredValue; subject = component).',
    ),
    fact(
      'process',
      '/proc/PID/{cmdline,status,cgroup}',
      'redacted',
      'Command line and identity of an instance (ProcessValue; subject = instance).',
    ),
    fact(
      'process.instance',
      '/proc/PID/stat',
      'plain',
      'Process id and start of an instance (ProcessInstanceValue; subject = instance).',
      false,
    ),
    fact(
      'manifest',
      'static pod directory',
      'redacted',
      'Static pod manifest of an instance (ManifestValue; subject = instance).',
    ),
    fact(
      'kubelet.config',
      'file of --config',
      'redacted',
      'KubeletConfiguration as read (ConfigValue; subject = instance).',
    ),
    fact(
      'kubelet.drop-ins',
      'directory of --config-dir',
      'redacted',
      'Drop-in configurations in lexical order (DropInsValue; subject = instance).',
    ),
    fact(
      'kube-apiserver.authentication-config',
      'file of --authentication-config',
      'redacted',
      'AuthenticationConfiguration (ConfigValue; subject = instance).',
    ),
    fact(
      'kube-apiserver.authorization-config',
      'file of --authorization-config',
      'redacted',
      'AuthorizationConfiguration (ConfigValue; subject = instance).',
    ),
    fact(
      'kube-apiserver.admission-config',
      'file of --admission-control-config-file',
      'redacted',
      'AdmissionConfiguration, plugin files included (ConfigValue; subject = instance).',
    ),
    fact(
      'kube-apiserver.encryption-config',
      'file of --encryption-provider-config',
      'redacted',
      'Resources and provider kinds of the EncryptionConfiguration, never keys (ConfigValue; subject = instance).',
    ),
    fact(
      'kube-apiserver.audit-policy',
      'file of --audit-policy-file',
      'plain',
      'Audit policy (ConfigValue; subject = instance).',
    ),
    fact(
      'kube-scheduler.config',
      'file of --config',
      'plain',
      'KubeSchedulerConfiguration (ConfigValue; subject = instance).',
    ),
    fact('kube-proxy.config', 'file of --config', 'plain', 'KubeProxyConfiguration (ConfigValue; subject = instance).'),
    fact(
      'etcd.config',
      'file of --config-file',
      'redacted',
      'etcd configuration file (ConfigValue; subject = instance).',
    ),
    fact(
      'config.age',
      'stat of configuration files, /proc/PID/stat, clock of the node',
      'plain',
      'Whether the configuration files of an instance changed after it started (ConfigAgeValue; subject = instance).',
      false,
    ),
    fact(
      'unit',
      'systemd unit files',
      'redacted',
      'Unit file, drop-ins and directives of a service (UnitValue; subject = unit name).',
    ),
    fact(
      'files',
      'platform and effective settings',
      'plain',
      'Which paths a named set of files holds (FileSetValue; subject = set name).',
    ),
    fact('file', 'lstat and stat', 'plain', 'Type, mode and owner of a file (FileValue; subject = host path).'),
    fact(
      'certificates',
      'PEM files',
      'plain',
      'Certificates in a file and whether private keys are in it; never a key (CertificatesValue; subject = host path).',
    ),
    fact(
      'kubeconfig',
      'kubeconfig files',
      'plain',
      'Users of a kubeconfig: how each signs in, and subject and dates of its certificate; never a key or token (KubeconfigValue; subject = host path).',
    ),
    fact('cni', '/etc/cni/net.d', 'plain', 'Plugins that the CNI configuration names (CniValue; subject node).'),
  ].map((entry) => [entry.name, entry]),
);

/** Subject `node`. */
export interface HostValue {
  readonly hostname: string;
  readonly os: string;
  readonly osVersion: string;
}

/** `platform` is the id of a file in benchmarks/platforms; `because` the marks that decided. */
export interface PlatformValue {
  readonly platform: string;
  readonly because: readonly string[];
}

/** uid:gid by account name; null when the host has no such account. */
export interface AccountsValue {
  readonly users: Readonly<Record<string, number | null>>;
  readonly groups: Readonly<Record<string, number | null>>;
}

/**
 * `capabilities` are the effective Linux capabilities of the agent by name without `CAP_`; `unwatched` directories whose changes are
 * seen only when the agent looks, each with why (at most 20; absent where there is none).
 */
export interface AgentValue {
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly unwatched?: readonly string[];
}

/**
 * `instances`: genuine running ones; `manifests`: host paths of static pod manifests of this component. Ones without a
 * running process appear only there.
 */
export interface ComponentValue {
  readonly instances: readonly string[];
  readonly manifests: readonly string[];
}

/** At most 50 entries; `total` counts all. */
export interface IgnoredValue {
  readonly total: number;
  readonly processes: readonly { readonly pid: number; readonly name: string; readonly why: string }[];
}

/** Who started the process, as far as root on the node vouches for it. */
export interface RunsAs {
  readonly kind: 'static-pod' | 'service' | 'pod';
  /** Manifest path, unit name or namespace/pod. */
  readonly name: string;
}

/** `exe`, `cwd` are null where the agent may not read them; `environment` holds the variables controls read, nothing else. */
export interface ProcessValue {
  readonly component: string;
  readonly argv: readonly string[];
  readonly uid: number;
  readonly gid: number;
  readonly cgroup: string;
  readonly runsAs: RunsAs;
  readonly exe: string | null;
  readonly cwd: string | null;
  readonly environment: Readonly<Record<string, string>>;
  /** How the environment was learnt: the live process, the manifest or the unit; null when it could not be. */
  readonly environmentFrom: 'process' | 'manifest' | 'unit' | null;
}

/** `startTime` in clock ticks since boot. */
export interface ProcessInstanceValue {
  readonly pid: number;
  readonly startTime: string;
}

/** `image` and `command` of the component's container. */
export interface ManifestValue {
  readonly path: string;
  readonly pod: string;
  readonly image: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly hostPaths: readonly { readonly mountPath: string; readonly hostPath: string; readonly readOnly: boolean }[];
}

/** `path` on the host; `asSeen` what the process calls it. */
export interface ConfigValue {
  readonly path: string;
  readonly asSeen: string;
  readonly document: import('./json.ts').JsonObject;
}

/** In the order in which the kubelet merges them. */
export interface DropInsValue {
  readonly directory: string;
  readonly files: readonly { readonly path: string; readonly document: import('./json.ts').JsonObject }[];
}

/**
 * When a configuration file changed last: `before-start` of the process that reads it; `touched`: after it, but only its inode (mode,
 * owner, name, or content that came with an older time); `after-start`: its content, or it is gone.
 */
export type ConfigAge = 'before-start' | 'touched' | 'after-start';

/** By the fact that holds the content, of all files behind it the youngest. Files that cannot be looked at are left out. */
export interface ConfigAgeValue {
  readonly facts: Readonly<Record<string, ConfigAge>>;
}

/** `directives` of the [Service] section after drop-ins, last wins, lists joined by a space. */
export interface UnitValue {
  readonly path: string;
  readonly dropIns: readonly string[];
  readonly environmentFiles: readonly string[];
  readonly directives: Readonly<Record<string, string>>;
}

/**
 * `paths` are host paths, each with a `file` observation. `sought`: where it was looked for. `truncated`: more than the limit
 * (10,000) exist; `note` says what a reader should know (for instance that the file lives inside a container image).
 */
export interface FileSetValue {
  readonly paths: readonly string[];
  readonly sought: readonly string[];
  readonly truncated: boolean;
  readonly note?: string;
}

/**
 * `mode` is four octal digits of the target (`0600`); `path` the host path asked for; `target` where links ended, when they moved.
 * `owner` and `group` are the host's names, null when the host has none.
 */
export interface FileValue {
  readonly type: 'file' | 'directory' | 'fifo' | 'socket' | 'device' | 'other';
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly owner: string | null;
  readonly group: string | null;
  readonly target?: string;
}

/** `publicKey` is the SHA-256 of the SubjectPublicKeyInfo in hex; dates are ISO 8601. */
export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly isCA: boolean;
  readonly extKeyUsage: readonly string[];
  readonly publicKey: string;
}

/** Content classes of a PEM file. */
export interface CertificatesValue {
  readonly certificates: readonly Certificate[];
  readonly privateKeys: number;
}

/** What a client certificate says; the first of its chain. */
export type ClientCertificate = Pick<Certificate, 'subject' | 'issuer' | 'notBefore' | 'notAfter'>;

/** A user of a kubeconfig. `certificate` is null where it has none, or none that could be read: then `problem` says why. */
export interface KubeconfigUser {
  readonly name: string;
  /** Fields that it signs in by: `client-certificate-data`, `token`, `exec` …; never what they hold. */
  readonly by: readonly string[];
  readonly certificate: ClientCertificate | null;
  readonly problem?: string;
}

/** At most 100 users; `truncated`: there are more. */
export interface KubeconfigValue {
  readonly users: readonly KubeconfigUser[];
  readonly truncated: boolean;
}

/** Plugin types in the order of the first configuration list. */
export interface CniValue {
  readonly directory: string;
  readonly configurations: readonly {
    readonly file: string;
    readonly name: string;
    readonly plugins: readonly string[];
  }[];
}
