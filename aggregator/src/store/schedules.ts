import type { Database } from 'better-sqlite3';
import type { Transact } from './writer.ts';

/** When scans are due. `since` in milliseconds: what was due before it has been seen to. */
export interface ScheduleRecord {
  readonly name: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA name, such as Europe/Berlin. */
  readonly timeZone: string;
  readonly note: string | null;
  readonly enabled: boolean;
  readonly since: number;
}

/** Schedules by name. Writes throw PLB_STORE_WRITE. */
export interface ScheduleTable {
  all(): readonly ScheduleRecord[];
  get(name: string): ScheduleRecord | undefined;
  /** Makes it, or puts it in the place of the one with its name. */
  put(schedule: ScheduleRecord): void;
  remove(name: string): void;
  seenTo(name: string, since: number): void;
}

/** The table on a writing connection and one that reads. */
export function scheduleTable(writer: Database, reader: Database, transact: Transact): ScheduleTable {
  const put = writer.prepare<[string, string, string, string | null, number, number]>(
    'INSERT OR REPLACE INTO schedule (name, cron, time_zone, note, enabled, since) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const remove = writer.prepare<[string]>('DELETE FROM schedule WHERE name = ?');
  const seenTo = writer.prepare<[number, string]>('UPDATE schedule SET since = ? WHERE name = ?');
  const every = reader.prepare<[], ScheduleRow>('SELECT * FROM schedule ORDER BY name');
  const byName = reader.prepare<[string], ScheduleRow>('SELECT * FROM schedule WHERE name = ?');
  return {
    all: () => every.all().map(recordOf),
    get(name) {
      const row = byName.get(name);
      return row && recordOf(row);
    },
    put: ({ name, cron, timeZone, note, enabled, since }) =>
      void transact(() => put.run(name, cron, timeZone, note, Number(enabled), since)),
    remove: (name) => void transact(() => remove.run(name)),
    seenTo: (name, since) => void transact(() => seenTo.run(since, name)),
  };
}

interface ScheduleRow {
  readonly name: string;
  readonly cron: string;
  readonly time_zone: string;
  readonly note: string | null;
  readonly enabled: number;
  readonly since: number;
}

function recordOf({ time_zone: timeZone, enabled, ...row }: ScheduleRow): ScheduleRecord {
  return { ...row, timeZone, enabled: enabled === 1 };
}
