import type { Author } from './audit.ts';
import type { ScanConnections } from './scans.ts';

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

/** Schedules by name. Writes throw PLB_STORE_WRITE; those of people are in the audit log. */
export interface ScheduleTable {
  all(): readonly ScheduleRecord[];
  get(name: string): ScheduleRecord | undefined;
  /** Makes it, or puts it in the place of the one with its name. */
  put(schedule: ScheduleRecord, author: Author): void;
  remove(name: string, author: Author): void;
  seenTo(name: string, since: number): void;
}

/** The table on a writing connection and one that reads. */
export function scheduleTable({ writer, reader, transact, audit }: ScanConnections): ScheduleTable {
  const put = writer.prepare<[string, string, string, string | null, number, number]>(
    'INSERT OR REPLACE INTO schedule (name, cron, time_zone, note, enabled, since) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const remove = writer.prepare<[string]>('DELETE FROM schedule WHERE name = ?');
  const seenTo = writer.prepare<[number, string]>('UPDATE schedule SET since = ? WHERE name = ?');
  const every = reader.prepare<[], ScheduleRow>('SELECT * FROM schedule ORDER BY name');
  // In an open transaction only the writer sees what was written.
  const byName = writer.prepare<[string], ScheduleRow>('SELECT * FROM schedule WHERE name = ?');
  const get = (name: string) => {
    const row = byName.get(name);
    return row && recordOf(row);
  };
  const audited = (name: string, author: Author, write: () => unknown) =>
    transact(() => {
      const before = get(name);
      write();
      const after = get(name);
      const action = before ? (after ? 'changed' : 'removed') : 'created';
      audit.add({ ...author, action, kind: 'schedule', target: name, before: said(before), after: said(after) });
    });
  return {
    all: () => every.all().map(recordOf),
    get,
    put: ({ name, cron, timeZone, note, enabled, since }, author) =>
      audited(name, author, () => put.run(name, cron, timeZone, note, Number(enabled), since)),
    remove: (name, author) => audited(name, author, () => remove.run(name)),
    seenTo: (name, since) => void transact(() => seenTo.run(since, name)),
  };
}

function said(schedule: ScheduleRecord | undefined) {
  if (!schedule) return null;
  const { since: _, ...rest } = schedule;
  return rest;
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
