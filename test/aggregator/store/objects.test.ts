import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { freshFile } from '../world.ts';

let store: Store;
afterEach(() => store.close());

const role = (verb: string) => ({
  kind: 'Role',
  namespace: 'app',
  name: 'reader',
  fields: { rules: [{ verbs: [verb] }] },
});
const place = 'role/app/reader';
const flush = () => {
  while (store.objects.flush() > 0);
};
/** What stood at an instant: `resource place` and the value. */
const shown = (at: number) =>
  Object.fromEntries(
    [...store.past.objects(at)].flat().map((one) => [`${one.resource} ${one.place}`, JSON.parse(one.json)]),
  );
const verbAt = (at: number) => shown(at)[`roles ${place}`]?.fields.rules[0].verbs[0];

test('every instant of an object can be asked for, and of how well its resource was known', async () => {
  store = await openStore(freshFile());
  store.objects.state('roles', { state: 'synced' }, 100);
  store.objects.take('roles', place, role('get'), 100);
  flush();
  store.objects.take('roles', place, role('list'), 200);
  flush();
  store.objects.state('roles', { state: 'denied', detail: 'no right' }, 300);
  store.objects.take('roles', place, undefined, 400);
  flush();
  expect([99, 100, 199, 200, 399, 400].map(verbAt)).toEqual([undefined, 'get', 'get', 'list', 'list', undefined]);
  const states = [99, 100, 300].map((at) => shown(at)['state roles']?.state);
  expect(states).toEqual([undefined, 'synced', 'denied']);
});

test('objects wait until it is known how well their resource is known, and what came last is written', async () => {
  store = await openStore(freshFile());
  store.objects.take('roles', place, role('get'), 100);
  expect(store.objects.flush()).toBe(0);
  expect(shown(1000)).toEqual({});
  store.objects.take('roles', place, role('watch'), 110);
  store.objects.take('roles', place, role('list'), 120);
  store.objects.state('roles', { state: 'synced' }, 130);
  flush();
  expect([verbAt(119), verbAt(120)]).toEqual([undefined, 'list']);
});

test('one flush is one small transaction, and as many as it takes write everything', async () => {
  const file = freshFile();
  store = await openStore(file);
  store.objects.state('roles', { state: 'synced' }, 100);
  for (let index = 0; index < 600; index++) store.objects.take('roles', `role/app/${index}`, role('get'), 100);
  expect([store.objects.flush(), store.objects.flush(), store.objects.flush()]).toEqual([351, 101, 0]);
  store.checkpoint();
  flush();
  for (let index = 0; index < 600; index++) store.objects.take('roles', `role/app/${index}`, role('get'), 200);
  flush();
  expect(store.size().wal).toBe(0);
});

test('after a restart only differences are written, and what went while nobody looked ends', async () => {
  const file = freshFile();
  store = await openStore(file);
  store.objects.state('roles', { state: 'synced' }, 100);
  for (const name of ['kept', 'changed', 'gone']) store.objects.take('roles', `role/app/${name}`, role('get'), 100);
  flush();
  store.close();
  store = await openStore(file);
  store.objects.take('roles', 'role/app/kept', role('get'), 500);
  store.objects.take('roles', 'role/app/changed', role('list'), 500);
  store.objects.state('roles', { state: 'unsynced', detail: 'not yet' }, 400);
  expect(store.objects.flush()).toBe(0);
  expect(Object.keys(shown(450)).length).toBe(4);
  store.objects.state('roles', { state: 'synced' }, 500);
  flush();
  store.close();
  const db = new Database(file, { readonly: true });
  const rows = db
    .prepare<[], { body: string; from: number; until: number | null }>(
      `SELECT body, "from", until FROM object JOIN text ON text.id = place WHERE body LIKE 'role/%' ORDER BY body, "from"`,
    )
    .all();
  db.close();
  expect(rows).toEqual([
    { body: 'role/app/changed', from: 100, until: 500 },
    { body: 'role/app/changed', from: 500, until: null },
    { body: 'role/app/gone', from: 100, until: 500 },
    { body: 'role/app/kept', from: 100, until: null },
  ]);
  store = await openStore(file);
});

test('a crash loses what was not written and nothing else', async () => {
  const file = freshFile();
  store = await openStore(file);
  store.objects.state('roles', { state: 'synced' }, 100);
  store.objects.take('roles', place, role('get'), 100);
  flush();
  store.objects.take('roles', place, role('list'), 200);
  const crashed = freshFile();
  for (const end of ['', '-wal']) copyFileSync(file + end, crashed + end);
  store.close();
  store = await openStore(crashed);
  expect(verbAt(1000)).toBe('get');
  store.objects.take('roles', place, role('list'), 300);
  store.objects.state('roles', { state: 'synced' }, 300);
  flush();
  expect([verbAt(299), verbAt(300)]).toEqual(['get', 'list']);
});

test('a disk that refuses loses nothing: what was taken waits, for verdicts too', async () => {
  const file = freshFile();
  store = await openStore(file);
  store.objects.state('roles', { state: 'synced' }, 100);
  store.objects.take('roles', place, role('get'), 100);
  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  expect(() => store.objects.flush()).toThrow(expect.objectContaining({ code: 'PLB_STORE_WRITE' }));
  expect(() => store.judge(null, [], 150)).toThrow(expect.objectContaining({ code: 'PLB_STORE_WRITE' }));
  store.objects.take('roles', place, role('list'), 200);
  other.exec('ROLLBACK');
  other.close();
  store.judge(null, [], 250);
  expect([verbAt(199), verbAt(200)]).toEqual([undefined, 'list']);
  expect(store.objects.flush()).toBe(0);
});

test('every change of an object is in the journal but what its resource shows first', async () => {
  const file = freshFile();
  store = await openStore(file);
  const drift = () =>
    store.journal.after(0, 100).map((one) => ({ ...one, before: verbOf(one.before), after: verbOf(one.after) }));
  const verbOf = (side: unknown) =>
    (side as { value: { fields: { rules: [{ verbs: [string] }] } } } | null)?.value.fields.rules[0].verbs[0];
  store.objects.take('roles', place, role('get'), 100);
  store.objects.state('roles', { state: 'synced' }, 100);
  flush();
  expect(drift()).toEqual([]);
  store.objects.take('roles', place, role('list'), 200);
  flush();
  store.objects.take('roles', 'role/app/new', role('watch'), 300);
  flush();
  store.close();
  store = await openStore(file);
  store.objects.take('roles', 'role/app/new', role('watch'), 400);
  store.objects.state('roles', { state: 'synced' }, 400);
  flush();
  const common = { kind: 'drift', cause: 'observed', node: null, fact: 'object' };
  expect(drift()).toEqual([
    { ...common, id: 1, at: 200, subject: place, before: 'get', after: 'list' },
    { ...common, id: 2, at: 300, subject: 'role/app/new', before: undefined, after: 'watch' },
    { ...common, id: 3, at: 400, subject: place, before: 'list', after: undefined },
  ]);
});

test('a clock that was set back ends no interval before it began', async () => {
  store = await openStore(freshFile());
  store.objects.state('roles', { state: 'synced' }, 100);
  store.objects.take('roles', place, role('get'), 500);
  flush();
  store.objects.take('roles', place, role('list'), 300);
  flush();
  expect([verbAt(499), verbAt(500)]).toEqual([undefined, 'list']);
});

test('without a cluster everything that was stored of one ends', async () => {
  store = await openStore(freshFile());
  store.objects.state('roles', { state: 'synced' }, 100);
  store.objects.take('roles', place, role('get'), 100);
  flush();
  store.objects.end(200);
  expect([verbAt(199), Object.keys(shown(200)).length]).toEqual(['get', 0]);
});

test('a purge keeps whatever can be asked for from its instant on', async () => {
  store = await openStore(freshFile());
  const as = { os: null, labels: [], roles: [], platform: null, silence: null, labelsTell: false, versions: {} };
  store.judgeClusterAs(as, 100);
  store.objects.state('roles', { state: 'synced' }, 100);
  for (const [verb, at] of [
    ['get', 100],
    ['list', 200],
    ['watch', 300],
  ] as const) {
    store.objects.take('roles', place, role(verb), at);
    flush();
  }
  expect(store.past.first()).toBe(100);
  for (const _ of store.purging.purge(250));
  expect(store.past.first()).toBe(250);
  expect([verbAt(150), verbAt(250), verbAt(300)]).toEqual([undefined, 'list', 'watch']);
});
