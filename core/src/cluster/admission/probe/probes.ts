import type { Json, JsonObject } from '../../../json.ts';
import { type CheckName, podChecks } from '../../pod-security/index.ts';

/** A pod that breaks one check and no other that it can keep, to be put before a rule. `list`: where the container is that breaks it. */
export interface Probe {
  readonly pod: JsonObject;
  readonly list: List | 'pod';
}

type List = 'containers' | 'initContainers' | 'ephemeralContainers';

const lists: readonly List[] = ['containers', 'initContainers', 'ephemeralContainers'];

/** Keeps to everything. Rules are asked once with it and once with a pod that says nothing besides, as a rule may look at both. */
const goodContext: JsonObject = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const goodPod: JsonObject = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };

interface Base {
  readonly context: JsonObject;
  readonly pod: JsonObject;
  readonly spec?: JsonObject;
}

const good: Base = { context: goodContext, pod: goodPod };
const bases: readonly Base[] = [good, { context: {}, pod: {} }];
/** What baseline forbids it forbids on Windows too. */
const onWindows: Base = { ...good, spec: { os: { name: 'windows' } } };

/** What is changed of a good pod. Null takes a field away. */
interface Change {
  readonly context?: JsonObject;
  readonly container?: JsonObject;
  readonly podContext?: JsonObject;
  readonly spec?: JsonObject;
  readonly annotations?: JsonObject;
}

const linuxCapabilities =
  'AUDIT_CONTROL AUDIT_READ BLOCK_SUSPEND BPF CHECKPOINT_RESTORE DAC_READ_SEARCH IPC_LOCK IPC_OWNER LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE NET_ADMIN NET_BROADCAST NET_RAW PERFMON SYSLOG SYS_ADMIN SYS_BOOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM ALL'.split(
    ' ',
  );
const usual = 'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
  ' ',
);

function adding(names: readonly string[]): readonly Change[] {
  return names.map((name) => ({ context: { capabilities: { add: [name], drop: ['ALL'] } } }));
}

const undropped: readonly Change[] = [
  { context: { capabilities: null } },
  { context: { capabilities: { drop: [] } } },
  { context: { capabilities: { drop: ['CHOWN'] } } },
];

function hostPathOf(path: string): Change {
  return { spec: { volumes: [{ name: 'probe', hostPath: { path } }] } };
}

function both(field: string, value: Json): readonly Change[] {
  return [{ context: { [field]: value } }, { podContext: { [field]: value } }];
}

const unconfined = both('seccompProfile', { type: 'Unconfined' });

const changes: Readonly<Record<CheckName, readonly Change[]>> = {
  privileged: [{ context: { privileged: true } }],
  hostPID: [{ spec: { hostPID: true } }],
  hostIPC: [{ spec: { hostIPC: true } }],
  hostNetwork: [{ spec: { hostNetwork: true } }],
  hostPath: ['/', '/etc', '/var/log', '/var/run/docker.sock', '/opt/probe'].map(hostPathOf),
  hostPorts: [1, 80, 443, 1024, 8080, 30000, 65535].map((hostPort) => ({
    container: { ports: [{ containerPort: 80, hostPort }] },
  })),
  hostProbes: ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probe) =>
    ['httpGet', 'tcpSocket'].map((handler) => ({
      container: { [probe]: { [handler]: { host: '192.0.2.1', port: 80 } } },
    })),
  ),
  capabilities: adding(linuxCapabilities),
  procMount: [{ context: { procMount: 'Unmasked' } }],
  procMountRestricted: [{ context: { procMount: 'Unmasked' } }],
  seccomp: unconfined,
  seccompRestricted: [...unconfined, { podContext: { seccompProfile: null } }],
  appArmor: [
    ...both('appArmorProfile', { type: 'Unconfined' }),
    { annotations: { 'container.apparmor.security.beta.kubernetes.io/probe': 'unconfined' } },
  ],
  seLinux: [{ type: 'spc_t' }, { user: 'system_u' }, { role: 'system_r' }].flatMap((one) =>
    both('seLinuxOptions', one),
  ),
  sysctls: ['kernel.msgmax', 'net.core.somaxconn'].map((name) => ({ podContext: { sysctls: [{ name, value: '1' }] } })),
  windowsHostProcess: both('windowsOptions', { hostProcess: true }),
  allowPrivilegeEscalation: [
    { context: { allowPrivilegeEscalation: null } },
    { context: { allowPrivilegeEscalation: true } },
  ],
  runAsNonRoot: [
    { context: { runAsNonRoot: false } },
    { podContext: { runAsNonRoot: null } },
    { podContext: { runAsNonRoot: false } },
  ],
  runAsUser: both('runAsUser', 0),
  capabilitiesRestricted: [
    ...undropped,
    { context: { capabilities: { drop: ['NET_RAW'] } } },
    ...adding([...linuxCapabilities, ...usual]),
  ],
  volumes: ['hostPath', 'nfs', 'iscsi', 'gitRepo'].map((source) => ({
    spec: { volumes: [{ name: 'probe', [source]: {} }] },
  })),
  netRaw: [...undropped, ...adding(['NET_RAW', 'ALL'])],
};

const known = new Map<CheckName, readonly Probe[]>();

/** Pods that break a check, in every list of containers; a rule that refuses all of them refuses what breaks the check. */
export function probesOf(check: CheckName): readonly Probe[] {
  const before = known.get(check);
  if (before) return before;
  const everywhere = podChecks[check].level === 'baseline' ? [...bases, onWindows] : bases;
  const probes = changes[check].flatMap((change) => everywhere.flatMap((base) => probesBy(change, base)));
  known.set(check, probes);
  return probes;
}

/** A pod that keeps to every check. */
export const goodProbe: JsonObject = podOf({}, good, 'containers');

function probesBy(change: Change, base: Base): readonly Probe[] {
  if (change.context || change.container) return lists.map((list) => ({ list, pod: podOf(change, base, list) }));
  return [{ list: 'pod', pod: podOf(change, base, 'containers') }];
}

function podOf(change: Change, base: Base, list: List): JsonObject {
  const beside = containerOf('good', base.context);
  const bad = { ...containerOf('probe', merged(base.context, change.context)), ...change.container };
  const others = list === 'containers' ? {} : { [list]: [bad] };
  const context = merged(base.pod, change.podContext);
  const spec = {
    containers: list === 'containers' ? [beside, bad] : [beside],
    ...others,
    ...(Object.keys(context).length > 0 ? { securityContext: context } : {}),
    ...base.spec,
    ...change.spec,
  };
  const metadata = {
    name: 'probe',
    namespace: 'probe',
    ...(change.annotations ? { annotations: change.annotations } : {}),
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
}

function containerOf(name: string, context: JsonObject): JsonObject {
  const own = Object.keys(context).length > 0 ? { securityContext: context } : {};
  return { name, image: 'registry.example/probe:1', ...own };
}

function merged(base: JsonObject, change: JsonObject = {}): JsonObject {
  return Object.fromEntries(Object.entries({ ...base, ...change }).filter(([, value]) => value !== null));
}
