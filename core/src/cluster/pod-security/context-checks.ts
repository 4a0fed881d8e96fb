import type { JsonObject } from '../../json.ts';
import { inContainer, inContexts, inPod, type PodCheck, type Violation } from './check.ts';
import { objectIn, objectsIn, type Pod, textIn } from './pod.ts';

/** From policy 1.25 on, pods of Windows are not held to what Linux alone knows. */
export function exemptWindows({ windows }: Pod, minor: number): boolean {
  return windows && minor >= 25;
}

/** From policy 1.35 on, root inside a user namespace of its own counts as nobody outside. */
function relaxedByUsers({ ownUsers }: Pod, minor: number): boolean {
  return ownUsers && minor >= 35;
}

/** Not set means that it may escalate. */
export const allowPrivilegeEscalation: PodCheck = {
  level: 'restricted',
  since: 8,
  reads: ['c:securityContext.allowPrivilegeEscalation'],
  violations: (pod, minor) =>
    exemptWindows(pod, minor)
      ? []
      : pod.containers
          .filter(({ context }) => context['allowPrivilegeEscalation'] !== false)
          .map((one) => {
            const field = 'allowPrivilegeEscalation';
            return inContainer(one, `securityContext.${field}`, one.context[field]);
          }),
};

/** A container that does not say goes by its pod; `false` anywhere breaks the check. */
export const runAsNonRoot: PodCheck = {
  level: 'restricted',
  since: 0,
  reads: ['c:securityContext.runAsNonRoot', 'p:securityContext.runAsNonRoot'],
  violations: (pod, minor) => {
    if (relaxedByUsers(pod, minor)) return [];
    const field = 'securityContext.runAsNonRoot';
    const own = pod.context['runAsNonRoot'];
    const found = own === false ? [inPod(field, own)] : [];
    for (const container of pod.containers) {
      const value = container.context['runAsNonRoot'] ?? own;
      if (value !== true) found.push(inContainer(container, field, container.context['runAsNonRoot']));
    }
    return found;
  },
};

export const runAsUser: PodCheck = {
  level: 'restricted',
  since: 23,
  reads: ['c:securityContext.runAsUser', 'p:securityContext.runAsUser'],
  violations: (pod, minor) =>
    relaxedByUsers(pod, minor)
      ? []
      : inContexts(pod, (context) => (context['runAsUser'] === 0 ? ['runAsUser', 0] : undefined)),
};

function unmasked({ containers }: Pod): readonly Violation[] {
  return containers.flatMap((one) => {
    const mount = one.context['procMount'];
    return mount === undefined || mount === 'Default' ? [] : [inContainer(one, 'securityContext.procMount', mount)];
  });
}

export const procMount: PodCheck = {
  level: 'baseline',
  since: 0,
  reads: ['c:securityContext.procMount', 'p:hostUsers'],
  violations: (pod, minor) => (relaxedByUsers(pod, minor) ? [] : unmasked(pod)),
};

/** What baseline stopped asking of pods with users of their own, restricted asks on. */
export const procMountRestricted: PodCheck = {
  level: 'restricted',
  since: 35,
  replaces: 'procMount',
  reads: ['c:securityContext.procMount'],
  violations: unmasked,
};

const typesOfSeLinux: ReadonlySet<string> = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t']);

export const seLinux: PodCheck = {
  level: 'baseline',
  since: 0,
  reads: ['c:securityContext.seLinuxOptions', 'p:securityContext.seLinuxOptions'],
  violations: (pod, minor) => inContexts(pod, (context) => badSeLinux(context, minor)),
};

function badSeLinux(context: JsonObject, minor: number): readonly [string, string] | undefined {
  const options = objectIn(context, 'seLinuxOptions');
  const type = textIn(options, 'type') ?? '';
  if (!typesOfSeLinux.has(type) && !(minor >= 31 && type === 'container_engine_t'))
    return ['seLinuxOptions.type', type];
  const key = ['user', 'role'].find((name) => (textIn(options, name) ?? '') !== '');
  return key === undefined ? undefined : [`seLinuxOptions.${key}`, textIn(options, key) ?? ''];
}

const oldAppArmor = 'container.apparmor.security.beta.kubernetes.io/';

export const appArmor: PodCheck = {
  level: 'baseline',
  since: 0,
  reads: ['c:securityContext.appArmorProfile', 'p:securityContext.appArmorProfile', 'a:'],
  violations: (pod) => [
    ...inContexts(pod, (context) => {
      const profile = context['appArmorProfile'];
      if (profile === undefined) return undefined;
      const type = textIn(objectIn(context, 'appArmorProfile'), 'type') ?? '';
      return ['RuntimeDefault', 'Localhost'].includes(type) ? undefined : ['appArmorProfile.type', type];
    }),
    ...Object.entries(pod.annotations)
      .filter(([key, value]) => key.startsWith(oldAppArmor) && !allowedAppArmor(value))
      .map(([key, value]) => inPod(`metadata.annotations[${key}]`, value)),
  ],
};

function allowedAppArmor(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

/** Sysctls that touch nothing outside of the pod, by the policy minor that took them in. */
const safeSysctls: readonly (readonly [minor: number, names: readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.ip_unprivileged_port_start',
      'net.ipv4.ping_group_range',
      'net.ipv4.tcp_syncookies',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
      'net.ipv4.tcp_keepalive_time',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
  [37, ['net.ipv4.tcp_notsent_lowat', 'net.ipv4.tcp_slow_start_after_idle']],
];

export const sysctls: PodCheck = {
  level: 'baseline',
  since: 0,
  reads: ['p:securityContext.sysctls'],
  violations: ({ context }, minor) =>
    objectsIn(context, 'sysctls')
      .map((one) => textIn(one, 'name') ?? '')
      .filter((name) => !safeSysctls.some(([since, names]) => minor >= since && names.includes(name)))
      .map((name) => inPod('securityContext.sysctls[].name', name)),
};

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

/** A volume that names no source is an emptyDir: the API server makes it one. */
export const volumes: PodCheck = {
  level: 'restricted',
  since: 0,
  replaces: 'hostPath',
  reads: ['p:volumes'],
  violations: ({ spec }) =>
    objectsIn(spec, 'volumes')
      .map((volume) => [textIn(volume, 'name') ?? '', Object.keys(volume).filter((key) => key !== 'name')] as const)
      .filter(([, sources]) => sources.length > 0 && !sources.some((source) => freeVolumes.includes(source)))
      .map(([name, sources]) => inPod(`volumes[${name}]`, sources.join())),
};
