import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { schemaVersion } from '../../../aggregator/src/store/schema.ts';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { freshFile, start } from '../world.ts';
import { danglingReferences } from './references.ts';

/** A database as the last release left it. */
function oldRelease(): string {
  const file = freshFile();
  const db = new Database(file);
  db.exec(readFileSync(join(import.meta.dirname, 'schema-3.sql'), 'utf8'));
  expect(db.pragma('user_version', { simple: true })).toBe(3);
  db.close();
  return file;
}

/** What history says of three instants. */
async function told(file: string): Promise<unknown> {
  const store = await openStore(file);
  const { queries, nodes } = store;
  const answer = [5, 15, 25].map((seconds) => {
    const at = start + seconds * 1000;
    const modes = nodes
      .all()
      .map((one) => queries.observations(one.id, at).find((fact) => fact.subject === '/var/lib/kubelet/config.yaml'))
      .map((fact) => fact && (fact.value as { mode: string }).mode);
    const failing = queries.tally(at).filter((one) => one.status === 'fail');
    return [modes, failing.map((one) => `${one.line.number} ${one.count}`)];
  });
  const epoch = nodes.get('one')?.epoch;
  store.close();
  return [answer, epoch];
}

const known = [
  [
    [['0600', '0600'], ['1.2.9 1']],
    [
      ['0600', '0644'],
      ['1.2.9 1', '4.1.1 1'],
    ],
    [['0600', '0644'], ['4.1.1 1']],
  ],
  '1',
];

test('a database of the last release is brought up to date and keeps its history', async () => {
  const file = oldRelease();
  expect(await told(file)).toEqual(known);
  const db = new Database(file, { readonly: true });
  expect(db.pragma('user_version', { simple: true })).toBe(schemaVersion);
  expect(db.pragma('auto_vacuum', { simple: true })).toBe(2);
  db.close();
  expect(danglingReferences(file)).toEqual([]);
});

test('killed at any moment of the migration it goes on with the next start', async () => {
  const kills = [0, 20, 60, 120];
  for (const wait of kills) {
    const file = oldRelease();
    await killed(file, wait);
    expect(await told(file), `killed after ${wait} ms`).toEqual(known);
  }
}, 60_000);

/** Opens the database in a process of its own that is killed so many milliseconds after it began to. */
function killed(file: string, wait: number): Promise<void> {
  const store = join(import.meta.dirname, '../../../aggregator/src/store/store.ts');
  const script = `const { openStore } = await import(${JSON.stringify(store)}); console.log('now'); await openStore(${JSON.stringify(file)}); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve) => {
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), wait));
    child.once('exit', () => resolve());
  });
}
