import type { Platform } from '@plumbline/core';
import { baseName, type Host, type Missing, missing, type RecordAs } from '../host/index.ts';
import { recordCommandLine } from '../redact/command-line.ts';
import type { Bystanders } from './bystanders.ts';
import { type Cgroup, parseCgroup } from './cgroup.ts';
import { readCommandLine, readProcess, readStart, readStat, readStatus, type Status } from './process-files.ts';

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
export async function findCandidates(host: Host, platform: Platform, bystanders: Bystanders): Promise<Candidates> {
  const names = componentsByName(platform);
  const search: Search = { host, components: names, recordAs: recordCommandLine(names), bystanders };
  const first = await scan(search);
  if ('state' in first || first.lost === 0) return first;
  return scan(search);
}

/** What a look at one process needs. */
interface Search {
  readonly host: Host;
  readonly components: ReadonlyMap<string, string>;
  readonly recordAs: RecordAs;
  readonly bystanders: Bystanders;
}

function componentsByName(platform: Platform): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(platform.components).flatMap(([component, place]) =>
      place.names.map((name) => [name, component] as const),
    ),
  );
}

type Scan = { readonly candidates: readonly Candidate[]; readonly lost: number } | Missing;

async function scan(search: Search): Promise<Scan> {
  const listing = await search.host.list('/proc', maxProcesses);
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
  search.bystanders.begin(search.components.keys());
  const found = await Promise.all(pids.map((pid) => look(search, pid)));
  search.bystanders.end();
  return {
    candidates: found.filter((one) => typeof one === 'object'),
    lost: found.filter((one) => one === 'lost').length,
  };
}

/** `lost`: a candidate that went or changed while it was read. */
async function look(search: Search, pid: number): Promise<Candidate | 'lost' | undefined> {
  const { host, components, recordAs, bystanders } = search;
  const stat = await readStat(host, pid);
  // Half of all processes are threads of the kernel, which have no command line.
  if (!stat || stat.kernelThread || bystanders.has(pid, stat)) return undefined;
  const line = await readCommandLine(host, pid, recordAs);
  if (line.state !== 'observed') return undefined;
  const component = components.get(baseName(line.value.argv[0] ?? ''));
  if (component) return candidate(search, pid, component);
  bystanders.note(pid, stat);
  return undefined;
}

/** Reads everything of a process that carries the name of a component, and its command line again in between. */
async function candidate(search: Search, pid: number, component: string): Promise<Candidate | 'lost' | undefined> {
  const { host, components, recordAs } = search;
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
