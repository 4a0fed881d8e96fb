import type { FileValue, ObservationState } from '@plumbline/core';

/** How a look ended that brought no value; `detail` is one line without a secret. */
export interface Missing {
  readonly state: Exclude<ObservationState, 'observed'>;
  readonly detail: string;
}

/** What a look at the node brought: a value, or the state that says why there is none. */
export type Seen<T> = { readonly state: 'observed'; readonly value: T } | Missing;

/** Type, mode (permission bits with setuid, setgid and sticky) and owner of what a path leads to. */
export interface FileStat {
  readonly type: FileValue['type'];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** The host path where links ended. */
  readonly path: string;
  /** When its content and its inode changed last, in milliseconds of the node's clock. */
  readonly modified: number;
  readonly changed: number;
}

/** Bytes of a regular file; `truncated` only where the reader asked for a part. */
export interface Content {
  readonly bytes: Buffer;
  readonly truncated: boolean;
}

/** One name of a directory as text (see paths.ts) and its own type; links are not followed. */
export interface Entry {
  readonly name: string;
  readonly type: FileValue['type'] | 'link';
}

/** `truncated`: more names exist than were asked for. */
export interface Listing {
  readonly entries: readonly Entry[];
  readonly truncated: boolean;
}

/** How a content may be written into a recording: as it is, or as the text that the function makes of it. */
export type RecordAs = 'as-is' | ((content: Buffer) => string);

/** `maxBytes` defaults to 1 MiB; `partial` gives the beginning of a larger file instead of `too-large`. */
export interface ReadOptions {
  readonly maxBytes?: number;
  readonly partial?: boolean;
  readonly recordAs: RecordAs;
}

/**
 * What is made of a file's content. `make` depends on nothing but the content and keeps no secret of it: the value may be kept and
 * given again for as long as the file is proven to be the same. One constant per use, because it is the name of what is kept.
 */
export interface Reading<T> {
  readonly recordAs: RecordAs;
  readonly make: (content: Buffer) => T;
}

/**
 * The one door to a node. Paths are absolute host paths; links are followed inside the host root and never out of it. Nothing
 * throws for what a node may hold: every answer is a value or a state.
 */
export interface Host {
  stat(path: string): Promise<Seen<FileStat>>;
  read(path: string, options: ReadOptions): Promise<Seen<Content>>;
  /** What a reading makes of a file; a host may remember it while it can prove the file unchanged. */
  take<T>(path: string, reading: Reading<T>): Promise<Seen<T>>;
  /** Names of a directory in no order; at most `limit` (10,000). */
  list(path: string, limit?: number): Promise<Seen<Listing>>;
  /** The text of a link, which is not followed. */
  link(path: string): Promise<Seen<string>>;
  /** When the node was booted by its clock of today, in milliseconds; undefined where that cannot be told. */
  booted(): number | undefined;
  /** Effective Linux capabilities of the looking process, without `CAP_`. */
  capabilities(): Promise<readonly string[]>;
  /** Ends a pass: lets go of its directories and its mount table. One pass at a time per host. */
  refresh(): Promise<void>;
  /** Watches, from the next pass on, what the pass before looked at; one lookout at a time. Absent where nothing changes. */
  watch?(options: WatchOptions): Lookout;
}

/** `changed`: something that the last pass looked at may be different now; what and whether, the next pass finds out. */
export interface WatchOptions {
  readonly changed: () => void;
  /** Directories that are watched at most (512). */
  readonly mostWatched?: number;
}

/** How many directories are watched, and which are not, each with why; their changes are seen by looking only. */
export interface Coverage {
  readonly watched: number;
  readonly unwatched: readonly string[];
}

/** What is noticed between passes. Nothing here throws. */
export interface Lookout {
  readonly coverage: Coverage;
  /** Did a mount come or go that holds or hides something of the last pass? True once a change. */
  remounted(): Promise<boolean>;
  /** Pids of the node; undefined when they cannot be seen. */
  pids(): readonly number[] | undefined;
  /** How many processes there are, without asking which; undefined when that cannot be seen. */
  count(): number | undefined;
  lives(pid: number): boolean;
  /** `/proc/PID/stat`; undefined when the process is gone. */
  stat(pid: number): string | undefined;
  close(): void;
}

/** Bytes that are read of a file at most unless the reader says otherwise. */
export const defaultMaxBytes = 1024 * 1024;
/** Bytes that are read of a file below /proc/PID at most. */
export const procMaxBytes = 64 * 1024;
/** Names that are read of a directory at most unless the reader says otherwise. */
export const defaultMaxEntries = 10_000;

/** `take` of a host that remembers nothing. */
export function takeByReading(read: Host['read']): Host['take'] {
  return async (path, { recordAs, make }) => {
    const content = await read(path, { recordAs });
    return content.state === 'observed' ? seen(make(content.value.bytes)) : content;
  };
}

/** A value seen. */
export function seen<T>(value: T): Seen<T> {
  return { state: 'observed', value };
}

/** No value, and why. */
export function missing(state: Missing['state'], detail: string): Missing {
  return { state, detail };
}

const needsPtrace = /^\/proc\/\d+\/(exe|cwd|root|environ|fd|ns)(\/|$)/;

/** The answer to a refused look, with the capability that would have allowed it. */
export function denied(path: string): Missing {
  const capability = needsPtrace.test(path) ? 'SYS_PTRACE' : 'DAC_READ_SEARCH';
  return missing('denied', `${path}: permission denied; the capability ${capability} would allow it`);
}
