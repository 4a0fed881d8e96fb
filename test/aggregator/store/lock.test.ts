import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { freshFile, observations, send } from '../world.ts';

const store = join(import.meta.dirname, '../../../aggregator/src/store/store.ts');

/** A process of its own that opens the store, says so and stays. */
async function another(file: string) {
  const text = `const { openStore } = await import(${JSON.stringify(store)});
    await openStore(${JSON.stringify(file)}).then(() => console.log('open'), (error) => console.log(error.code));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(child.stdout, 'data');
  const kill = () => {
    child.kill('SIGKILL');
    return once(child, 'exit');
  };
  return { said: String(said).trim(), kill };
}

test('a second aggregator in another process is refused, and a killed one leaves nothing stale', async () => {
  const file = freshFile();
  const first = await another(file);
  expect(first.said).toBe('open');
  await expect(openStore(file)).rejects.toMatchObject({
    code: 'PLB_STORE_BUSY',
    message: expect.stringContaining(file),
  });
  await first.kill();
  const mine = await openStore(file);
  send(mine, 'one', observations(), 0);
  const second = await another(file);
  expect(second.said).toBe('PLB_STORE_BUSY');
  await second.kill();
  mine.close();
});

test('in one process too, whatever path leads to the file, and refusing does not loosen the lock', async () => {
  const file = freshFile();
  const mine = await openStore(file);
  const alias = `${file}.alias`;
  symlinkSync(file, alias);
  for (const path of [file, alias]) await expect(openStore(path)).rejects.toMatchObject({ code: 'PLB_STORE_BUSY' });
  const other = await another(file);
  expect(other.said).toBe('PLB_STORE_BUSY');
  await other.kill();
  mine.close();
  (await openStore(alias)).close();
});

test('the lock keeps no reader out, is private, and two stores in memory do not meet', async () => {
  const file = freshFile();
  const mine = await openStore(file);
  send(mine, 'one', observations(), 0);
  const reader = new Database(file, { readonly: true });
  expect(reader.prepare('SELECT name FROM node').pluck().all()).toEqual(['one']);
  reader.close();
  expect(statSync(`${file}.lock`)).toMatchObject({ size: 0 });
  expect(statSync(`${file}.lock`).mode & 0o777).toBe(0o600);
  mine.close();
  const [a, b] = [await openStore(':memory:'), await openStore(':memory:')];
  expect(existsSync(':memory:.lock')).toBe(false);
  a.close();
  b.close();
});
