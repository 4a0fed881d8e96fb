import type { DecisionState, Waiver } from '@plumbline/core';
import { asked, isObject, noAggregator, type Place } from './place.ts';

/** A waiver as an aggregator tells it. */
export interface ServedWaiver extends Waiver {
  readonly createdBy: string;
  readonly state: DecisionState;
  readonly stateReason: string;
}

/** Every waiver there is, oldest first. Throws coded errors. */
export async function listWaivers(place: Place): Promise<readonly ServedWaiver[]> {
  const found: ServedWaiver[] = [];
  let cursor: string | undefined;
  do {
    const page = await asked(place, { path: 'waivers', parameters: { limit: '500', cursor } });
    const waivers = page['waivers'];
    if (!Array.isArray(waivers) || !waivers.every(isWaiver)) throw noAggregator(place.url, 200);
    found.push(...waivers);
    cursor = typeof page['nextCursor'] === 'string' ? page['nextCursor'] : undefined;
  } while (cursor !== undefined);
  return found;
}

/** Makes a waiver of what was given; the aggregator says what is wrong with it. */
export async function makeWaiver(place: Place, body: object): Promise<ServedWaiver> {
  const { waiver } = await asked(place, { path: 'waivers', body });
  if (isWaiver(waiver)) return waiver;
  throw noAggregator(place.url, 200);
}

/** Ends a waiver now. */
export async function removeWaiver(place: Place, id: string): Promise<void> {
  await asked(place, { path: `waivers/${encodeURIComponent(id)}`, method: 'DELETE' });
}

function isWaiver(value: unknown): value is ServedWaiver {
  const texts = ['id', 'control', 'kind', 'owner', 'reason', 'expires', 'createdBy', 'state', 'stateReason'];
  return isObject(value) && texts.every((name) => typeof value[name] === 'string');
}
