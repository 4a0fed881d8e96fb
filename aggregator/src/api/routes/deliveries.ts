import { PlumblineError } from '@plumbline/core';
import Type from 'typebox';
import type { Delivery } from '../../store/delivery-row.ts';
import { callerOf } from '../admit.ts';
import { Paging, text } from '../filters.ts';
import { iso, type Route } from './route.ts';

const Text = Type.String();
const MaybeText = Type.Union([Text, Type.Null()]);
const State = Type.Union([
  Type.Literal('pending'),
  Type.Literal('delivered'),
  Type.Literal('failed'),
  Type.Literal('superseded'),
]);

const ReceiverList = Type.Object({
  receivers: Type.Array(
    Type.Object({
      name: Text,
      kind: Text,
      state: Type.Union([Type.Literal('unused'), Type.Literal('ok'), Type.Literal('failing')]),
      pending: Type.Integer(),
      oldestPending: MaybeText,
      failingSince: MaybeText,
      lastDelivered: MaybeText,
      lastError: MaybeText,
    }),
  ),
  fileError: Type.Union([Text, Type.Null()], { description: 'Why the alerts file as it lies is not used' }),
});

const DeliveryList = Type.Object({
  deliveries: Type.Array(
    Type.Object({
      id: Text,
      receiver: Text,
      alert: Text,
      revision: Type.Integer(),
      status: Text,
      state: State,
      title: Text,
      created: Text,
      tries: Type.Integer(),
      nextTry: MaybeText,
      settled: MaybeText,
      error: MaybeText,
    }),
  ),
  nextCursor: MaybeText,
});

const TestAnswer = Type.Object({ delivered: Type.Boolean(), error: MaybeText });

/** Whether alerts reach their receivers, and what became of each message. */
export const deliveryRoutes: Route = (server, { delivery, access, audit, clock }) => {
  server.get(
    '/api/v1/receivers',
    { schema: { summary: 'Where alerts are told, and whether they arrive', response: { 200: ReceiverList } } },
    () => ({
      receivers: delivery.receivers().map((one) => ({
        ...one,
        oldestPending: iso(one.oldestPending),
        failingSince: iso(one.failingSince),
        lastDelivered: iso(one.lastDelivered),
      })),
      fileError: delivery.fileError(),
    }),
  );
  server.get(
    '/api/v1/deliveries',
    {
      schema: {
        summary: 'What became of every message for every receiver, newest first',
        querystring: Type.Object(
          {
            alert: text('Id of an alert'),
            receiver: text('Name of a receiver'),
            state: Type.Optional(State),
            ...Paging,
          },
          { additionalProperties: false },
        ),
        response: { 200: DeliveryList },
      },
    },
    ({ query: { cursor, limit, ...filter } }) => {
      const page = delivery.deliveries({ ...filter, ...(cursor === undefined ? {} : { before: idOf(cursor) }), limit });
      const last = page.at(-1);
      return {
        deliveries: page.map(shown),
        nextCursor: last && page.length === limit ? String(last.id) : null,
      };
    },
  );
  server.post(
    '/api/v1/receivers/:name/test',
    {
      schema: {
        summary: 'Sends a test message now; when it arrives, what failed for good is tried again',
        params: Type.Object({ name: Type.String({ maxLength: 63 }) }),
        response: { 200: TestAnswer },
      },
    },
    async (request) => {
      const { name } = request.params;
      const outcome = await delivery.test(name);
      if (!outcome) throw new PlumblineError('PLB_NOT_FOUND', `There is no receiver ${name}.`);
      const after = {
        delivered: outcome.delivered,
        error: outcome.delivered ? (outcome.remark ?? null) : outcome.error,
      };
      const { name: who } = callerOf(access, request);
      audit.add({ at: clock(), who, action: 'tested', kind: 'receiver', target: name, before: null, after });
      return after;
    },
  );
};

function shown({ message, ...one }: Delivery) {
  return {
    ...one,
    id: String(one.id),
    title: message.title,
    created: iso(one.created),
    nextTry: one.state === 'pending' ? iso(one.nextTry) : null,
    settled: iso(one.settled),
  };
}

function idOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new PlumblineError('PLB_REQUEST_INVALID', 'The parameter cursor is none that a page before gave.');
}
