import type { Host, RecordAs, Seen } from '../host/index.ts';

/** What /proc/PID/status says that identification needs. `uids` are real, effective, saved and file system uid. */
export interface Status {
  readonly name: string;
  readonly state: string;
  readonly parent: number;
  readonly uids: readonly number[];
  readonly gid: number;
  /** Pids from the host's PID namespace inwards; one of the host itself has exactly one. */
  readonly pids: readonly number[];
}

const kept = /^(Name|State|Tgid|PPid|Uid|Gid|NSpid):/;

function recordStatus(content: Buffer): string {
  const lines = content.toString('utf8').split('\n');
  return `${lines.filter((line) => kept.test(line)).join('\n')}\n`;
}

/** A file below /proc/PID as text; undefined when the process is gone or the file is not for us. */
export async function readProcess(
  host: Host,
  pid: number,
  file: string,
  recordAs: RecordAs = 'as-is',
): Promise<string | undefined> {
  const seen = await host.read(`/proc/${pid}/${file}`, { recordAs });
  return seen.state === 'observed' ? seen.value.bytes.toString('utf8') : undefined;
}

/** undefined when the process is gone. */
export async function readStatus(host: Host, pid: number): Promise<Status | undefined> {
  const text = await readProcess(host, pid, 'status', recordStatus);
  if (text === undefined) return undefined;
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
  const numbers = (name: string) => field(name).split(/\s+/).filter(Boolean).map(Number);
  return {
    name: field('Name'),
    state: field('State').slice(0, 1),
    parent: Number(field('PPid')),
    uids: numbers('Uid'),
    gid: numbers('Gid')[0] ?? -1,
    pids: numbers('NSpid'),
  };
}

/** What /proc/PID/stat says of a process. Source: proc_pid_stat(5), include/linux/sched.h. */
export interface ProcessStat {
  readonly name: string;
  /** `Z` of one that ended and that nobody has asked about yet. */
  readonly state: string;
  /** Does the kernel say that it is one of its own threads (PF_KTHREAD)? */
  readonly kernelThread: boolean;
  /** Minor and major page faults of all its threads since its start; they only grow. */
  readonly faults: string;
  /** Clock ticks since boot: the same pid with another start is another process. */
  readonly start: string;
}

const kernelThread = 0x00200000;

/** undefined when the process is gone. */
export async function readStat(host: Host, pid: number): Promise<ProcessStat | undefined> {
  const text = await readProcess(host, pid, 'stat', recordStat);
  return text === undefined ? undefined : parseStat(text);
}

/** Fields of a `/proc/PID/stat`. */
export function parseStat(text: string): ProcessStat {
  // The second field is a name that may hold anything.
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ', 20);
  return {
    name: text.slice(text.indexOf('(') + 1, end),
    state: fields[0] ?? '',
    kernelThread: (Number(fields[6] ?? 0) & kernelThread) !== 0,
    faults: `${fields[7]} ${fields[9]}`,
    start: fields[19]?.trimEnd() ?? '',
  };
}

/** The start time of a process; undefined when it is gone. */
export async function readStart(host: Host, pid: number): Promise<string | undefined> {
  return (await readStat(host, pid))?.start;
}

/** The fields up to the start time; those behind hold addresses of memory. */
function recordStat(content: Buffer): string {
  const text = content.toString('utf8');
  const name = text.lastIndexOf(')') + 2;
  return `${text.slice(0, name)}${text.slice(name).trimEnd().split(' ').slice(0, 20).join(' ')}\n`;
}

/** Words of a command line; `truncated` when it is longer than what is read. */
export interface CommandLine {
  readonly argv: readonly string[];
  readonly truncated: boolean;
}

/** The command line; a long one is cut, which its reader must mind. */
export async function readCommandLine(host: Host, pid: number, recordAs: RecordAs): Promise<Seen<CommandLine>> {
  const found = await host.read(`/proc/${pid}/cmdline`, { recordAs, partial: true });
  if (found.state !== 'observed') return found;
  const words = found.value.bytes.toString('utf8').split('\0');
  if (words.at(-1) === '') words.pop();
  return { state: 'observed', value: { argv: words, truncated: found.value.truncated } };
}
