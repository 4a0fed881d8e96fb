import { type ObjectChange, open, pod, restricted } from './object-change.ts';

const there = `namespace/${open}`;

/** 5.2.2 to 5.2.12, 5.4.1, 5.6.2 and 5.6.3: one pod that breaks something, then one that does not. */
export const podChanges: readonly ObjectChange[] = [
  broken('hostPID', { spec: 'hostPID: true' }, { [`psa-host-pid ${there}`]: 'fail violating-pods' }),
  broken('hostIPC', { spec: 'hostIPC: true' }, { [`psa-host-ipc ${there}`]: 'fail violating-pods' }),
  broken('hostNetwork', { spec: 'hostNetwork: true' }, { [`psa-host-network ${there}`]: 'fail violating-pods' }),
  broken(
    'a host path',
    { spec: 'volumes: [{name: logs, hostPath: {path: /var/log}}]' },
    { [`psa-host-path ${there}`]: 'fail violating-pods' },
  ),
  broken(
    'a host port',
    { container: 'ports: [{containerPort: 80, hostPort: 8888}]' },
    { [`psa-host-ports ${there}`]: 'fail violating-pods' },
  ),
  broken(
    'privilege escalation',
    { own: context({ allowPrivilegeEscalation: true }) },
    {
      [`psa-privilege-escalation ${there}`]: 'fail violating-pods',
      [`pod-security-context ${there}`]: 'warn needs-a-person',
    },
  ),
  broken(
    'a privileged container',
    { own: context({ privileged: true, allowPrivilegeEscalation: true }) },
    {
      [`psa-privileged-containers ${there}`]: 'fail violating-pods',
      [`psa-privilege-escalation ${there}`]: 'fail violating-pods',
      [`pod-security-context ${there}`]: 'warn needs-a-person',
    },
  ),
  broken(
    'root by its number',
    { own: context({ runAsNonRoot: false, runAsUser: 0 }) },
    {
      [`psa-root-containers ${there}`]: 'fail violating-pods',
      [`pod-security-context ${there}`]: 'warn needs-a-person',
    },
  ),
  broken(
    'NET_RAW',
    { own: context({ capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }) },
    {
      [`psa-net-raw ${there}`]: 'fail violating-pods',
      [`psa-capabilities-assigned ${there}`]: 'fail violating-pods',
    },
  ),
  broken(
    'a capability that baseline allows',
    { own: context({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } }) },
    { [`psa-capabilities-assigned ${there}`]: 'fail violating-pods' },
  ),
  broken(
    'seccomp switched off',
    { own: context({ seccompProfile: { type: 'Unconfined' } }) },
    { [`pod-seccomp-profile ${there}`]: 'fail violating-pods' },
  ),
  broken(
    'no security context at all',
    { own: '{}' },
    {
      [`pod-security-context ${there}`]: 'fail not-as-expected',
      [`psa-privilege-escalation ${there}`]: 'fail violating-pods',
      [`psa-root-containers ${there}`]: 'fail violating-pods',
      [`psa-net-raw ${there}`]: 'fail violating-pods',
      [`psa-capabilities-assigned ${there}`]: 'fail violating-pods',
      [`pod-seccomp-profile ${there}`]: 'fail violating-pods',
    },
  ),
  broken(
    'a root file system that is written to',
    { own: context({ readOnlyRootFilesystem: false }) },
    { [`pod-security-context ${there}`]: 'warn needs-a-person' },
  ),
  {
    name: 'a secret in the environment; then as a file',
    bad: pod('bad', { container: 'env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]' }),
    seen: { [`secrets-as-files ${there}`]: 'fail not-as-expected' },
    good: pod('good', { spec: 'volumes: [{name: db, secret: {secretName: db}}]' }),
    kept: {},
  },
  {
    name: 'a Windows pod that is part of its node; then one that is not',
    bad: windows(
      'bad',
      'hostNetwork: true',
      '{windowsOptions: {hostProcess: true, runAsUserName: "NT AUTHORITY\\\\SYSTEM"}}',
    ),
    seen: {
      [`psa-windows-host-process ${there}`]: 'fail violating-pods',
      [`psa-host-network ${there}`]: 'fail violating-pods',
      [`psa-root-containers ${there}`]: 'fail violating-pods',
      [`pod-security-context ${there}`]: 'warn needs-a-person',
    },
    good: windows('good', '', '{runAsNonRoot: true}'),
    kept: {
      [`psa-windows-host-process ${there}`]: 'fail admission-open',
    },
  },
];

/** Of the document 1.8, which later ones do not have. */
export const capabilityChanges: readonly ObjectChange[] = [
  broken(
    'a capability beyond those of the runtime',
    { own: context({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }) },
    {
      [`psa-added-capabilities ${there}`]: 'fail violating-pods',
      [`psa-capabilities-assigned ${there}`]: 'fail violating-pods',
    },
  ),
];

/** Of the document 2.1, which earlier ones do not have. The API server takes it only from pods in a user namespace of their own. */
export const procMountChanges: readonly ObjectChange[] = [
  broken(
    'an unmasked /proc',
    { spec: 'hostUsers: false', own: context({ procMount: 'Unmasked' }) },
    { [`psa-unmasked-proc-mount ${there}`]: 'fail violating-pods' },
  ),
];

function broken(name: string, given: Parameters<typeof pod>[1], seen: ObjectChange['seen']): ObjectChange {
  return { name: `${name}; then nothing of it`, bad: pod('bad', given), seen, good: pod('good'), kept: {} };
}

/** What a good container says, and this over it. */
function context(own: object): string {
  return JSON.stringify({ ...restricted, ...own });
}

function windows(name: string, spec: string, own: string): string {
  return pod(name, { spec: `${spec}\n  os: {name: windows}`, own });
}
