import Type, { type Static } from 'typebox';
import { startOf } from '../drift/feed.ts';
import { pageOf } from '../drift/page.ts';
import { ChangeAnswer } from '../drift/schema.ts';
import { instant, invalid, listOf, narrowed, nodeIdOf, Paging, text } from '../filters.ts';
import { decoded } from '../finding-id.ts';
import type { ApiParts } from '../parts.ts';
import { About } from '../schemas.ts';
import type { Route } from './route.ts';
import { mutable } from './summary.ts';

const kinds = ['drift', 'verdict', 'presence'] as const;
const causes = ['observed', 'ruleset', 'agent', 'silence'] as const;

const DriftFilters = Type.Object(
  {
    from: text('Not before this time, ISO 8601'),
    to: text('Not after this time, ISO 8601; now when absent'),
    node: text('Name of a node; cluster for objects and verdicts of no node'),
    fact: text('Fact of the dictionary, such as process or file; object for objects of the cluster'),
    subject: text('Subject of the fact: a path, an instance, an object such as clusterrolebinding/admins'),
    control: text('Slug or number of a control: its verdicts, and changes that moved one'),
    cause: text(`Why, separated by commas: ${causes.join(', ')}`),
    kind: text(`What, separated by commas: ${kinds.join(', ')}; drift when absent`),
    grouped: Type.Boolean({ default: true, description: 'Alike changes of many nodes within a minute are one' }),
    ...Paging,
  },
  { additionalProperties: false },
);
type DriftFilters = Static<typeof DriftFilters>;

/** What changed, the newest first. */
export const driftRoutes: Route = (server, parts, reports) => {
  server.get(
    '/api/v1/drift',
    {
      schema: {
        summary:
          'Which value changed, on which subject, from what to what, when, by which origin, and which verdicts followed',
        description:
          'Facts and objects over all of history; verdicts and presence as far as the journal is kept. A page may hold fewer changes than asked for, or none, and yet name a nextCursor.',
        querystring: DriftFilters,
        response: {
          200: Type.Object({
            ...About.properties,
            changes: Type.Array(ChangeAnswer),
            nextCursor: Type.Union([Type.String(), Type.Null()]),
          }),
        },
      },
    },
    ({ query }) => {
      const { changes, next } = pageOf(partsOf(parts), queryOf(query, parts));
      return { ...mutable(reports), changes: [...changes], nextCursor: next ? cursorText(next) : null };
    },
  );
};

function partsOf(parts: ApiParts) {
  const { drift, journal, verdictsBetween } = parts;
  return { drift, journal, verdictsBetween, names: new Map(parts.nodes().map(({ id, name }) => [id, name])) };
}

function queryOf(query: DriftFilters, parts: ApiParts) {
  const { node: name, fact, subject, control, grouped, limit } = query;
  const node = nodeIdOf(name, parts.nodes());
  const wanted = (listOf('kind', query.kind, kinds) ?? ['drift']) as readonly (typeof kinds)[number][];
  const chosen = listOf('cause', query.cause, causes);
  const from = instant(query.from, 'from');
  const to = instant(query.to, 'to') ?? Number.MAX_SAFE_INTEGER;
  if (from !== undefined && from > to) throw invalid('The parameter from is later than to.');
  const lines = control === undefined ? undefined : narrowed({ control }, parts.pack, parts.queries.lines());
  const slugs = lines && new Set(lines.map((line) => line.control));
  const filter = {
    ...(node === undefined ? {} : { node }),
    ...(fact === undefined ? {} : { fact }),
    ...(subject === undefined ? {} : { subject }),
    ...{ kinds: wanted, from, to },
  };
  const cursor = cursorOf(query.cursor);
  return {
    ...filter,
    ...{ limit, grouped },
    nodeName: node === undefined ? undefined : node === 0 ? null : name,
    causes: chosen && new Set(chosen),
    control: slugs && ((slug: string) => slugs.has(slug)),
    start: cursor?.start ?? startOf(parts.drift, filter, parts.journal),
    skip: cursor?.skip ?? 0,
  };
}

function cursorText({ start, skip }: NonNullable<ReturnType<typeof pageOf>['next']>): string {
  const { began, gone, objects, journal } = start;
  return Buffer.from(JSON.stringify([began, gone, objects, journal, skip])).toString('base64url');
}

function cursorOf(cursor: string | undefined) {
  if (cursor === undefined) return undefined;
  const parts = decoded(cursor);
  if (Array.isArray(parts) && parts.length === 5 && parts.every((part) => Number.isSafeInteger(part) && part >= 0)) {
    const [began, gone, objects, journal, skip] = parts as [number, number, number, number, number];
    return { start: { began, gone, objects, journal }, skip };
  }
  throw invalid('The parameter cursor is none that an answer gave.');
}
