import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { after, freshFile, observations, send, start } from '../world.ts';

function changes(store: Store): readonly string[] {
  return (['began', 'gone'] as const).flatMap((list) =>
    store.drift
      .back(list, store.drift.idAt(list, Number.MAX_SAFE_INTEGER), 100, {})
      .rows.map(({ node, at, fact, subject, before, after: now }) =>
        [list, node, (at - start) / 1000, fact, subject, before ? 'b' : '-', now ? 'a' : '-'].join(' '),
      ),
  );
}

test('changes of before are told as well: a database of the last release learns which interval followed which', async () => {
  const file = freshFile();
  const db = new Database(file);
  db.exec(readFileSync(join(import.meta.dirname, 'schema-3.sql'), 'utf8'));
  const turned = db
    .prepare<[], number>(
      'SELECT count(*) FROM fact a WHERE EXISTS (SELECT 1 FROM fact b WHERE b.node = a.node AND b.fact = a.fact AND b.subject = a.subject AND b.until = a."from")',
    )
    .pluck()
    .get();
  db.close();
  const store = await openStore(file);
  const told = changes(store);
  store.close();
  expect(turned).toBeGreaterThan(0);
  expect(told.filter((one) => one.startsWith('began') && one.endsWith('b a')).length).toBe(turned);
});

test('the id of an instant is found by bisecting, and reading from there tells what came before', async () => {
  const store = await openStore(freshFile());
  for (let n = 0; n < 40; n++)
    send(store, 'a', observations({ mode: `0${600 + (n % 7)}`, etcd: n % 5 === 0 }), n * 10, BigInt(n + 1));
  const { drift } = store;
  for (const list of ['began', 'gone'] as const) {
    for (const seconds of [-1, 0, 55, 200, 390, 1000]) {
      const at = start + seconds * 1000;
      const all = drift.back(list, drift.idAt(list, Number.MAX_SAFE_INTEGER), 10_000, {}).rows;
      const some = drift.back(list, drift.idAt(list, at), 10_000, {}).rows;
      expect(some).toEqual(all.filter((one) => one.at <= at));
    }
  }
  store.close();
});

test('two states in one moment are one change, and a fact that is gone the moment it came never was', async () => {
  const store = await openStore(freshFile());
  const commit = (sequence: bigint) => ({
    node: 'a',
    epoch: '1',
    sequence,
    digest: `${sequence}`,
    receivedAt: after(0),
  });
  const mode = (value: string) => observations({ mode: value }).filter((one) => one.fact === 'file');
  store.log.replace(commit(1n), mode('0600'));
  store.log.apply(commit(2n), mode('0644'), []);
  store.log.apply(commit(3n), mode('0640'), []);
  store.log.apply(commit(4n), [], [{ fact: 'file', subject: '/var/lib/kubelet/config.yaml' }]);
  const values = (['began', 'gone'] as const).flatMap((list) =>
    store.drift
      .back(list, store.drift.idAt(list, Number.MAX_SAFE_INTEGER), 10, {})
      .rows.map((one) =>
        [one.before?.value, one.after?.value].map(
          (id) => /"mode":"(\d+)"/.exec(store.drift.value(id ?? -1) ?? '')?.[1],
        ),
      ),
  );
  expect(values.at(-1)).toEqual(['0640', undefined]);
  // Each but the first begins where another ended.
  expect(values.slice(0, -1).every(([before, now]) => before !== undefined && now !== undefined)).toBe(true);
  store.close();
});
