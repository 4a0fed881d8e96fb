import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { startAggregator } from '../../../aggregator/src/aggregator.ts';
import { readAlerts } from '../../../aggregator/src/alert/config.ts';
import { receiverKinds } from '../../../aggregator/src/alert/receivers/index.ts';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { freshFile } from '../world.ts';
import { httpSink, type Sink, status } from './http-sink.ts';
import { message } from './message.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const token = (name: string, role: string) =>
  `${name}:${createHash('sha256').update(`${name}-token`).digest('hex')}:${role}\n`;

/** A whole aggregator whose database holds these messages already. */
async function world(answer: Sink['answer'], waiting: readonly string[] = []) {
  const sink = await httpSink();
  sink.answer = answer;
  closing.push(sink.close);
  const [database, alertsFile, tokensFile] = [freshFile(), freshFile(), freshFile()];
  const store = await openStore(database);
  for (const alert of waiting) store.outbox.add(message({ alert }), ['hook']);
  store.close();
  writeFileSync(tokensFile, token('ann', 'operator') + token('vic', 'viewer'));
  const entry = `{name: hook, kind: webhook, url: "${sink.url}/s3cret-path", allowPrivate: true, allowHttp: true}`;
  writeFileSync(alertsFile, `receivers: [${entry}]\n`);
  const ports = { listen: '127.0.0.1:0', grpcListen: '127.0.0.1:0', logLevel: 'silent' };
  const aggregator = await startAggregator({ ...ports, database, alertsFile, tokensFile });
  closing.push(aggregator.close);
  const call = async (method: string, path: string, as = 'ann') => {
    const answer = await fetch(`${aggregator.restAddress}${path}`, {
      method,
      headers: { authorization: `Bearer ${as}-token` },
    });
    const text = await answer.text();
    return { status: answer.status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
  };
  return { sink, call, get: (path: string) => call('GET', path) };
}

test('what is not accepted is shown: receivers, deliveries page by page, metrics; never the secret', async () => {
  const { get } = await world(status(404), ['a', 'b', 'c']);
  await vi.waitFor(async () => {
    const { body } = await get('/api/v1/deliveries?state=failed');
    expect(body.deliveries).toHaveLength(3);
  }, 10_000);
  const { body } = await get('/api/v1/receivers');
  expect(body).toMatchObject({
    receivers: [
      { name: 'hook', kind: 'webhook', state: 'failing', pending: 0, lastError: 'answered 404', lastDelivered: null },
    ],
    fileError: null,
  });
  const first = (await get('/api/v1/deliveries?limit=2')).body;
  expect(first.deliveries.map((one: { alert: string }) => one.alert)).toEqual(['c', 'b']);
  expect(first.deliveries[0]).toMatchObject({
    title: 'Profiling is on',
    error: 'answered 404',
    tries: 1,
    nextTry: null,
  });
  const second = (await get(`/api/v1/deliveries?limit=2&cursor=${first.nextCursor}`)).body;
  expect(second.deliveries.map((one: { alert: string }) => one.alert)).toEqual(['a']);
  expect(second.nextCursor).toBeNull();
  expect((await get('/api/v1/deliveries?alert=b&receiver=hook')).body.deliveries).toHaveLength(1);
  expect((await get('/api/v1/deliveries?receiver=none')).body.deliveries).toEqual([]);
  const { text } = await get('/metrics');
  expect(text).toContain('plumbline_alert_deliveries_total{receiver="hook",kind="webhook",result="failed"} 3');
  expect(text).toContain('plumbline_alert_deliveries_total{receiver="hook",kind="webhook",result="delivered"} 0');
  expect(text).toContain('plumbline_alert_delivery_failures_total{receiver="hook",kind="webhook"} 3');
  expect(text).toContain('plumbline_alert_receiver_failing{receiver="hook"} 1');
  expect(text).toContain('plumbline_alerts_file_broken 0');
  expect(JSON.stringify([body, first, second]) + text).not.toContain('s3cret');
});

test('a test needs an operator, says whether it arrived, is in the audit log, and what failed goes out after it', async () => {
  const { get, call, sink } = await world(status(404), ['a']);
  await sink.until(1);
  expect((await call('POST', '/api/v1/receivers/hook/test', 'vic')).body.code).toBe('PLB_FORBIDDEN');
  expect((await call('POST', '/api/v1/receivers/none/test')).body.code).toBe('PLB_NOT_FOUND');
  expect((await call('POST', '/api/v1/receivers/hook/test')).body).toEqual({ delivered: false, error: 'answered 404' });
  sink.answer = status(204);
  expect((await call('POST', '/api/v1/receivers/hook/test')).body).toEqual({ delivered: true, error: null });
  await vi.waitFor(async () => {
    expect((await get('/api/v1/deliveries')).body.deliveries).toMatchObject([
      { alert: 'a', state: 'delivered', tries: 2 },
    ]);
  }, 10_000);
  expect((await get('/api/v1/receivers')).body.receivers).toMatchObject([{ state: 'ok', lastError: null }]);
  const { entries } = (await get('/api/v1/audit?kind=receiver')).body;
  expect(entries).toMatchObject([
    { who: 'ann', action: 'tested', target: 'hook', after: { delivered: true } },
    { who: 'ann', action: 'tested', target: 'hook', after: { delivered: false } },
  ]);
});

test.each(['cursor=x', 'state=lost', 'limit=0', 'colour=red'])('deliveries?%s is refused', async (query) => {
  const { get } = await world(status(204));
  expect((await get(`/api/v1/deliveries?${query}`)).body.code).toBe('PLB_REQUEST_INVALID');
});

test('the example names every kind of receiver and no secret', () => {
  const file = join(import.meta.dirname, '..', '..', '..', 'deploy', 'alerts', 'receivers.yaml');
  const { receivers, rules } = readAlerts('receivers.yaml', readFileSync(file, 'utf8'));
  expect(new Set(rules.flatMap((one) => one.receivers))).toEqual(new Set(receivers.map((one) => one.name)));
  expect(receivers.map((one) => one.kind).toSorted()).toEqual([...receiverKinds.keys()].toSorted());
});

test('an aggregator whose alerts file is broken does not start, and says where', async () => {
  const alertsFile = freshFile();
  writeFileSync(alertsFile, 'receivers:\n  - {name: a, kind: pigeon}\n');
  const starting = startAggregator({
    listen: '127.0.0.1:0',
    grpcListen: '127.0.0.1:0',
    logLevel: 'silent',
    database: freshFile(),
    alertsFile,
  });
  await expect(starting).rejects.toThrow(`${alertsFile}:2:`);
});
