import {
  type AttestationRequest,
  type DecisionContent,
  type DecisionState,
  decisionOf,
  PlumblineError,
  type WaiverRequest,
} from '@plumbline/core';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { DecisionRecord } from '../../store/decision-table.ts';
import { callerOf } from '../admit.ts';
import { type DecisionSchemas, decisionSchemas } from '../decisions/schema.ts';
import { At, instant, invalid, Paging, text } from '../filters.ts';
import type { ApiParts } from '../parts.ts';
import type { Reports } from '../reports.ts';
import { iso, type Route, type Server } from './route.ts';
import { mutable } from './summary.ts';

/** Waivers and attestations: who decided what about findings, until when. */
export const decisionRoutes: Route = (server, parts, reports) => {
  for (const schemas of decisionSchemas) {
    readingRoutes(server, parts, reports, schemas);
    writingRoutes(server, parts, reports, schemas);
  }
};

const Id = Type.Object({ id: Type.String({ maxLength: 20 }) });
const Filters = Type.Object(
  {
    state: Type.Optional(
      Type.Union(['active', 'unused', 'expired', 'ineffective'].map((one) => Type.Literal(one as DecisionState))),
    ),
    control: text('Slug of a control'),
    at: At,
    ...Paging,
  },
  { additionalProperties: false },
);

function readingRoutes(server: Server, parts: ApiParts, reports: Reports, schemas: DecisionSchemas): void {
  const { kind, many, title } = schemas;
  server.get(
    `/api/v1/${many}`,
    {
      schema: {
        summary: `${title}, oldest first: what they say, how they stand and what they are about; with at those that held then`,
        querystring: Filters,
        response: { 200: schemas.manyAnswer },
      },
    },
    ({ query }) => {
      const at = instant(query.at);
      if (at !== undefined && query.state !== undefined) throw invalid('States are of now: ask for state without at.');
      const all = at === undefined ? parts.decisions.all(kind) : parts.decisions.heldAt(kind, at);
      const { page, nextCursor } = pageOf(all, query, (record) => answerOf(parts, record, at));
      return { ...mutable(reports, at), [many]: page, nextCursor };
    },
  );
  server.get(
    `/api/v1/${many}/:id`,
    { schema: { summary: `One of the ${many}`, params: Id, response: { 200: schemas.oneAnswer } } },
    ({ params }) => ({
      ...mutable(reports),
      [kind]: answerOf(parts, found(parts.decisions.get(kind, params.id), kind, params.id)),
    }),
  );
}

type Answer = ReturnType<typeof answerOf>;

/** How one stands takes some reading: only of those on the page is it asked. */
function pageOf(
  all: readonly DecisionRecord[],
  { control, state, cursor, limit }: Static<typeof Filters>,
  answer: (record: DecisionRecord) => Answer,
): { readonly page: readonly Answer[]; readonly nextCursor: string | null } {
  const after = cursor === undefined ? 0 : numberOf(cursor);
  const page: Answer[] = [];
  for (const record of all) {
    const { id, control: own } = record.decision;
    if (Number(id) <= after || (control !== undefined && own !== control)) continue;
    const shown = answer(record);
    if (state !== undefined && shown.state !== state) continue;
    if (page.length === limit) return { page, nextCursor: page.at(-1)?.id ?? null };
    page.push(shown);
  }
  return { page, nextCursor: null };
}

function writingRoutes(server: Server, parts: ApiParts, reports: Reports, schemas: DecisionSchemas): void {
  const { kind, many, title, request: body, oneAnswer } = schemas;
  const path = `/api/v1/${many}`;
  const answer = (record: DecisionRecord) => ({ ...mutable(reports), [kind]: answerOf(parts, record) });
  const author = (request: FastifyRequest) => ({ who: callerOf(parts.access, request).name, at: parts.clock() });
  server.post(
    path,
    {
      schema: {
        summary: `${title}: a new one, answered with what it is about now`,
        body,
        response: { 201: oneAnswer },
      },
    },
    (request, reply) =>
      reply.code(201).send(answer(parts.decisions.add(kind, contentOf(parts, request.body), author(request)))),
  );
  server.put(
    `${path}/:id`,
    {
      schema: {
        summary: `${title}: another version of one, whole; the version before stays in history`,
        ...{ params: Id, body, response: { 200: oneAnswer } },
      },
    },
    (request) => {
      const { id } = request.params;
      const content = contentOf(parts, request.body);
      return answer(found(parts.decisions.change(kind, id, content, author(request)), kind, id));
    },
  );
  server.delete(
    `${path}/:id`,
    {
      schema: {
        summary: `${title}: ends one now; it stays in history`,
        ...{ params: Id, response: { 204: Type.Null() } },
      },
    },
    (request, reply) => {
      found(parts.decisions.remove(kind, request.params.id, author(request)), kind, request.params.id);
      reply.code(204);
      return null;
    },
  );
}

/** Throws PLB_REQUEST_INVALID that names every field which cannot be meant. The shape was checked before. */
function contentOf({ pack, clock }: ApiParts, body: unknown): DecisionContent {
  const { problems, decision } = decisionOf(body as WaiverRequest | AttestationRequest, { pack, now: clock() });
  if (decision) return decision;
  const said = problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw invalid(`The request is not valid: ${said}.`);
}

function answerOf({ standing }: ApiParts, record: DecisionRecord, at?: number) {
  const { decision, createdBy, createdAt, from } = record;
  const about = { ...decision, createdBy, createdAt: iso(createdAt), changedAt: iso(from) };
  if (at !== undefined) return { ...about, state: null, stateReason: null, matches: null, lastMatchedAt: null };
  const { state, why, open, covers, lastMatchedAt } = standing.of(record);
  return { ...about, state, stateReason: why, matches: { open, covers }, lastMatchedAt: iso(lastMatchedAt) };
}

function found(record: DecisionRecord | undefined, kind: string, id: string): DecisionRecord {
  if (record) return record;
  throw new PlumblineError('PLB_NOT_FOUND', `There is no ${kind} ${id}.`);
}

/** Throws PLB_REQUEST_INVALID for a cursor that no answer gave. */
export function numberOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw invalid('The parameter cursor is none that an answer gave.');
}
