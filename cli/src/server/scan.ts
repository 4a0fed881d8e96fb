import type { SectionedSummary } from '@plumbline/core';
import { asked, isObject, noAggregator, type Place } from './place.ts';

/** A scan as an aggregator tells it; times are ISO 8601. */
export interface ServedScan {
  readonly id: string;
  readonly name: string | null;
  readonly note: string | null;
  readonly state: 'running' | 'complete' | 'partial' | 'failed';
  readonly reason: string | null;
  readonly message: string | null;
  readonly at: string | null;
  readonly deadline: string;
  readonly requestedAt: string;
  readonly summary: SectionedSummary | null;
  readonly nodes: { readonly total: number; readonly reporting: number } | null;
}

/** A scan, and what the clock of the aggregator says now. */
export interface SeenScan {
  readonly scan: ServedScan;
  readonly now: string;
}

/** One scan by id, by name, or `latest`, which is the last that ended. Throws coded errors. */
export async function scanOf(place: Place, reference: string): Promise<SeenScan> {
  const answer = await asked(place, { path: `scans/${encodeURIComponent(reference)}` });
  return { scan: checked(answer, place), now: String(answer['at']) };
}

/** Has a scan taken, or joins the one that runs. */
export async function beginScan(
  place: Place,
  body: { readonly name?: string; readonly note?: string },
): Promise<{ readonly scan: ServedScan; readonly joined: boolean }> {
  const answer = await asked(place, { path: 'scans', body });
  return { scan: checked(answer, place), joined: answer['joined'] === true };
}

/** `12`, or `12 (release)`. */
export function scanName({ id, name }: Pick<ServedScan, 'id' | 'name'>): string {
  return name === null ? id : `${id} (${name})`;
}

function checked({ scan }: Readonly<Record<string, unknown>>, { url }: Place): ServedScan {
  if (isObject(scan) && typeof scan['id'] === 'string' && typeof scan['state'] === 'string')
    return scan as unknown as ServedScan;
  throw noAggregator(url, 200);
}
