import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAlerts } from '../../../aggregator/src/alert/config.ts';
import type { AlertMessage } from '../../../aggregator/src/alert/message.ts';
import type { slackMessage } from '../../../aggregator/src/alert/receivers/slack.ts';
import { teamsBody } from '../../../aggregator/src/alert/receivers/teams.ts';
import { freshFile, start } from '../world.ts';
import { type Got, httpSink, type Sink } from './http-sink.ts';
import { message } from './message.ts';

let sink: Sink;
let directory: string;
beforeEach(async () => {
  sink = await httpSink();
  directory = dirname(freshFile());
});
afterEach(() => sink.close());

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** What a receiver of this entry gets. */
async function told(entry: string, one: AlertMessage, now = start): Promise<Got> {
  const { receivers } = readAlerts(
    'alerts.yaml',
    `receivers: [{name: it, allowPrivate: true, allowHttp: true, ${entry}}]`,
  );
  const errand = { message: one, key: `${one.alert}.${one.revision}`, now, signal: new AbortController().signal };
  expect(await receivers[0]?.deliver(errand)).toEqual({ delivered: true });
  const got = sink.got.at(-1);
  if (!got) throw new Error('nothing came');
  return got;
}

const urlFile = () => file('url', `${sink.url}/services/T0/B0/s3cret\n`);
const names = Array.from({ length: 500 }, (_, index) => `node-${index}.${'x'.repeat(50)}`);
/** Texts that take over what shows them, if they can. */
const hostile = message({
  title: 'Hello <!channel> <https://evil.example|click> **bold** [click](https://evil.example)\u0000\u001b[31m\u202e',
  summary: '<script>alert(1)</script> & "quotes"\r\nBcc: everybody@evil.example',
  nodes: names,
  nodesTotal: 5000,
  subjects: ['<img src=x onerror=alert(1)>', 'a\nb'],
  subjectsTotal: 2,
  values: Array.from({ length: 50 }, (_, index) => ({
    ...{ fact: 'file', subject: `/etc/${index}`, key: null, from: { mode: '0600', text: 'y'.repeat(5000) }, to: null },
    origin: 'stat',
  })),
  remedy: 'z'.repeat(20_000),
});

test('webhook: a CloudEvent with a signature that the library verifies; the id is the same at each try', async () => {
  const key = `whsec_${Buffer.from('0123456789abcdef01234567').toString('base64')}`;
  const entry = `kind: webhook, url: "${sink.url}/in", signingKeyFile: ${file('key', key)}, tokenFile: ${file('token', 't0ken')}`;
  const now = Date.now();
  const [first, second] = [await told(entry, message(), now), await told(entry, message(), now + 1000)];
  const verified = new Webhook(key).verify(first.body, first.headers as Record<string, string>);
  expect(verified).toMatchObject({
    specversion: '1.0',
    type: 'io.plumbline.alert.firing.v1',
    source: '/plumbline/prod',
    id: '01JAAAAAAAAAAAAAAAAAAAAAAA.1',
    time: '2026-03-01T00:00:00.000Z',
    subject: '01JAAAAAAAAAAAAAAAAAAAAAAA',
    datacontenttype: 'application/json',
    data: {
      status: 'firing',
      startsAt: '2026-03-01T00:00:00.000Z',
      endsAt: null,
      values: [{ from: 'false', to: 'true' }],
    },
  });
  expect(first.headers).toMatchObject({
    'content-type': 'application/cloudevents+json; charset=utf-8',
    authorization: 'Bearer t0ken',
    'webhook-id': '01JAAAAAAAAAAAAAAAAAAAAAAA.1',
  });
  expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
  expect(second.headers['webhook-signature']).not.toBe(first.headers['webhook-signature']);
  const other = `whsec_${Buffer.from('another key of 24 bytes!').toString('base64')}`;
  expect(() => new Webhook(other).verify(first.body, first.headers as Record<string, string>)).toThrow();
  const end = await told(entry, message({ status: 'resolved' }), now);
  expect(JSON.parse(end.body)).toMatchObject({
    type: 'io.plumbline.alert.resolved.v1',
    data: { endsAt: '2026-03-01T00:01:00.000Z' },
  });
});

test('webhook: a new key is used at once, a key that is none is said without showing it', async () => {
  const path = file('key', `whsec_${Buffer.from('0123456789abcdef01234567').toString('base64')}`);
  const entry = `kind: webhook, url: "${sink.url}/in", signingKeyFile: ${path}`;
  await told(entry, message());
  const renewed = `whsec_${Buffer.from('another key of 24 bytes!').toString('base64')}`;
  writeFileSync(path, renewed);
  const { body, headers } = await told(entry, message(), Date.now());
  expect(new Webhook(renewed).verify(body, headers as Record<string, string>)).toMatchObject({ specversion: '1.0' });
  writeFileSync(path, 'no key !!');
  const { receivers } = readAlerts('a.yaml', `receivers: [{name: it, allowPrivate: true, allowHttp: true, ${entry}}]`);
  const errand = { message: message(), key: 'k', now: start, signal: new AbortController().signal };
  expect(await receivers[0]?.deliver(errand)).toEqual({
    ...{ delivered: false, permanent: true, reached: false, error: 'the signing key is not base64' },
  });
});

test('alertmanager: labels are the identity, what fires ends later unless it is told again, what is resolved has ended', async () => {
  const entry = `kind: alertmanager, url: "${sink.url}/am/"`;
  const { path, body } = await told(
    entry,
    message({ labels: { alertname: 'A', 'bad-name': 'x', '1st': 'y', none: '' } }),
    start + 1000,
  );
  expect(path).toBe('/am/api/v2/alerts');
  expect(JSON.parse(body)).toMatchObject([
    {
      labels: { alertname: 'A', bad_name: 'x', _1st: 'y' },
      annotations: {
        summary: 'Profiling is on',
        remedy: 'Set --profiling=false.',
        values: expect.stringContaining('false → true'),
      },
      startsAt: '2026-03-01T00:00:00.000Z',
      endsAt: '2026-03-01T00:15:01.000Z',
      generatorURL: 'https://plumbline.example/findings/1',
    },
  ]);
  expect(JSON.parse(body)[0].labels).not.toHaveProperty('none');
  const end = await told(entry, message({ status: 'resolved' }), start + 3_600_000);
  expect(JSON.parse(end.body)).toMatchObject([{ endsAt: '2026-03-01T00:01:00.000Z' }]);
});

test('slack: blocks within their limits, in plain text, with nothing that mentions or links', async () => {
  const { path, body } = await told(`kind: slack, urlFile: ${urlFile()}`, hostile);
  expect(path).toBe('/services/T0/B0/s3cret');
  const { text, blocks } = JSON.parse(body) as ReturnType<typeof slackMessage>;
  expect(text).toContain('&lt;!channel&gt;');
  expect(text).not.toMatch(/[<>]/);
  expect(blocks.length).toBeLessThan(50);
  for (const found of body.matchAll(/"type":"(\w+)"/g)) {
    expect(['header', 'section', 'plain_text', 'actions', 'button']).toContain(found[1]);
  }
  const texts = blocks.flatMap((block) =>
    [('text' in block && block.text) || [], ('fields' in block && block.fields) || []].flat(),
  );
  for (const one of texts) expect(one.text.length).toBeLessThanOrEqual(3000);
  expect(body).toMatch(/and 49\d\d more/);
  expect(body).not.toMatch(/\\u0000|\\u001b|\u202e/);
});

test('teams: a card of at most 28 KB whose texts no Markdown is read in', async () => {
  const { body } = await told(`kind: teams, urlFile: ${urlFile()}`, hostile);
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(28_000);
  const card = JSON.parse(body).attachments[0];
  expect(card).toMatchObject({
    contentType: 'application/vnd.microsoft.card.adaptive',
    content: { type: 'AdaptiveCard' },
  });
  expect(new Set(card.content.body.map((one: { type: string }) => one.type))).toEqual(new Set(['RichTextBlock']));
  const huge = message({ summary: '漢'.repeat(30_000), values: hostile.values, nodes: names, nodesTotal: 500 });
  expect(Buffer.byteLength(teamsBody(huge))).toBeLessThanOrEqual(28_000);
});

test('pagerduty: an incident by the id of the alert, and its end', async () => {
  const entry = `kind: pagerduty, url: "${sink.url}/v2/enqueue", routingKeyFile: ${file('key', 'r0uting')}`;
  expect(JSON.parse((await told(entry, message())).body)).toMatchObject({
    routing_key: 'r0uting',
    event_action: 'trigger',
    dedup_key: '01JAAAAAAAAAAAAAAAAAAAAAAA',
    payload: { summary: 'Profiling is on', source: 'prod', severity: 'error', component: 'apiserver-profiling' },
    links: [{ href: 'https://plumbline.example/findings/1' }],
  });
  expect(JSON.parse((await told(entry, message({ status: 'resolved' }))).body)).toEqual({
    routing_key: 'r0uting',
    event_action: 'resolve',
    dedup_key: '01JAAAAAAAAAAAAAAAAAAAAAAA',
  });
  const { body } = await told(entry, hostile);
  expect(JSON.parse(body).payload.summary.length).toBeLessThanOrEqual(1024);
  expect(Buffer.byteLength(body)).toBeLessThan(500_000);
});

test('a secret that is not there is a failure that may pass', async () => {
  const { receivers } = readAlerts('a.yaml', 'receivers: [{name: it, kind: slack, urlFile: /nowhere/url}]');
  const errand = { message: message(), key: 'k', now: start, signal: new AbortController().signal };
  expect(await receivers[0]?.deliver(errand)).toEqual({
    delivered: false,
    permanent: false,
    reached: false,
    error: 'the file /nowhere/url cannot be read (ENOENT)',
  });
});
