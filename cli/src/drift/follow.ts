import { setTimeout as sleep } from 'node:timers/promises';
import { opened, type Place } from '../server/place.ts';

/** One event of a stream. */
export interface ServedEvent {
  readonly event: string;
  readonly data: string;
}

/** Who follows. `broken` is told of each stream that ended before it comes back. */
export interface Follower {
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly connected: () => Promise<void>;
  readonly event: (event: ServedEvent) => void;
  readonly broken: (why: string) => void;
}

const longestMs = 30_000;

/** Follows the events until it is told to stop, and goes on where it was when a stream ends. Throws where the first is refused. */
export async function followEvents(place: Place, follower: Follower): Promise<void> {
  let id = '';
  let wait = 500;
  let first = true;
  while (!place.stop.aborted) {
    try {
      const answer = await opened(place, {
        ...{ path: 'events', parameters: follower.parameters, endless: true },
        ...(id === '' ? {} : { headers: { 'last-event-id': id } }),
      });
      if (first) await follower.connected();
      [first, wait] = [false, 500];
      await read(answer, follower.event, (known) => {
        id = known;
      });
      if (!place.stop.aborted) follower.broken('the aggregator ended it');
    } catch (error) {
      if (place.stop.aborted) return;
      if (first) throw error;
      follower.broken(error instanceof Error ? error.message : String(error));
    }
    // Everybody would come back at once.
    await sleep(wait * (0.5 + Math.random()), undefined, { signal: place.stop }).catch(() => undefined);
    wait = Math.min(wait * 2, longestMs);
  }
}

async function read(answer: Response, told: Follower['event'], known: (id: string) => void): Promise<void> {
  let text = '';
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const { id, event, data } = fieldsOf(block);
      if (event !== undefined && data !== undefined) told({ event, data });
      if (id !== undefined) known(id);
    }
  }
}

function fieldsOf(block: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    block.split('\n').map((line) => {
      const cut = line.indexOf(':');
      return [line.slice(0, cut), line.slice(cut + 1).replace(/^ /, '')];
    }),
  );
}
