import Type from 'typebox';
import type { ScanRecord } from '../../store/scans.ts';
import { callerOf } from '../admit.ts';
import { invalid, Paging } from '../filters.ts';
import type { ApiParts } from '../parts.ts';
import { isDetailGone, scanById } from '../scan-moment.ts';
import {
  ScanAnswer,
  ScanBody,
  type ScanDetail,
  type ScanItem,
  ScanPatchBody,
  ScanStarted,
  ScansAnswer,
} from '../scan-schema.ts';
import { iso, type Route } from './route.ts';
import { mutable } from './summary.ts';

const params = Type.Object({ id: Type.String({ description: 'Id, name or latest: the last that ended' }) });
const none = Type.Object({}, { additionalProperties: false });

/** Scans: instants that were asked for and are kept. */
export const scanRoutes: Route = (server, parts, reports) => {
  server.get(
    '/api/v1/scans',
    {
      schema: {
        summary: 'Scans, the youngest first',
        querystring: Type.Object(Paging, { additionalProperties: false }),
        response: { 200: ScansAnswer },
      },
    },
    ({ query: { cursor, limit } }) => {
      const found = parts.scans.page(below(cursor), limit + 1);
      const page = found.slice(0, limit);
      const nextCursor = found.length > limit ? String(page.at(-1)?.id) : null;
      return { ...mutable(reports), scans: page.map((one) => itemOf(one, parts)), nextCursor };
    },
  );
  server.post(
    '/api/v1/scans',
    {
      // Nothing need be said.
      preValidation: async (request) => {
        request.body ??= {};
      },
      schema: {
        summary: 'Have every agent look now and keep the instant; while a scan runs, join it',
        querystring: none,
        body: ScanBody,
        response: { 200: ScanStarted, 202: ScanStarted },
      },
    },
    (request, reply) => {
      const { name } = callerOf(parts.access, request);
      const { scan, joined } = parts.scans.start({ trigger: 'request', by: name, ...request.body });
      reply.code(joined ? 200 : 202).header('location', `/api/v1/scans/${scan.id}`);
      return { scan: detailOf(scan, parts), joined };
    },
  );
  server.get(
    '/api/v1/scans/:id',
    { schema: { summary: 'One scan with what was counted', params, querystring: none, response: { 200: ScanAnswer } } },
    (request) => {
      const scan = scanById(request.params.id, parts);
      return { ...mutable(reports), scan: detailOf(scan, parts) };
    },
  );
  server.patch(
    '/api/v1/scans/:id',
    {
      schema: {
        summary: 'Name a scan or note something on it; null takes it away',
        params,
        querystring: none,
        body: ScanPatchBody,
        response: { 200: ScanAnswer },
      },
    },
    (request) => {
      const { id } = scanById(request.params.id, parts);
      parts.scans.rename(id, request.body, callerOf(parts.access, request).name);
      return { ...mutable(reports), scan: detailOf(scanById(String(id), parts), parts) };
    },
  );
  server.delete(
    '/api/v1/scans/:id',
    { schema: { summary: 'Forget a scan', params, querystring: none, response: { 204: Type.Null() } } },
    (request, reply) => {
      parts.scans.remove(scanById(request.params.id, parts).id, callerOf(parts.access, request).name);
      reply.code(204);
      return null;
    },
  );
};

function below(cursor: string | undefined): number {
  if (cursor === undefined) return Number.MAX_SAFE_INTEGER;
  if (!/^\d{1,15}$/.test(cursor)) throw invalid('The parameter cursor is none that an answer gave.');
  return Number(cursor);
}

function itemOf(scan: ScanRecord, parts: ApiParts): ScanItem {
  const { id, name, note, trigger, by, requestedAt, deadline, state, reason, message, at, endedAt, program } = scan;
  return {
    ...{ id: String(id), name, note, trigger, by, state, reason, message, program },
    ...{ requestedAt: iso(requestedAt), deadline: iso(deadline), at: iso(at), endedAt: iso(endedAt) },
    detail: at === null ? null : isDetailGone(scan, parts) ? 'gone' : 'kept',
    summary: scan.result?.summary ?? null,
  };
}

function detailOf(scan: ScanRecord, parts: ApiParts): ScanDetail {
  const { result } = scan;
  return {
    ...itemOf(scan, parts),
    summary: result?.summary ?? null,
    documents: [...(result?.documents ?? [])],
    nodes: result?.nodes ?? null,
    gaps: [...(result?.gaps ?? [])],
    gapsTotal: result?.gapsTotal ?? 0,
  };
}
