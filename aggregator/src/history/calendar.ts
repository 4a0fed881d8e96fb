/** Milliseconds of a day. */
export const dayMs = 86_400_000;

/** The UTC day of an instant, counted from 1970. */
export function dayOf(at: number): number {
  return Math.floor(at / dayMs);
}

/** The last millisecond of a day: what is asked as of the end of a day is asked then. */
export function endOf(day: number): number {
  return (day + 1) * dayMs - 1;
}

/** The first day of the UTC month of a day. */
export function monthOf(day: number): number {
  const date = new Date(day * dayMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / dayMs;
}

/** The first day of the month after that of a day. */
export function nextMonth(day: number): number {
  const date = new Date(day * dayMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / dayMs;
}

/** `2026-03-01`. */
export function dateOf(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}
