import Type from 'typebox';
import { AuditAnswer } from '../decisions/schema.ts';
import { Paging, text } from '../filters.ts';
import { numberOf } from './decisions.ts';
import { iso, type Route } from './route.ts';
import { mutable } from './summary.ts';

const Filters = Type.Object(
  {
    kind: text('What it was done to: waiver, attestation …'),
    target: text('Id of the thing'),
    who: text('Name of a token; plumbline: the program itself'),
    action: text('created, changed, removed, expired …'),
    ...Paging,
  },
  { additionalProperties: false },
);

/** Who did what, with what was there before and after. */
export const auditRoutes: Route = (server, parts, reports) => {
  server.get(
    '/api/v1/audit',
    {
      schema: {
        summary: 'The audit log, newest first: who did what, what was there before and after',
        querystring: Filters,
        response: { 200: AuditAnswer },
      },
    },
    ({ query }) => {
      const { cursor, limit, ...filters } = query;
      const before = cursor === undefined ? {} : { before: numberOf(cursor) };
      const entries = parts.audit.list({ ...filters, ...before, limit: limit + 1 });
      const page = entries.slice(0, limit);
      return {
        ...mutable(reports),
        entries: page.map((one) => ({ ...one, at: iso(one.at) })),
        nextCursor: entries.length > limit ? String(page.at(-1)?.id) : null,
      };
    },
  );
};
