import { capabilities, capabilitiesRestricted, netRaw } from './capability-checks.ts';
import type { PodCheck } from './check.ts';
import {
  allowPrivilegeEscalation,
  appArmor,
  procMount,
  procMountRestricted,
  runAsNonRoot,
  runAsUser,
  seLinux,
  sysctls,
  volumes,
} from './context-checks.ts';
import {
  hostIPC,
  hostNetwork,
  hostPath,
  hostPID,
  hostPorts,
  hostProbes,
  privileged,
  windowsHostProcess,
} from './host-checks.ts';
import { seccomp, seccompRestricted } from './seccomp-checks.ts';

/** Every check, those of Pod Security and our own, by name. */
export const podChecks = {
  privileged,
  hostPID,
  hostIPC,
  hostNetwork,
  hostPath,
  hostPorts,
  hostProbes,
  capabilities,
  procMount,
  seccomp,
  appArmor,
  seLinux,
  sysctls,
  windowsHostProcess,
  allowPrivilegeEscalation,
  runAsNonRoot,
  runAsUser,
  capabilitiesRestricted,
  procMountRestricted,
  seccompRestricted,
  volumes,
  netRaw,
} as const satisfies Readonly<Record<string, PodCheck>>;

export type CheckName = keyof typeof podChecks;

export const checkNames = Object.keys(podChecks) as readonly CheckName[];

/** A set of checks as bits, in the order of {@link checkNames}. */
export type CheckSet = number;

/** The set of some checks; names that are none are left out. */
export function checkSet(names: Iterable<string>): CheckSet {
  let set = 0;
  for (const name of names) {
    const bit = checkNames.indexOf(name as CheckName);
    if (bit >= 0) set |= 1 << bit;
  }
  return set;
}

/** The names in a set. */
export function namesIn(set: CheckSet): readonly CheckName[] {
  return checkNames.filter((_, bit) => (set & (1 << bit)) !== 0);
}

/** The newest policy that is written down here; a newer API server is judged by it. */
export const newestPolicy = 37;

/** The checks that a level asks of pods in a policy of minor 1.N. */
export function checksOf(level: string, minor: number): CheckSet {
  if (level !== 'baseline' && level !== 'restricted') return 0;
  const asked = checkNames.filter((name) => isAsked(podChecks[name], level, Math.min(minor, newestPolicy)));
  const replaced = asked.map((name) => (podChecks[name] as PodCheck).replaces ?? '');
  return checkSet(asked) & ~checkSet(replaced);
}

function isAsked(check: PodCheck, level: 'baseline' | 'restricted', minor: number): boolean {
  return check.since <= minor && (check.level === 'baseline' || check.level === level);
}

/**
 * What else is refused where these checks are: a stricter check holds for the weaker one, ALL dropped is NET_RAW dropped, and a container that has to run as
 * non-root and asks for uid 0 is not started by the kubelet.
 */
export function withImplied(set: CheckSet): CheckSet {
  let all = set;
  for (const [stricter, weaker] of implied) if ((all & stricter) !== 0) all |= weaker;
  return all;
}

const implied: readonly (readonly [stricter: CheckSet, weaker: CheckSet])[] = [
  [checkSet(['capabilitiesRestricted']), checkSet(['capabilities', 'netRaw'])],
  [checkSet(['procMountRestricted']), checkSet(['procMount'])],
  [checkSet(['seccompRestricted']), checkSet(['seccomp'])],
  [checkSet(['volumes']), checkSet(['hostPath'])],
  [checkSet(['runAsNonRoot']), checkSet(['runAsUser'])],
];
