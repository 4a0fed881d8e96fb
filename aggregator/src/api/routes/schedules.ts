import { PlumblineError } from '@plumbline/core';
import Type from 'typebox';
import type { Scheduled } from '../../scans/schedules.ts';
import { callerOf } from '../admit.ts';
import { Paging } from '../filters.ts';
import { ScheduleAnswer, ScheduleBody, ScheduleReplacement, SchedulesAnswer } from '../scan-schema.ts';
import { iso, type Route } from './route.ts';
import { mutable } from './summary.ts';

const params = Type.Object({ name: Type.String() });
const none = Type.Object({}, { additionalProperties: false });

/** When scans are taken without anybody asking. */
export const scheduleRoutes: Route = (server, { schedules, access }, reports) => {
  server.get(
    '/api/v1/schedules',
    {
      schema: {
        summary: 'Schedules by name, with their next run',
        querystring: Type.Object(Paging, { additionalProperties: false }),
        response: { 200: SchedulesAnswer },
      },
    },
    ({ query: { cursor = '', limit } }) => {
      const all = schedules.all().filter(({ name }) => name > cursor);
      const page = all.slice(0, limit);
      const nextCursor = all.length > limit ? (page.at(-1)?.name ?? null) : null;
      return { ...mutable(reports), schedules: page.map(shown), nextCursor };
    },
  );
  server.post(
    '/api/v1/schedules',
    {
      schema: { summary: 'Make a schedule', querystring: none, body: ScheduleBody, response: { 201: ScheduleAnswer } },
    },
    (request, reply) => {
      const { body } = request;
      const input = { ...body, note: body.note ?? null };
      const schedule = shown(schedules.add(input, callerOf(access, request).name));
      reply.code(201).header('location', `/api/v1/schedules/${body.name}`);
      return { schedule };
    },
  );
  server.get(
    '/api/v1/schedules/:name',
    { schema: { summary: 'One schedule', params, querystring: none, response: { 200: ScheduleAnswer } } },
    (request) => {
      const schedule = schedules.get(request.params.name);
      if (!schedule) throw new PlumblineError('PLB_NOT_FOUND', `There is no schedule ${request.params.name}.`);
      return { schedule: shown(schedule) };
    },
  );
  server.put(
    '/api/v1/schedules/:name',
    {
      schema: {
        summary: 'Replace a schedule',
        params,
        querystring: none,
        body: ScheduleReplacement,
        response: { 200: ScheduleAnswer },
      },
    },
    (request) => {
      const { params, body } = request;
      const input = { ...body, name: params.name, note: body.note ?? null };
      return { schedule: shown(schedules.replace(input, callerOf(access, request).name)) };
    },
  );
  server.delete(
    '/api/v1/schedules/:name',
    { schema: { summary: 'Delete a schedule', params, querystring: none, response: { 204: Type.Null() } } },
    (request, reply) => {
      schedules.remove(request.params.name, callerOf(access, request).name);
      reply.code(204);
      return null;
    },
  );
};

function shown({ name, cron, timeZone, note, enabled, next }: Scheduled) {
  return { name, cron, timeZone, note, enabled, nextRun: iso(next) };
}
