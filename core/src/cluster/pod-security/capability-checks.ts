import { inContainer, type PodCheck, type Violation } from './check.ts';
import { exemptWindows } from './context-checks.ts';
import { type Container, objectIn, type Pod, textsIn } from './pod.ts';

/** Capabilities that baseline lets containers add: those that runtimes give anyway, without NET_RAW. */
const usual: ReadonlySet<string> = new Set([
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
]);

const reads = ['c:securityContext.capabilities'];
const added = 'securityContext.capabilities.add';
const dropped = 'securityContext.capabilities.drop';

function listOf({ context }: Container, key: 'add' | 'drop'): readonly string[] {
  return textsIn(objectIn(context, 'capabilities'), key);
}

/** Names of Kubernetes have no prefix and are matched as written: `CAP_CHOWN` is none of them, and the runtime would not know it either. */
export const capabilities: PodCheck = {
  level: 'baseline',
  since: 0,
  reads,
  violations: ({ containers }) =>
    containers.flatMap((one) => {
      const more = listOf(one, 'add').filter((name) => !usual.has(name));
      return more.length > 0 ? [inContainer(one, added, more)] : [];
    }),
};

export const capabilitiesRestricted: PodCheck = {
  level: 'restricted',
  since: 22,
  replaces: 'capabilities',
  reads,
  violations: (pod, minor) => (exemptWindows(pod, minor) ? [] : pod.containers.flatMap(unrestricted)),
};

function unrestricted(container: Container): readonly Violation[] {
  const more = listOf(container, 'add').filter((name) => name !== 'NET_BIND_SERVICE');
  const drop = listOf(container, 'drop');
  return [
    ...(drop.includes('ALL') ? [] : [inContainer(container, dropped, drop)]),
    ...(more.length > 0 ? [inContainer(container, added, more)] : []),
  ];
}

/**
 * Can a container open raw sockets? The runtimes of most clusters give NET_RAW unless it, or ALL, is dropped; adding wins over dropping.
 * No level asks for this alone: restricted forbids more.
 */
export const netRaw: PodCheck = {
  level: 'own',
  since: 0,
  reads,
  violations: (pod: Pod, minor) =>
    exemptWindows(pod, minor)
      ? []
      : pod.containers.flatMap((one) => {
          const raw = listOf(one, 'add').filter((name) => ['ALL', 'NET_RAW'].includes(name));
          if (raw.length > 0) return [inContainer(one, added, raw)];
          const drop = listOf(one, 'drop');
          return drop.some((name) => ['ALL', 'NET_RAW'].includes(name)) ? [] : [inContainer(one, dropped, drop)];
        }),
};
