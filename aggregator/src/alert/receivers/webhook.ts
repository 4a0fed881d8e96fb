import { Webhook } from 'standardwebhooks';
import Type from 'typebox';
import type { AlertMessage } from '../message.ts';
import { cleaned, isoOrNull } from '../text.ts';
import { bearer, HttpPlace, misconfigured, postTo, secretIn, withFiles } from './place.ts';
import type { ReceiverKind } from './receiver.ts';

const schema = Type.Object(
  {
    ...HttpPlace,
    /** Key of Standard Webhooks: `whsec_` and base64, or base64 alone. */
    signingKeyFile: Type.Optional(Type.String({ minLength: 1 })),
    tokenFile: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);

/** A CloudEvent as structured JSON, signed as Standard Webhooks say where a key is given. */
export const webhook: ReceiverKind<typeof schema> = {
  schema,
  needsUrl: true,
  make: (spec) => ({
    name: spec.name,
    kind: 'webhook',
    deliver: ({ message, key, now, signal }) =>
      withFiles(async () => {
        const body = JSON.stringify(cloudEvent(message, key));
        const { headers, secrets } = await bearer(spec.tokenFile);
        const signingKey = spec.signingKeyFile === undefined ? undefined : await secretIn(spec.signingKeyFile);
        const signed = signatureHeaders(body, key, now, signingKey);
        if (!signed) return misconfigured('the signing key is not base64');
        const letter = {
          body,
          headers: { ...headers, ...signed, 'content-type': 'application/cloudevents+json; charset=utf-8' },
          secrets: [...secrets, ...(signingKey === undefined ? [] : [signingKey])],
        };
        return postTo(spec, {}, letter, signal);
      }),
  }),
};

function signatureHeaders(body: string, id: string, now: number, key: string | undefined) {
  const at = new Date(now);
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(now / 1000)) };
  if (key === undefined) return headers;
  try {
    return { ...headers, 'webhook-signature': new Webhook(key).sign(id, at, body) };
  } catch {
    // The library throws for keys alone, and its words may hold them.
    return undefined;
  }
}

/** The envelope; `data` is the message with times in ISO 8601. */
function cloudEvent(message: AlertMessage, key: string) {
  const { startsAt, changedAt, endsAt, ...rest } = cleaned(message);
  return {
    specversion: '1.0',
    type: `io.plumbline.alert.${message.status}.v1`,
    source: `/plumbline/${encodeURIComponent(message.cluster ?? 'cluster')}`,
    id: key,
    time: isoOrNull(changedAt),
    subject: message.alert,
    datacontenttype: 'application/json',
    data: { ...rest, startsAt: isoOrNull(startsAt), changedAt: isoOrNull(changedAt), endsAt: isoOrNull(endsAt) },
  };
}
