import type { ServerResponse } from 'node:http';
import type { Entry, Journal } from '../../store/journal.ts';
import type { ChangeAnswer } from '../drift/schema.ts';
import { shapeOf } from '../drift/shape.ts';

/** Which events a client gets. `node` null: those of the cluster. */
export interface EventFilter {
  readonly kinds: readonly Entry['kind'][] | undefined;
  readonly node: string | null | undefined;
  /** Slugs of a control: its verdicts alone. */
  readonly controls: ReadonlySet<string> | undefined;
}

/** Everybody who follows the journal. */
export interface EventHub {
  readonly full: () => boolean;
  /** Streams into an answer whose head was written until it closes; `after` is the last event that the client knows. */
  follow(raw: ServerResponse, filter: EventFilter, after: number | undefined): void;
  /** Ends every stream; those who followed may come back and go on. */
  close(): void;
}

/** How long and how many. Times are milliseconds. */
export interface HubLimits {
  readonly heartbeat: number;
  /** How long a client may read nothing while something waits. */
  readonly patience: number;
  readonly clients: number;
}
export const usualHubLimits: HubLimits = { heartbeat: 15_000, patience: 30_000, clients: 100 };

/** Events that one client gets in one turn: what it may have in its buffer. */
const slice = 200;

interface Told {
  readonly entry: Entry;
  readonly text: string;
}

interface Client {
  readonly raw: ServerResponse;
  readonly filter: EventFilter;
  cursor: number;
  /** Set while it reads nothing. */
  blocked: NodeJS.Timeout | undefined;
  turn: NodeJS.Immediate | undefined;
}

/**
 * Nothing is buffered for anybody: each client has a place in the journal, and what it does not read stays there. One that reads nothing for
 * too long is cut off and goes on where it was when it comes back.
 */
export function eventHub(journal: Journal, limits: HubLimits = usualHubLimits): EventHub {
  const clients = new Set<Client>();
  // Most are at the same place: what is read for one is read for all.
  const slices = new Map<number, readonly Told[]>();
  let heartbeat: NodeJS.Timeout | undefined;
  journal.onAppend(() => {
    slices.clear();
    for (const client of clients) soon(client);
  });
  return {
    full: () => clients.size >= limits.clients,
    follow(raw, filter, after) {
      const client: Client = { raw, filter, cursor: 0, blocked: undefined, turn: undefined };
      clients.add(client);
      heartbeat ??= setInterval(beat, limits.heartbeat).unref();
      raw.on('close', () => leave(client));
      raw.on('error', () => raw.destroy());
      raw.on('drain', () => {
        clearTimeout(client.blocked);
        client.blocked = undefined;
        soon(client);
      });
      begin(client, after);
      soon(client);
    },
    close() {
      for (const { raw } of clients) raw.end();
    },
  };

  function begin(client: Client, after: number | undefined): void {
    const last = journal.last();
    client.cursor = after ?? last;
    const first = journal.first();
    const missed = after !== undefined && (after > last || (after < last && (first === 0 || after < first - 1)));
    if (missed) {
      client.cursor = first === 0 || after > last ? last : first - 1;
      send(client, `id: ${client.cursor}\nevent: reset\ndata: {"after":${client.cursor}}\n\n`);
    } else send(client, `: welcome\nid: ${client.cursor}\n\n`);
  }

  /** In a turn of its own: whoever commits does not wait for those who listen. */
  function soon(client: Client): void {
    client.turn ??= setImmediate(() => {
      client.turn = undefined;
      pump(client);
    });
  }

  function pump(client: Client): void {
    if (client.blocked !== undefined || client.raw.writableEnded || client.raw.destroyed) return;
    const some = after(client.cursor);
    for (const { entry, text } of some) {
      client.cursor = entry.id;
      if (wanted(client.filter, entry)) send(client, text);
    }
    if (some.length === slice) soon(client);
  }

  function after(cursor: number): readonly Told[] {
    const known = slices.get(cursor);
    if (known) return known;
    const found = journal.after(cursor, slice).map((entry) => ({ entry, text: textOf(entry) }));
    if (slices.size < 10) slices.set(cursor, found);
    return found;
  }

  function send(client: Client, text: string): void {
    if (client.raw.write(text)) return;
    client.blocked ??= setTimeout(() => client.raw.destroy(), limits.patience).unref();
  }

  /** Says where the stream is too: who gets few events need not be told of a gap. */
  function beat(): void {
    for (const client of clients) {
      if (client.blocked === undefined) send(client, `: heartbeat\nid: ${client.cursor}\n\n`);
    }
  }

  function leave(client: Client): void {
    clients.delete(client);
    clearTimeout(client.blocked);
    clearImmediate(client.turn);
    if (clients.size > 0) return;
    clearInterval(heartbeat);
    heartbeat = undefined;
    slices.clear();
  }
}

function wanted({ kinds, node, controls }: EventFilter, entry: Entry): boolean {
  return (
    (kinds?.includes(entry.kind) ?? true) &&
    (node === undefined || node === entry.node) &&
    (controls === undefined || (entry.kind === 'verdict' && controls.has(entry.control)))
  );
}

function textOf(entry: Entry): string {
  const at = new Date(entry.at).toISOString();
  const answer: ChangeAnswer = {
    ...shapeOf(entry),
    id: `journal-${entry.id}`,
    at,
    firstAt: at,
    nodes: entry.node === null ? [] : [entry.node],
    nodesTotal: entry.node === null ? 0 : 1,
    verdicts: [],
  };
  return `id: ${entry.id}\nevent: ${entry.kind}\ndata: ${JSON.stringify(answer)}\n\n`;
}
