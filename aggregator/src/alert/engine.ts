import type { AlertTable } from '../store/alert-table.ts';
import type { Entry, Journal } from '../store/journal.ts';
import type { VerdictLookup } from '../store/verdict-lookup.ts';
import type { Surroundings } from './compose.ts';
import { ledger } from './ledger.ts';
import type { Level } from './levels/level.ts';
import { sweeper } from './levels/sweep.ts';
import type { AlertMessage, Outbox } from './message.ts';
import { watchers } from './on/index.ts';
import type { Look } from './on/watcher.ts';
import type { RuleOn } from './rule-spec.ts';
import type { Rule } from './rules.ts';
import { teller } from './teller.ts';

/** What the engine of alerts works on. Times are milliseconds. */
export interface EngineParts {
  readonly journal: Journal;
  readonly table: AlertTable;
  readonly verdicts: VerdictLookup;
  readonly transact: <T>(work: () => T) => T;
  readonly outbox: Outbox;
  readonly rules: readonly Rule[];
  readonly clock: () => number;
  readonly around: Surroundings;
  readonly waived: Look['waived'];
  /** How things stand, for rules that are no answer to a change. */
  readonly levels: Partial<Readonly<Record<RuleOn, Level>>>;
  readonly told: (message: AlertMessage) => void;
  readonly failed: (error: unknown) => void;
}

/** The alerts of a running aggregator. */
export interface Engine {
  rules(): readonly Rule[];
  /** Other rules from now on: what they would have told before, they do not tell. */
  change(rules: readonly Rule[]): void;
  /** Reads what waits in the journal and takes every step whose time has come. */
  settle(): Promise<void>;
  stop(): void;
}

const batch = 200;
const retryMs = 2000;
/** The longest that a timer can sleep. */
const longest = 2 ** 31 - 1;
const sweepMs = 10_000;

/** Starts the engine. It wakes when the journal grows and when an alert is due, never in between but to look at levels. */
export function startEngine(parts: EngineParts): Engine {
  const { journal, table, clock } = parts;
  let rules = parts.rules;
  const books = ledger(table);
  const tell = teller(table, parts.outbox, parts.around, () => rules, parts.told);
  const { openPlace: open, openInCluster } = table;
  const look: Look = { open, openInCluster, verdicts: parts.verdicts, waived: parts.waived };
  const sweep = sweeper({ table, books, look, levels: parts.levels });
  let cursor = table.cursor() ?? first();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  const looking = setInterval(() => guarded(swept), sweepMs);
  journal.onAppend(() => void settle().catch(() => undefined));
  guarded(retire);
  wake();
  return {
    rules: () => rules,
    change(now) {
      rules = now;
      guarded(retire);
      wake();
    },
    async settle() {
      swept();
      await settle();
    },
    stop() {
      stopped = true;
      clearInterval(looking);
      clearTimeout(timer);
    },
  };

  /** What was before alerts were is not told. */
  function first(): number {
    const last = journal.last();
    parts.transact(() => table.moveCursor(last));
    return last;
  }

  function settle(): Promise<void> {
    running ??= run()
      .catch((error: unknown) => {
        parts.failed(error);
        sleep(retryMs);
        throw error;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  async function run(): Promise<void> {
    // After the turn that appended: judging writes several entries one after the other.
    await new Promise((resolve) => setImmediate(resolve));
    while (!stopped && step()) await new Promise((resolve) => setImmediate(resolve));
    wake();
  }

  /** One batch; true while more waits. */
  function step(): boolean {
    const last = journal.last();
    const kinds = [...new Set(rules.flatMap((rule) => watchers[rule.on]?.kinds ?? []))];
    const entries = journal.after(cursor, batch, [...new Set([...kinds, 'presence' as const])]);
    const drained = entries.length < batch;
    const upTo = drained ? last : (entries.at(-1)?.id ?? last);
    const now = clock();
    if (entries.some(matters)) {
      parts.transact(() => {
        for (const entry of entries) read(entry, now);
        table.moveCursor(upTo);
      });
    }
    // What nothing followed from may be read again after a crash: nothing follows from it then either.
    cursor = upTo;
    return !drained || takeDue(now);
  }

  function matters(entry: Entry): boolean {
    return isDeletion(entry) || rules.some((rule) => stepsOf(rule, entry).length > 0);
  }

  function stepsOf(rule: Rule, entry: Entry) {
    return watchers[rule.on]?.read(rule, entry, look) ?? [];
  }

  function read(entry: Entry, now: number): void {
    for (const rule of rules) for (const one of stepsOf(rule, entry)) books.apply(rule, one, now);
    if (!isDeletion(entry)) return;
    for (const place of table.openOfNode(entry.node)) {
      const rule = rules.find((one) => one.name === place.rule);
      const close = { kind: 'close', place: place.place, why: 'node-deleted', at: entry.at } as const;
      if (rule) books.end(place, rule, close, now);
    }
  }

  /** Steps whose time has come, after everything that was read; true while there may be more. */
  function takeDue(now: number): boolean {
    const due = table.due(now);
    if (due.length === 0) return false;
    parts.transact(() => {
      for (const alert of due) {
        const rule = rules.find((one) => one.name === alert.rule);
        if (rule) tell.take(alert, rule, now);
        else tell.abandon(alert, now);
      }
      table.moveCursor(cursor);
    });
    return true;
  }

  function retire(): void {
    const known = new Set(rules.map((one) => one.name));
    const orphans = table.allUnresolved().filter((one) => !known.has(one.rule));
    if (orphans.length === 0) return;
    parts.transact(() => {
      for (const one of orphans) tell.abandon(one, clock());
    });
  }

  function swept(): void {
    const now = clock();
    const work = sweep(rules, now);
    if (work.length === 0) return;
    parts.transact(() => {
      for (const one of work) one();
    });
    wake();
  }

  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      parts.failed(error);
    }
  }

  function wake(): void {
    if (stopped) return;
    if (journal.last() > cursor) {
      sleep(0);
      return;
    }
    const due = table.nextDue();
    if (due !== null) sleep(due - clock());
  }

  function sleep(ms: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void settle().catch(() => undefined), Math.min(Math.max(ms, 0), longest));
  }
}

function isDeletion(entry: Entry): entry is Extract<Entry, { kind: 'presence' }> {
  return entry.kind === 'presence' && entry.after === 'deleted';
}
