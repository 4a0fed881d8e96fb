import type { Platform } from '@plumbline/core';
import { baseName, type Host, type Missing, missing } from '../host/index.ts';
import { recordCommandLine } from '../redact/command-line.ts';
import { type Cgroup, parseCgroup } from './cgroup.ts';
import { isKernelThread, readCommandLine, readProcess, readStart, readStatus, type Status } from './process-files.ts';

/** A process whose argv[0] is the name of a component, whoever started it. */
export interface Candidate {
  readonly component: string;
  readonly pid: number;
  readonly startTime: string;
  readonly argv: readonly string[];
  /** The command line is longer than what is read. */
  readonly truncated: boolean;
  readonly status: Status;
  readonly cgroup: Cgroup;
}

/** Every candidate, or why processes cannot be seen. */
export type Candidates = { readonly candidates: readonly Candidate[] } | Missing;

const maxProcesses = 100_000;

/**
 * Looks for candidates. A process that goes or changes while it is read is skipped; when that happened to a candidate, the list is
 * read once more, because a component may just be restarting.
 */
export async function findCandidates(host: Host, platform: Platform): Promise<Candidates> {
  const components = componentsByName(platform);
  const first = await scan(host, components);
  if ('state' in first || first.lost === 0) return first;
  return scan(host, components);
}

function componentsByName(platform: Platform): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(platform.components).flatMap(([component, place]) =>
      place.names.map((name) => [name, component] as const),
    ),
  );
}

type Scan = { readonly candidates: readonly Candidate[]; readonly lost: number } | Missing;

async function scan(host: Host, components: ReadonlyMap<string, string>): Promise<Scan> {
  const listing = await host.list('/proc', maxProcesses);
  if (listing.state !== 'observed') return listing;
  const pids = listing.value.entries
    .map((entry) => entry.name)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  if (!pids.includes(1)) {
    return missing(
      'denied',
      '/proc shows no process 1: it is not the host’s, or hidepid needs the capability SYS_PTRACE',
    );
  }
  pids.sort((a, b) => a - b);
  const found = await Promise.all(pids.map((pid) => look(host, pid, components)));
  return {
    candidates: found.filter((one) => typeof one === 'object'),
    lost: found.filter((one) => one === 'lost').length,
  };
}

/** `lost`: a candidate that went or changed while it was read. */
async function look(
  host: Host,
  pid: number,
  components: ReadonlyMap<string, string>,
): Promise<Candidate | 'lost' | undefined> {
  const recordAs = recordCommandLine(components);
  // Half of all processes are threads of the kernel, which have no command line.
  if (await isKernelThread(host, pid)) return undefined;
  const line = await readCommandLine(host, pid, recordAs);
  const component = line.state === 'observed' ? components.get(baseName(line.value.argv[0] ?? '')) : undefined;
  if (!component) return undefined;
  const startTime = await readStart(host, pid);
  const again = await readCommandLine(host, pid, recordAs);
  const status = await readStatus(host, pid);
  const cgroup = await readProcess(host, pid, 'cgroup');
  if (startTime === undefined || status === undefined || cgroup === undefined || again.state !== 'observed')
    return 'lost';
  if ((await readStart(host, pid)) !== startTime) return 'lost';
  if (components.get(baseName(again.value.argv[0] ?? '')) !== component) return 'lost';
  if (status.state === 'Z' || status.state === 'X') return undefined;
  return { component, pid, startTime, ...again.value, status, cgroup: parseCgroup(cgroup) };
}
