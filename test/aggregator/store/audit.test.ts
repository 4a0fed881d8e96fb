import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { freshFile, start } from '../world.ts';

test('the audit log tells who did what, newest first, page by page, and outlives a restart', async () => {
  const file = freshFile();
  let store = await openStore(file);
  const add = (action: string, target: string, who = 'jane') =>
    store.audit.add({ at: start, who, action, kind: 'waiver', target, before: null, after: { reason: action } });
  const ids = [add('created', '1'), add('changed', '1', 'joe'), add('created', '2')];
  store.close();
  store = await openStore(file);
  const list = (query: object) => store.audit.list({ limit: 2, ...query }).map(({ id }) => id);
  expect(list({})).toEqual([ids[2], ids[1]]);
  expect(list({ before: ids[1] })).toEqual([ids[0]]);
  expect(list({ target: '1', kind: 'waiver' })).toEqual([ids[1], ids[0]]);
  expect(list({ who: 'joe' })).toEqual([ids[1]]);
  expect(list({ action: 'removed' })).toEqual([]);
  expect(store.audit.list({ limit: 1 })).toEqual([
    {
      ...{ id: ids[2], at: start, who: 'jane', action: 'created', kind: 'waiver', target: '2' },
      ...{ before: null, after: { reason: 'created' } },
    },
  ]);
  store.close();
});

test('the database itself refuses to change or remove what was logged', async () => {
  const file = freshFile();
  const store = await openStore(file);
  store.audit.add({ at: start, who: 'jane', action: 'created', kind: 'waiver', target: '1', before: null, after: {} });
  store.close();
  const database = new Database(file);
  expect(() => database.exec("UPDATE audit SET who = 'nobody'")).toThrow('the audit log only grows');
  expect(() => database.exec('DELETE FROM audit')).toThrow('the audit log only grows');
  database.close();
});
