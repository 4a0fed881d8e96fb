import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { createTransport } from 'nodemailer';
import Type from 'typebox';
import { refusalOf } from '../delivery/allowed-address.ts';
import { type Outcome, unreached } from '../delivery/outcome.ts';
import { hiding } from '../delivery/post.ts';
import { oneLine } from '../text.ts';
import { mailText } from './mail-text.ts';
import { secretIn, withFiles } from './place.ts';
import type { Errand, ReceiverKind } from './receiver.ts';

const Address = Type.String({ pattern: '^[^\\s<>@,;:"()\\[\\]]{1,64}@[A-Za-z0-9.-]{1,255}$' });
const schema = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255, pattern: '^[A-Za-z0-9.:-]+$' }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** `starttls` refuses a server that does not offer it; `none` is for relays on this machine. */
    tls: Type.Optional(Type.Union([Type.Literal('starttls'), Type.Literal('implicit'), Type.Literal('none')])),
    caFile: Type.Optional(Type.String({ minLength: 1 })),
    allowPrivate: Type.Optional(Type.Boolean()),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
    passwordFile: Type.Optional(Type.String({ minLength: 1 })),
    from: Address,
    to: Type.Array(Address, { minItems: 1, maxItems: 50, uniqueItems: true }),
  },
  { additionalProperties: false },
);
type Spec = Parameters<typeof email.make>[0];

const timeoutMs = 10_000;

/** Mail through an SMTP server; messages of one alert are one thread. */
export const email: ReceiverKind<typeof schema> = {
  schema,
  needsUrl: false,
  make: (spec) => ({ name: spec.name, kind: 'email', deliver: (errand) => withFiles(() => send(spec, errand)) }),
};

async function send(spec: Spec, errand: Errand): Promise<Outcome> {
  const address = await addressOf(spec);
  if (address === undefined) return unreached(`the address of ${spec.host} is not known`);
  const refused = refusalOf(address, spec.allowPrivate ?? false);
  if (refused !== null) return { ...unreached(refused), permanent: true };
  const password = spec.passwordFile === undefined ? '' : await secretIn(spec.passwordFile);
  const transport = createTransport(await connection(spec, address, password));
  const end = () => transport.close();
  errand.signal.addEventListener('abort', end, { once: true });
  try {
    const { rejected = [] } = await transport.sendMail(mailOf(spec, errand));
    if (rejected.length === 0) return { delivered: true };
    return { delivered: true, remark: `${rejected.length} of ${spec.to.length} addresses were refused` };
  } catch (error) {
    return failureOf(error, hiding([password]));
  } finally {
    errand.signal.removeEventListener('abort', end);
    end();
  }
}

const resolve = promisify(lookup);

/** Resolved once: what is checked is what is connected to. */
async function addressOf({ host }: Spec): Promise<string | undefined> {
  if (isIP(host) !== 0) return host;
  try {
    return (await resolve(host)).address;
  } catch {
    return undefined;
  }
}

async function connection(spec: Spec, address: string, password: string) {
  const { host, port, tls = 'starttls', username, caFile } = spec;
  return {
    host: address,
    port: port ?? (tls === 'implicit' ? 465 : tls === 'starttls' ? 587 : 25),
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: {
      ...(isIP(host) === 0 ? { servername: host } : {}),
      minVersion: 'TLSv1.2' as const,
      ...(caFile === undefined ? {} : { ca: await secretIn(caFile) }),
    },
    ...(username === undefined ? {} : { auth: { user: username, pass: password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    // Nothing of a message may name a file or a URL that is fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function mailOf(spec: Spec, { message, key }: Errand) {
  const domain = spec.from.slice(spec.from.indexOf('@') + 1);
  const idOf = (text: string) => `<${text.replace(/[^A-Za-z0-9.-]/g, '-')}@${domain}>`;
  const thread = idOf(message.alert);
  return {
    ...mailText(message),
    from: { name: 'Plumbline', address: spec.from },
    to: spec.to.map((address) => ({ name: '', address })),
    messageId: idOf(`${key}.${spec.name}`),
    inReplyTo: thread,
    references: [thread],
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Plumbline-Alert': message.alert },
  };
}

/** What was said to the sender, the addresses or the text, and not to how we come, is for good. */
const about: readonly (string | undefined)[] = ['MAIL FROM', 'RCPT TO', 'DATA'];

/** What nodemailer threw: a code of SMTP from 500 on is for good. */
function failureOf(error: unknown, hide: (text: string) => string): Outcome {
  const { responseCode, command, message } = error as { responseCode?: number; command?: string; message?: string };
  return {
    delivered: false,
    error: hide(oneLine(message ?? String(error), 300)),
    permanent: responseCode !== undefined && responseCode >= 500 && about.includes(command),
    // Without an answer after the text was sent, it may have been taken.
    reached: command === 'DATA' && responseCode === undefined,
  };
}
