import { PlumblineError } from '@plumbline/core';
import { Cron } from 'croner';
import type { ScheduleRecord } from '../store/schedules.ts';

/** When something is due. */
export type Timing = Pick<ScheduleRecord, 'cron' | 'timeZone'>;

/**
 * The first time after an instant (milliseconds) that fits; null when none ever does. A time that the clocks leave out in spring is
 * due when they go on; one that they show twice in autumn is due the first time, unless the pattern is due every hour.
 */
export function nextRun({ cron, timeZone }: Timing, after: number): number | null {
  return pattern(cron, timeZone).nextRun(new Date(after))?.getTime() ?? null;
}

/** Throws PLB_REQUEST_INVALID with a sentence that names the field. */
export function checkTiming({ cron, timeZone }: Timing, now: number): void {
  if (!isTimeZone(timeZone)) throw invalid('timeZone', `${timeZone} is no time zone such as Europe/Berlin or UTC`);
  if (cron.trim().split(/\s+/).length !== 5)
    throw invalid('cron', 'it has five parts: minute, hour, day of month, month and day of week');
  if (due({ cron, timeZone }, now) === null) throw invalid('cron', `${cron} is never due`);
}

function due(timing: Timing, now: number): number | null {
  try {
    return nextRun(timing, now);
  } catch (error) {
    throw invalid('cron', `${timing.cron} cannot be read`, error);
  }
}

function pattern(cron: string, timezone: string): Cron {
  return new Cron(cron, { timezone, mode: '5-part', paused: true });
}

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function invalid(field: string, why: string, cause?: unknown): PlumblineError {
  return new PlumblineError('PLB_REQUEST_INVALID', `The field ${field} is not valid: ${why}.`, { cause });
}
