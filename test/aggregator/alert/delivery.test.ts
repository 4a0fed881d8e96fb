import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { freshFile, start } from '../world.ts';
import { type Delivering, delivering } from './delivering.ts';
import { httpSink, type Sink, status } from './http-sink.ts';
import { message } from './message.ts';

const minute = 60_000;
const hour = 60 * minute;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const hook = (name: string, { url }: Sink) =>
  `  - {name: ${name}, kind: webhook, url: "${url}/in", allowPrivate: true, allowHttp: true}\n`;

async function sink(port?: number): Promise<Sink> {
  const one = await httpSink(port);
  open.push(one);
  return one;
}

async function run(receivers: string, file?: string, from?: number): Promise<Delivering> {
  const one = await delivering(`receivers:\n${receivers}`, file, from);
  open.push({ close: one.stop });
  return one;
}

const ids = ({ got }: Sink) => got.map((one) => String(one.headers['webhook-id']));
const firing = (alert: string, revision = 1) => message({ alert, revision });
const resolved = (alert: string, revision = 2) => message({ alert, revision, status: 'resolved' });

test('a receiver that is down for an hour gets everything once, in order, soon after it is back', async () => {
  const up = await sink();
  const { port } = new URL(up.url);
  const world = await run(hook('hook', up));
  await up.close();
  for (const alert of ['a', 'b', 'c', 'd']) world.store.outbox.add(firing(alert), ['hook']);
  await world.runTo(30 * minute);
  world.store.outbox.add(firing('a', 2), ['hook']);
  world.store.outbox.add(resolved('b'), ['hook']);
  await world.runTo(hour);
  expect(world.tries.length).toBeGreaterThan(20);
  expect(world.tries.length).toBeLessThan(60);
  expect(new Set(world.tries)).toEqual(new Set([expect.stringContaining('ECONNREFUSED')]));
  expect(world.delivery.notice()).toBe('alerts do not reach hook');
  const back = await sink(Number(port));
  await world.runTo(hour + 3 * minute);
  // Nobody was told of b, so nobody needs to hear of its end.
  expect(ids(back)).toEqual(['c.1', 'd.1', 'a.2']);
  expect(world.delivery.receivers()).toMatchObject([{ name: 'hook', state: 'ok', pending: 0, lastError: null }]);
  expect(world.delivery.notice()).toBeNull();
});

test('one that answers 500 for an hour gets everything again, and last what is true', async () => {
  const one = await sink();
  one.answer = status(500);
  const world = await run(hook('hook', one));
  for (const alert of ['a', 'b', 'c']) world.store.outbox.add(firing(alert), ['hook']);
  await world.runTo(10 * minute);
  world.store.outbox.add(resolved('b'), ['hook']);
  await world.runTo(hour);
  const before = one.got.length;
  one.answer = status(200);
  await world.runTo(hour + 5 * minute);
  expect(ids(one).slice(before).toSorted()).toEqual(['a.1', 'b.2', 'c.1']);
  expect(world.store.outbox.standing('hook').pending).toBe(0);
});

test('a message that the receiver minds does not hold up the others', async () => {
  const one = await sink();
  one.answer = (response, { headers }) => response.writeHead(headers['webhook-id'] === 'bad.1' ? 500 : 200).end();
  const world = await run(hook('hook', one));
  for (const alert of ['bad', 'a', 'b', 'c']) world.store.outbox.add(firing(alert), ['hook']);
  await world.runTo(minute);
  expect(new Set(ids(one))).toEqual(new Set(['bad.1', 'a.1', 'b.1', 'c.1']));
  expect(ids(one).filter((id) => id !== 'bad.1')).toEqual(['a.1', 'b.1', 'c.1']);
  expect(world.delivery.receivers()).toMatchObject([{ state: 'failing', pending: 1, lastError: 'answered 500' }]);
});

test('receivers do not wait for each other', async () => {
  const [slow, quick] = [await sink(), await sink()];
  slow.answer = status(503);
  const world = await run(hook('slow', slow) + hook('quick', quick));
  world.store.outbox.add(firing('a'), ['slow', 'quick']);
  await world.runTo(1000);
  expect(ids(quick)).toEqual(['a.1']);
  expect(world.store.outbox.standing('slow')).toMatchObject({ pending: 1, lastError: 'answered 503' });
});

test('Retry-After is kept to', async () => {
  const one = await sink();
  one.answer = status(429, { 'retry-after': '300' });
  const world = await run(hook('hook', one));
  world.store.outbox.add(firing('a'), ['hook']);
  await world.runTo(299_000);
  expect(one.got.length).toBe(1);
  one.answer = status(200);
  await world.runTo(301_000);
  expect(ids(one)).toEqual(['a.1', 'a.1']);
});

test('what is refused for good is visible, and is told again when the entry of the receiver changes', async () => {
  const one = await sink();
  one.answer = status(404);
  const world = await run(hook('hook', one));
  world.store.outbox.add(firing('a'), ['hook']);
  await world.runTo(hour);
  expect(one.got.length).toBe(1);
  expect(world.store.outbox.deliveries({ limit: 5 })).toMatchObject([
    { state: 'failed', error: 'answered 404', tries: 1 },
  ]);
  one.answer = status(200);
  world.configure(`receivers:\n${hook('hook', one).replace('/in', '/out')}`);
  await world.runTo(hour + minute);
  expect(one.got.map((got) => got.path)).toEqual(['/in', '/out']);
});

test('a test says at once whether it arrives, and has what failed for good tried again', async () => {
  const one = await sink();
  one.answer = status(403);
  const world = await run(hook('hook', one));
  world.store.outbox.add(firing('a'), ['hook']);
  await world.runTo(minute);
  expect(await world.delivery.test('hook')).toMatchObject({ delivered: false, error: 'answered 403' });
  one.answer = status(200);
  expect(await world.delivery.test('hook')).toEqual({ delivered: true });
  await world.runTo(2 * minute);
  expect(ids(one)).toEqual(['a.1', expect.stringMatching(/^test-/), expect.stringMatching(/^test-/), 'a.1']);
  expect(await world.delivery.test('none')).toBeUndefined();
});

test('what waits survives a restart; after three days it is given up, counted and shown', async () => {
  const one = await sink();
  one.answer = status(503);
  const file = freshFile();
  const first = await run(hook('hook', one), file);
  first.store.outbox.add(firing('a'), ['hook']);
  await first.runTo(hour);
  await open.pop()?.close();
  const later = await run(hook('hook', one), file, start + 70 * hour);
  await later.runTo(hour);
  expect(later.tries.at(-1)).toBe('hook: answered 503');
  await later.runTo(3 * hour);
  expect(later.tries.slice(-2)).toEqual(['hook: answered 503', 'hook: lost 1']);
  expect(later.store.outbox.deliveries({ limit: 5 })).toMatchObject([
    { state: 'failed', error: 'given up after waiting too long: answered 503' },
  ]);
});

test('stopping does not wait for a receiver that hangs, and the message is sent again', async () => {
  const one = await sink();
  const file = freshFile();
  one.answer = () => undefined;
  const first = await delivering(`receivers:\n${hook('hook', one)}`, file);
  first.store.outbox.add(firing('a'), ['hook']);
  await one.until(1);
  const began = performance.now();
  await first.stop();
  expect(performance.now() - began).toBeLessThan(1000);
  one.answer = status(200);
  const second = await run(hook('hook', one), file);
  await second.runTo(1000);
  expect(ids(one)).toEqual(['a.1', 'a.1']);
});

test('a disk that refuses the note does not have the message sent again', async () => {
  const one = await sink();
  const world = await run(hook('hook', one));
  const other = new Database(world.file);
  one.answer = (response) => {
    other.exec('BEGIN IMMEDIATE');
    response.writeHead(200).end();
  };
  world.store.outbox.add(firing('a'), ['hook']);
  await world.runTo(10_000);
  expect(world.failures.splice(0)).toContainEqual(expect.objectContaining({ code: 'PLB_STORE_WRITE' }));
  expect(world.store.outbox.deliveries({ limit: 1 })).toMatchObject([{ state: 'pending' }]);
  other.exec('ROLLBACK');
  other.close();
  one.answer = status(200);
  await world.runTo(hour);
  expect(ids(one)).toEqual(['a.1']);
  expect(world.store.outbox.deliveries({ limit: 1 })).toMatchObject([{ state: 'delivered', tries: 1 }]);
});

test('a name that was taken out of the file gets nothing more; one that was put in begins at once', async () => {
  const [one, two] = [await sink(), await sink()];
  one.answer = status(503);
  const world = await run(hook('hook', one));
  world.store.outbox.add(firing('a'), ['hook']);
  await world.runTo(1000);
  world.configure(`receivers:\n${hook('other', two)}`);
  await world.runTo(2000);
  world.store.outbox.add(firing('b'), ['hook', 'other']);
  const before = one.got.length;
  await world.runTo(hour);
  expect(one.got.length).toBe(before);
  expect(ids(two)).toEqual(['b.1']);
  expect(world.delivery.receivers().map((receiver) => receiver.name)).toEqual(['other']);
  expect(world.store.outbox.deliveries({ alert: 'a', limit: 5 })).toMatchObject([
    { state: 'failed', error: 'no receiver of this name is configured any more' },
  ]);
});
