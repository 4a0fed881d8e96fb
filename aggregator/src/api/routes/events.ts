import { PlumblineError } from '@plumbline/core';
import Type from 'typebox';
import { type EventHub, eventHub } from '../events/hub.ts';
import { invalid, listOf, narrowed, nodeIdOf, text } from '../filters.ts';
import type { Route } from './route.ts';

const kinds = ['drift', 'verdict', 'presence'] as const;

/** Changes as they are committed. */
export const eventRoutes: Route = (server, parts) => {
  const hub: EventHub = eventHub(parts.journal, parts.hubLimits);
  // Before the server waits for its requests to end: these do not end by themselves.
  server.addHook('preClose', async () => hub.close());
  server.get(
    '/api/v1/events',
    {
      // A HEAD would never be answered.
      exposeHeadRoute: false,
      schema: {
        summary: 'Server-sent events: every change as it is committed, in the shape of GET drift',
        description:
          'Events are named drift, verdict or presence; their id is one of the journal. With Last-Event-ID the stream goes on behind it; where that is not kept any more it begins with an event named reset, and GET drift tells the rest. A comment comes every 15 seconds. The token goes in the header, which EventSource of a browser cannot send: use fetch there.',
        querystring: Type.Object(
          {
            kinds: text(`Which, separated by commas: ${kinds.join(', ')}; all when absent`),
            node: text('Name of a node; cluster for what is of no node'),
            control: text('Slug or number of a control: its verdicts alone'),
          },
          { additionalProperties: false },
        ),
        headers: Type.Object({
          'last-event-id': Type.Optional(
            Type.String({ maxLength: 20, description: 'Id of the last event that is known' }),
          ),
        }),
        response: {
          200: { description: 'text/event-stream', content: { 'text/event-stream': { schema: Type.String() } } },
        },
      },
    },
    (request, reply) => {
      const { query } = request;
      const last = lastOf(request.headers['last-event-id']);
      const lines = query.control === undefined ? undefined : narrowed(query, parts.pack, parts.queries.lines());
      const chosen = listOf('kinds', query.kinds, kinds) as readonly (typeof kinds)[number][] | undefined;
      const node = nodeIdOf(query.node, parts.nodes());
      if (hub.full())
        throw new PlumblineError(
          'PLB_EVENTS_FULL',
          'Too many clients follow the events; ask GET drift, or come back later.',
        );
      const filter = {
        kinds: chosen,
        node: node === 0 ? null : query.node,
        controls: lines && new Set(lines.map((line) => line.control)),
      };
      reply.hijack();
      const headers = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      );
      reply.raw.writeHead(200, {
        ...Object.fromEntries(headers),
        'content-type': 'text/event-stream; charset=utf-8',
        // A proxy that collects answers would hold events back.
        'x-accel-buffering': 'no',
        connection: 'close',
      });
      hub.follow(reply.raw, filter, last);
    },
  );
};

function lastOf(id: string | undefined): number | undefined {
  if (id === undefined || id === '') return undefined;
  const number = Number(id);
  if (!/^\d+$/.test(id) || !Number.isSafeInteger(number)) throw invalid('Last-Event-ID is none that an event had.');
  return number;
}
