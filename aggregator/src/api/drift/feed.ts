import type { DriftFilter, DriftList, DriftQueries, DriftRow } from '../../store/drift.ts';
import type { Entry, Journal, PresenceEntry, VerdictEntry } from '../../store/journal.ts';

/** Where reading goes on: the greatest id of each list that was not read; 0 where nothing is left. */
export type Positions = Readonly<Record<DriftList | 'journal', number>>;

/** One change as it is stored. */
export type Change = DriftRow | VerdictEntry | PresenceEntry;

/** Which changes are read. Times are milliseconds. */
export interface FeedQuery extends DriftFilter {
  readonly kinds: readonly Entry['kind'][];
  readonly from: number | undefined;
  readonly to: number;
}

/** Changes of every list, the youngest first. */
export interface Feed {
  /** The next change; undefined when there is none, or when enough was read for one answer: then `positions` is not all 0. */
  next(): Change | undefined;
  positions(): Positions;
}

const chunk = 500;
/** Reads of one answer; each is some milliseconds at most. */
const mostReads = 40;
/** Objects are written in the order of their kinds, not of seconds. */
const slackMs = 60_000;
const lists = ['journal', 'objects', 'gone', 'began'] as const;

/** Where reading begins: at the youngest changes no later than an instant. */
export function startOf(queries: DriftQueries, { kinds, to, node }: FeedQuery, journal: Journal): Positions {
  const drift = kinds.includes('drift');
  const idAt = (list: DriftList) => (drift ? queries.idAt(list, to) : 0);
  return {
    began: node === 0 ? 0 : idAt('began'),
    gone: node === 0 ? 0 : idAt('gone'),
    objects: node === undefined || node === 0 ? idAt('objects') : 0,
    journal: kinds.some((kind) => kind !== 'drift') ? journal.last() : 0,
  };
}

/** Opens the feed at positions. */
export function openFeed(
  { drift, journal }: { readonly drift: DriftQueries; readonly journal: Journal },
  query: FeedQuery,
  start: Positions,
  nodeName: string | null | undefined,
): Feed {
  let reads = 0;
  const kinds = query.kinds.filter((kind) => kind !== 'drift');
  const sources = lists.map((list) => {
    let next = start[list];
    let buffer: readonly Change[] = [];
    let index = 0;
    const read = () => {
      reads++;
      if (list === 'journal') {
        const entries = journal.before(next + 1, query.to, chunk, kinds);
        const last = entries.at(-1);
        next = entries.length === chunk && last ? last.id - 1 : 0;
        return entries.flatMap((one) =>
          one.kind === 'drift' || (nodeName !== undefined && one.node !== nodeName) ? [] : [one],
        );
      }
      const found = drift.back(list, next, chunk, query);
      next = found.next;
      // One that brings nothing has looked at all it may.
      if (found.rows.length === 0) reads += mostReads / 10 - 1;
      return found.rows;
    };
    return {
      /** The youngest change that is left; `stuck` when it would take another read. */
      peek(): Change | 'stuck' | undefined {
        while (index === buffer.length && next > 0) {
          if (reads >= mostReads) return 'stuck';
          [buffer, index] = [read(), 0];
        }
        const change = buffer[index];
        if (!change || query.from === undefined || change.at >= query.from - slackMs) return change;
        [buffer, index, next] = [[], 0, 0];
        return undefined;
      },
      take: () => void index++,
      position: () => buffer[index]?.id ?? next,
    };
  });
  return {
    next() {
      for (;;) {
        const first = youngest();
        if (!first) return undefined;
        first.source.take();
        if (first.change.at <= query.to && first.change.at >= (query.from ?? 0)) return first.change;
      }
    },
    positions: () =>
      Object.fromEntries(sources.map((source, index) => [lists[index], source.position()])) as unknown as Positions,
  };

  function youngest() {
    let first: { readonly source: (typeof sources)[number]; readonly change: Change } | undefined;
    for (const source of sources) {
      const change = source.peek();
      // Whatever it would bring may be younger than what the others have.
      if (change === 'stuck') return undefined;
      if (change && (!first || change.at > first.change.at)) first = { source, change };
    }
    return first;
  }
}
