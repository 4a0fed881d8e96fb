import { PlumblineError } from '@plumbline/core';
import type { ScheduleRecord, ScheduleTable } from '../store/schedules.ts';
import { checkTiming, nextRun } from './cron.ts';

/** What a user says of a schedule. */
export type ScheduleInput = Omit<ScheduleRecord, 'since'>;

/** A schedule and when it is due next, in milliseconds; null while it is off. */
export type Scheduled = ScheduleRecord & { readonly next: number | null };

/** What schedules rest on. Times are milliseconds. */
export interface ScheduleParts {
  readonly table: ScheduleTable;
  readonly clock: () => number;
  /** One is due. Throws where nothing can be kept; it stays due then. */
  readonly run: (schedule: ScheduleRecord) => void;
  readonly failed: (error: unknown) => void;
}

/** Scans at times that users chose. */
export interface Schedules {
  all(): readonly Scheduled[];
  get(name: string): Scheduled | undefined;
  /** Makes one. Throws PLB_REQUEST_INVALID, PLB_CONFLICT for a name that is taken. */
  add(input: ScheduleInput, who: string): Scheduled;
  /** Puts this in the place of the one with its name. Throws PLB_REQUEST_INVALID, PLB_NOT_FOUND. */
  replace(input: ScheduleInput, who: string): Scheduled;
  /** Throws PLB_NOT_FOUND. */
  remove(name: string, who: string): void;
  /** Runs what is due now. What was due several times meanwhile, the aggregator being away, runs once. */
  tick(): void;
}

/** As many as a user can oversee. */
const most = 100;

/** The schedules of a store; somebody has to call `tick`. */
export function startSchedules({ table, clock, run, failed }: ScheduleParts): Schedules {
  return {
    all: () => table.all().map(withNext),
    get(name) {
      const found = table.get(name);
      return found && withNext(found);
    },
    add(input, who) {
      if (table.get(input.name))
        throw new PlumblineError('PLB_CONFLICT', `There is a schedule ${input.name} already; PUT replaces it.`);
      if (table.all().length >= most)
        throw new PlumblineError('PLB_CONFLICT', `There are ${most} schedules already; delete one.`);
      return put(input, who);
    },
    replace(input, who) {
      mustExist(input.name);
      return put(input, who);
    },
    remove(name, who) {
      mustExist(name);
      table.remove(name, { who, at: clock() });
    },
    tick() {
      const now = clock();
      for (const one of table.all()) {
        const { next } = withNext(one);
        if (next !== null && next <= now) runOne(one, now);
      }
    },
  };

  function put(input: ScheduleInput, who: string): Scheduled {
    const now = clock();
    checkTiming(input, now);
    table.put({ ...input, since: now }, { who, at: now });
    return withNext({ ...input, since: now });
  }

  function runOne(schedule: ScheduleRecord, now: number): void {
    try {
      run(schedule);
      table.seenTo(schedule.name, now);
    } catch (error) {
      failed(error);
    }
  }

  function mustExist(name: string): void {
    if (!table.get(name)) throw new PlumblineError('PLB_NOT_FOUND', `There is no schedule ${name}.`);
  }

  function withNext(schedule: ScheduleRecord): Scheduled {
    return { ...schedule, next: schedule.enabled ? nextRun(schedule, Math.min(schedule.since, clock())) : null };
  }
}
