import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { after, freshFile, observations, send } from '../world.ts';

test('a file that is no database is refused and left as it is', async () => {
  const file = freshFile();
  writeFileSync(file, 'this is no database, and long enough to be read as one. '.repeat(50));
  const before = readFileSync(file, 'utf8');
  await expect(openStore(file)).rejects.toMatchObject({ code: 'PLB_STORE_CORRUPT' });
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('a damaged database is refused', async () => {
  const file = freshFile();
  const store = await openStore(file);
  for (let n = 0; n < 20; n++) send(store, `node-${n}`, observations({ mode: `0${600 + n}` }), n);
  store.checkpoint();
  store.close();
  const bytes = readFileSync(file);
  bytes.fill(0xff, 4096 * 3, 4096 * 6);
  writeFileSync(file, bytes);
  await expect(openStore(file)).rejects.toMatchObject({ code: 'PLB_STORE_CORRUPT' });
});

test('a database of a newer program is refused', async () => {
  const file = freshFile();
  (await openStore(file)).close();
  const db = new Database(file);
  db.pragma('user_version = 99');
  db.close();
  await expect(openStore(file)).rejects.toMatchObject({
    code: 'PLB_STORE_SCHEMA',
    message: expect.stringContaining('99'),
  });
});

test('a directory in the place of the database is a coded error', async () => {
  const file = freshFile();
  mkdirSync(file);
  await expect(openStore(file)).rejects.toMatchObject({ code: 'PLB_STORE_WRITE' });
});

test('acknowledged writes survive a power cut: WAL with synchronous FULL, readable by the owner alone', async () => {
  const file = freshFile();
  const store = await openStore(file);
  send(store, 'one', observations(), 0);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
  store.close();
});

test('a disk that refuses is PLB_STORE_WRITE, and the store goes on when it does not any more', async () => {
  const file = freshFile();
  const store = await openStore(file);
  send(store, 'one', observations(), 0);
  const { digest = '' } = store.nodes.get('one') ?? {};
  store.log.touch({ node: 'one', epoch: '1', sequence: 2n, digest, receivedAt: after(10) });
  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  expect(() => send(store, 'two', observations({ mode: '0777' }), 1)).toThrow(
    expect.objectContaining({ code: 'PLB_STORE_WRITE' }),
  );
  expect(store.queries.observations(store.nodes.get('one')?.id ?? -1)).toHaveLength(observations().length);
  expect(store.nodes.get('two')).toBeUndefined();
  expect(store.nodes.get('one')?.lastReceived).toBe(Date.parse(after(10)));
  other.exec('ROLLBACK');
  other.close();
  send(store, 'two', observations({ mode: '0777' }), 1);
  expect(store.observations('two')).toHaveLength(observations().length);
  store.close();
});
