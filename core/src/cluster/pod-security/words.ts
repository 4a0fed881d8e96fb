import { listed } from '../../words.ts';
import { type CheckName, type CheckSet, namesIn } from './checks.ts';

/** What pods do that break a check, after `pods that …` and `no pods …`. */
const deeds: Readonly<Record<CheckName, string>> = {
  privileged: 'run privileged containers',
  hostPID: 'share the process namespace of the node',
  hostIPC: 'share the IPC namespace of the node',
  hostNetwork: 'use the network of the node',
  hostPath: 'mount paths of the node',
  hostPorts: 'open ports of the node',
  hostProbes: 'name another host in a probe',
  capabilities: 'add capabilities beyond the usual ones',
  procMount: 'unmask /proc',
  seccomp: 'switch seccomp off',
  appArmor: 'switch AppArmor off',
  seLinux: 'choose SELinux options of their own',
  sysctls: 'set unsafe sysctls',
  windowsHostProcess: 'run as processes of a Windows node',
  allowPrivilegeEscalation: 'let containers gain privileges',
  runAsNonRoot: 'let containers run as root',
  runAsUser: 'ask for the user root',
  capabilitiesRestricted: 'keep capabilities that they could drop',
  procMountRestricted: 'unmask /proc',
  seccompRestricted: 'run without a seccomp profile',
  volumes: 'mount volumes that restricted forbids',
  netRaw: 'keep the capability for raw sockets',
};

const shown = 4;
const known = new Map<CheckSet, string>();

/** `run privileged containers or use the network of the node`; of many the first and how many more there are. */
export function deedsOf(checks: CheckSet): string {
  const before = known.get(checks);
  if (before !== undefined) return before;
  const all = [...new Set(namesIn(checks).map((name) => deeds[name]))];
  const more = all.length - shown;
  const text = listed(more > 1 ? [...all.slice(0, shown), `break ${more} other rules`] : all, 'or');
  // Controls ask for few sets; whatever asks for many does not fill the memory.
  if (known.size < 1000) known.set(checks, text);
  return text;
}
