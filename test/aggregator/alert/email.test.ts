import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { readAlerts } from '../../../aggregator/src/alert/config.ts';
import type { Outcome } from '../../../aggregator/src/alert/delivery/outcome.ts';
import type { AlertMessage } from '../../../aggregator/src/alert/message.ts';
import { authority } from '../../integration/stream-certificates.ts';
import { freshFile, start } from '../world.ts';
import { message } from './message.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly text: string;
}

/** A real SMTP server with a certificate of an authority of its own. */
async function smtp(options: SMTPServerOptions = {}) {
  const directory = dirname(freshFile());
  const ca = authority(directory);
  const { certFile, keyFile } = ca.issue('mail', 'localhost', 'serverAuth');
  const mails: Mail[] = [];
  const server = new SMTPServer({
    key: readFileSync(keyFile),
    cert: readFileSync(certFile),
    authOptional: true,
    logger: false,
    onData(stream, session, callback) {
      const parts: Buffer[] = [];
      stream
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          mails.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map((one) => one.address),
            secure: session.secure,
            text: Buffer.concat(parts).toString('utf8'),
          });
          callback();
        });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  return { mails, port, caFile: ca.caFile, file };
}

function send(entry: string, one: AlertMessage = message()): Promise<Outcome> {
  const text = `receivers: [{name: mail, kind: email, from: plumbline@example.com, ${entry}}]`;
  const [receiver] = readAlerts('alerts.yaml', text).receivers;
  if (!receiver) throw new Error('no receiver');
  return receiver.deliver({
    message: one,
    key: `${one.alert}.${one.revision}`,
    now: start,
    signal: new AbortController().signal,
  });
}

const inside = 'host: localhost, allowPrivate: true, to: [ops@example.com, sec@example.com]';

test('a mail goes over STARTTLS with a password, as text and HTML, in the thread of its alert', async () => {
  const logins: string[] = [];
  const { mails, port, caFile, file } = await smtp({
    authOptional: false,
    onAuth({ username = '', password }, { secure }, callback) {
      logins.push(`${username}:${password}:${secure}`);
      callback(null, { user: username });
    },
  });
  const entry = `${inside}, port: ${port}, caFile: ${caFile}, username: plumb, passwordFile: ${file('password', 'pa55word\n')}`;
  expect(await send(entry)).toEqual({ delivered: true });
  expect(await send(entry, message({ status: 'resolved' }))).toEqual({ delivered: true });
  expect(logins[0]).toBe('plumb:pa55word:true');
  expect(mails[0]).toMatchObject({
    from: 'plumbline@example.com',
    to: ['ops@example.com', 'sec@example.com'],
    secure: true,
  });
  expect(mails[0]?.text).toContain('Subject: FIRING Profiling is on');
  expect(mails[1]?.text).toContain('Subject: RESOLVED Profiling is on');
  for (const { text } of mails) {
    expect(text).toContain('In-Reply-To: <01JAAAAAAAAAAAAAAAAAAAAAAA@example.com>');
    expect(text).toMatch(/text\/plain[\s\S]*text\/html/);
  }
  expect(mails[0]?.text).toContain('Message-ID: <01JAAAAAAAAAAAAAAAAAAAAAAA.1.mail@example.com>');
});

test('a title with line breaks and markup makes no header, no tag and no order of SMTP', async () => {
  const { mails, port, caFile } = await smtp();
  const hostile = message({
    title: 'Hello\r\nBcc: everybody@evil.example\r\n\r\n.\r\nMAIL FROM:<x@evil.example>',
    summary: '<script>alert(1)</script>\r\n.\r\nQUIT',
    alert: 'a\r\nX-Evil: yes',
  });
  expect(await send(`${inside}, port: ${port}, caFile: ${caFile}`, hostile)).toEqual({ delivered: true });
  expect(mails.length).toBe(1);
  const [head = ''] = String(mails[0]?.text).split('\r\n\r\n');
  expect(head).not.toMatch(/^(Bcc|X-Evil):/m);
  expect(mails[0]?.to).toEqual(['ops@example.com', 'sec@example.com']);
  expect(mails[0]?.text).toContain('&lt;script&gt;');
});

test.each([
  [
    'no STARTTLS offered',
    { hideSTARTTLS: true, disabledCommands: ['STARTTLS'] },
    '',
    { permanent: false, reached: false },
  ],
  ['every address refused', { onRcptTo: refuse(550) }, '', { permanent: true, reached: false }],
  ['an address refused for now', { onRcptTo: refuse(450) }, '', { permanent: false, reached: false }],
])('refused: %s', async (_, options: SMTPServerOptions, more, expected) => {
  const { mails, port, caFile } = await smtp(options);
  expect(await send(`${inside}, port: ${port}, caFile: ${caFile}${more}`)).toMatchObject({
    delivered: false,
    ...expected,
  });
  expect(mails).toEqual([]);
});

function refuse(code: number): NonNullable<SMTPServerOptions['onRcptTo']> {
  return (_address, _session, callback) => callback(Object.assign(new Error('not here'), { responseCode: code }));
}

test('some addresses refused: delivered, with a remark', async () => {
  const { mails, port, caFile } = await smtp({
    onRcptTo: ({ address }, _session, callback) =>
      callback(address.startsWith('sec') ? Object.assign(new Error('not here'), { responseCode: 550 }) : null),
  });
  expect(await send(`${inside}, port: ${port}, caFile: ${caFile}`)).toEqual({
    delivered: true,
    remark: '1 of 2 addresses were refused',
  });
  expect(mails.map((one) => one.to)).toEqual([['ops@example.com']]);
});

test('a wrong authority, a private address without leave, metadata, and nobody there', async () => {
  const { mails, port } = await smtp();
  const to = 'to: [ops@example.com]';
  expect(await send(`${inside}, port: ${port}`)).toMatchObject({ delivered: false, permanent: false, reached: false });
  expect(await send(`host: localhost, port: ${port}, ${to}`)).toMatchObject({
    permanent: true,
    error: expect.stringContaining('private'),
  });
  expect(await send(`host: 169.254.169.254, allowPrivate: true, ${to}`)).toMatchObject({ permanent: true });
  expect(await send(`${inside}, port: 1`)).toMatchObject({ permanent: false, reached: false });
  expect(mails).toEqual([]);
});
