import { PlumblineError } from '@plumbline/core';
import type { Author } from '../store/audit.ts';
import type { ScanNaming, ScanRecord, ScanResult, ScanTable } from '../store/scans.ts';
import type { Asking } from './asking.ts';

/** What scanning rests on. Times are milliseconds. */
export interface ScanParts {
  readonly table: ScanTable;
  readonly clock: () => number;
  /** Resolves after so long, or when the signal aborts; never rejects. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly agents: Asking;
  /** Judges what waits. */
  readonly settle: () => Promise<void>;
  /** What can be told as of an instant; undefined when nothing was judged by then. `silent` are nodes that did not answer. */
  readonly picture: (at: number, silent: readonly string[], judged: boolean) => Picture | undefined;
  /** How long a scan may take. */
  readonly within: number;
  readonly version: string;
  readonly failed: (error: unknown) => void;
}

/** What a scan found; `message` says in sentences what it could not know, and is empty when that is nothing. */
export interface Picture {
  readonly result: ScanResult;
  readonly message: string;
}

/** Who wants a scan, and what it is to be called. */
export interface ScanRequest {
  readonly trigger: ScanRecord['trigger'];
  readonly by: string;
  readonly name?: string | null;
  readonly note?: string | null;
}

/** Takes scans and keeps them. One runs at a time; who asks meanwhile joins it. */
export interface Scans {
  /** Throws PLB_CONFLICT for a name that is taken, PLB_STORE_WRITE where nothing can be kept. */
  start(request: ScanRequest): { readonly scan: ScanRecord; readonly joined: boolean };
  get(id: number): ScanRecord | undefined;
  /** By id (`12`, `scan:12`), name (`release`, `scan:release`) or `latest`, the last that ended. */
  find(reference: string): ScanRecord | undefined;
  page(below: number, limit: number): readonly ScanRecord[];
  /** Throws PLB_CONFLICT for a name that is taken. */
  rename(id: number, naming: ScanNaming, who: string): void;
  /** Throws PLB_CONFLICT for one that runs. */
  remove(id: number, who: string): void;
  /** Ends the one that runs as failed. */
  stop(): Promise<void>;
}

/** The part of its time that agents have to answer; the rest is for judging what they said. */
const answersShare = 5 / 6;
/** How often it is seen whether everybody has answered. */
const glanceMs = 100;
/** Later than any judgement that carries the same millisecond. */
const closeMs = 2;
/** How often an end that could not be written is tried again. */
const againMs = 5000;
const interruption = 'The aggregator ended while this scan ran.';

type End = Pick<ScanRecord, 'state' | 'reason' | 'message' | 'at' | 'result' | 'endedAt'>;

/** Scans on a store; those that nobody runs any more have failed. */
export function startScans(parts: ScanParts): Scans {
  const { table, clock, agents } = parts;
  const ending = new AbortController();
  /** Scans of which the store does not know everything yet: the one that runs, and ends that it refused to take. */
  const held = new Map<number, ScanRecord>();
  const work = new Set<Promise<void>>();
  let running: number | undefined;
  table.interrupt(clock(), interruption);

  return {
    start(request) {
      const scan = running === undefined ? undefined : held.get(running);
      return scan ? { scan: join(scan, request), joined: true } : { scan: begin(request), joined: false };
    },
    get,
    find(reference) {
      const text = reference.replace(/^scan:/, '');
      if (/^\d{1,15}$/.test(text)) return get(Number(text));
      if (text === 'latest') return latest();
      const scan = table.named(text);
      return scan && current(scan);
    },
    page: (below, limit) => table.page(below, limit).map(current),
    rename(id, naming, who) {
      if (typeof naming.name === 'string') mustBeFree(naming.name, id);
      table.rename(id, naming, author(who));
      const scan = held.get(id);
      if (scan) held.set(id, { ...scan, ...naming });
    },
    remove(id, who) {
      if (running === id) throw new PlumblineError('PLB_CONFLICT', 'This scan runs; wait for its end.');
      table.remove(id, author(who));
      held.delete(id);
    },
    async stop() {
      ending.abort();
      await Promise.all(work);
    },
  };

  function latest(): ScanRecord | undefined {
    const youngest = table.page(Number.MAX_SAFE_INTEGER, held.size + 1).map(current);
    return youngest.find(({ state }) => state !== 'running');
  }

  function author(who: string): Author {
    return { who, at: clock() };
  }

  function get(id: number): ScanRecord | undefined {
    const scan = table.get(id);
    return scan && current(scan);
  }

  function current(scan: ScanRecord): ScanRecord {
    return held.get(scan.id) ?? scan;
  }

  function mustBeFree(name: string, id?: number): void {
    const other = table.named(name);
    if (other && other.id !== id)
      throw new PlumblineError('PLB_CONFLICT', `Scan ${other.id} is called ${name} already.`);
  }

  function begin({ trigger, by, name = null, note = null }: ScanRequest): ScanRecord {
    if (name !== null) mustBeFree(name);
    const requestedAt = clock();
    const about = { name, note, trigger, by, requestedAt, deadline: requestedAt + parts.within };
    const scan = table.add({ ...about, ...untold, program: parts.version });
    running = scan.id;
    held.set(scan.id, scan);
    const done = run(scan.id).finally(() => work.delete(done));
    work.add(done);
    return scan;
  }

  /** Who joins by hand may have mended something just now: the agents look once more. A scan without a name takes the newcomer's. */
  function join(scan: ScanRecord, { trigger, by, name = null, note = null }: ScanRequest): ScanRecord {
    const naming = {
      ...(scan.name === null && name !== null ? { name } : {}),
      ...(scan.note === null && note !== null ? { note } : {}),
    };
    if (naming.name !== undefined) mustBeFree(naming.name);
    if (Object.keys(naming).length > 0) table.rename(scan.id, naming, author(by));
    const joined = { ...scan, ...naming };
    held.set(scan.id, joined);
    if (trigger === 'request') agents.ask();
    return joined;
  }

  async function run(id: number): Promise<void> {
    const end = await scanned().catch((error: unknown): End => {
      parts.failed(error);
      return isRefusal(error) ? refused() : failure('internal', 'Something failed inside; the log says what.');
    });
    agents.end();
    running = undefined;
    await keep(id, end);
  }

  async function scanned(): Promise<End> {
    const over = new AbortController();
    const stopped = AbortSignal.any([ending.signal, over.signal]);
    const late = parts.wait(parts.within, stopped);
    let isLate = false;
    const silent = parts.wait(parts.within * answersShare, stopped).then(() => {
      isLate = true;
    });
    const unanswered = () => !isLate && agents.missing().length > 0;
    try {
      agents.ask();
      let judged = false;
      do {
        while (unanswered()) await Promise.race([silent, parts.wait(glanceMs, over.signal)]);
        judged = await Promise.race([late.then(() => false), parts.settle().then(() => true)]);
        // Somebody may have joined meanwhile and had the agents look again.
      } while (unanswered());
      return ending.signal.aborted ? failure('interrupted', interruption) : await instant(judged);
    } finally {
      over.abort();
    }
  }

  async function instant(judged: boolean): Promise<End> {
    const silent = agents.missing();
    const at = clock();
    await parts.wait(closeMs, ending.signal);
    const picture = parts.picture(at, silent, judged);
    if (!picture) return failure('nothing-judged', 'Nothing could be judged by the deadline.');
    const { result, message } = picture;
    const end = { at, result, endedAt: clock() };
    return message === ''
      ? { ...end, state: 'complete', reason: null, message: null }
      : { ...end, state: 'partial', reason: 'incomplete', message };
  }

  /** What the disk refuses is tried again; after a crash before that the scan counts as interrupted. */
  async function keep(id: number, end: End): Promise<void> {
    let known = end;
    for (let scan = held.get(id); scan; scan = held.get(id)) {
      held.set(id, { ...scan, ...known });
      try {
        table.patch(id, known);
        held.delete(id);
      } catch (error) {
        parts.failed(error);
        known = refused();
        held.set(id, { ...scan, ...known });
        if (ending.signal.aborted) return;
        await parts.wait(againMs, ending.signal);
      }
    }
  }

  function refused(): End {
    return failure('store', 'The database could not be written.');
  }

  function failure(reason: string, message: string): End {
    return { state: 'failed', reason, message, at: null, result: null, endedAt: clock() };
  }
}

const untold = { state: 'running', reason: null, message: null, at: null, endedAt: null, result: null } as const;

function isRefusal(error: unknown): boolean {
  return error instanceof PlumblineError && error.code === 'PLB_STORE_WRITE';
}
