import type { JsonObject } from '../../../json.ts';
import { type CheckSet, checkSet } from '../../pod-security/index.ts';
import { textIn, textsIn } from '../../pod-security/pod.ts';

/** What a constraint of Gatekeeper's library refuses with its parameters. */
type Kind = (parameters: JsonObject) => readonly string[];

const usual = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];
const goodProfiles = ['RuntimeDefault', 'runtime/default', 'docker/default', 'Localhost', 'localhost/*'];
const freeVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** Kinds of the library that are about the security of pods (open-policy-agent/gatekeeper-library, pod-security-policy). */
const kinds: Readonly<Record<string, Kind>> = {
  K8sPSPPrivilegedContainer: () => ['privileged'],
  K8sPSPHostNamespace: () => ['hostPID', 'hostIPC'],
  K8sPSPHostNetworkingPorts: (own) => [
    ...(own['hostNetwork'] === true ? [] : ['hostNetwork']),
    ...(own['min'] === 0 && own['max'] === 0 ? ['hostPorts'] : []),
  ],
  K8sPSPHostFilesystem: (own) => (isAbsent(own, 'allowedHostPaths') ? ['hostPath'] : []),
  K8sPSPAllowPrivilegeEscalationContainer: () => ['allowPrivilegeEscalation'],
  K8sPSPAllowedUsers: (own) => {
    const rule = own['runAsUser'];
    const name = typeof rule === 'object' && rule !== null ? textIn(rule as JsonObject, 'rule') : undefined;
    return name === 'MustRunAsNonRoot' ? ['runAsNonRoot', 'runAsUser'] : [];
  },
  K8sPSPCapabilities: capabilitiesOf,
  K8sPSPProcMount: (own) => ((textIn(own, 'procMount') ?? 'Default') === 'Default' ? ['procMount'] : []),
  K8sPSPSeccomp: seccompOf,
  K8sPSPSeccompV2: seccompOf,
  K8sPSPVolumeTypes: (own) => {
    const allowed = textsIn(own, 'volumes');
    if (allowed.includes('*') || allowed.includes('hostPath')) return [];
    return allowed.every((one) => freeVolumes.includes(one)) ? ['volumes'] : ['hostPath'];
  },
};

/** Their Rego packages, where they are not the name of the kind in lower case. */
const packages: Readonly<Record<string, string>> = {
  K8sPSPCapabilities: 'capabilities',
  K8sPSPPrivilegedContainer: 'k8spspprivileged',
};

/** The package of a kind of the library; undefined for kinds of somebody else. */
export function libraryPackage(kind: string): string | undefined {
  if (!Object.hasOwn(kinds, kind)) return undefined;
  return Object.hasOwn(packages, kind) ? packages[kind] : kind.toLowerCase();
}

function seccompOf(own: JsonObject): readonly string[] {
  return textsIn(own, 'allowedProfiles').every((one) => goodProfiles.includes(one)) ? ['seccompRestricted'] : [];
}

function isAbsent(own: JsonObject, key: string): boolean {
  const value = own[key];
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function capabilitiesOf(own: JsonObject): readonly string[] {
  const upper = (key: string) => textsIn(own, key).map((name) => name.toUpperCase());
  const allowed = upper('allowedCapabilities');
  const dropped = upper('requiredDropCapabilities');
  const within = (names: readonly string[]) => allowed.every((name) => names.includes(name));
  const raw = allowed.some((name) => ['NET_RAW', 'ALL', '*'].includes(name));
  return [
    ...(within(usual) ? ['capabilities'] : []),
    ...(within(['NET_BIND_SERVICE']) && dropped.includes('ALL') ? ['capabilitiesRestricted'] : []),
    ...(!raw && dropped.some((name) => ['ALL', 'NET_RAW'].includes(name)) ? ['netRaw'] : []),
  ];
}

/** The checks that a constraint of a kind of the library refuses; undefined for kinds of somebody else. */
export function libraryChecks(kind: string, parameters: JsonObject): CheckSet | undefined {
  return Object.hasOwn(kinds, kind) ? checkSet(kinds[kind]?.(parameters) ?? []) : undefined;
}
