import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { debianTools } from '../prometheus/debian-tools.ts';
import { scratch } from '../stream-world.ts';

const tools = debianTools('strace', ['strace']);
const strace = 'found' in tools ? tools.found.strace : '';

/** What a writing process did to its disk, in order, and what it said meanwhile. */
type Step =
  | { readonly what: 'write'; readonly file: string; readonly at: number; readonly bytes: Buffer }
  | { readonly what: 'truncate'; readonly file: string; readonly size: number }
  | { readonly what: 'sync'; readonly file: string }
  | { readonly what: 'remove'; readonly file: string }
  | { readonly what: 'said'; readonly text: string };

/** Runs the writer under strace, whose first thread alone is followed, as it alone has the database, and reads what it did to files of its directory. */
function record(synchronous: string): readonly Step[] {
  const home = scratch();
  const trace = join(home, 'trace');
  const writer = join(import.meta.dirname, 'power-writer.ts');
  const words = [
    '-y',
    '-xx',
    '-s',
    '100000',
    '-e',
    'trace=pwrite64,write,ftruncate,fsync,fdatasync,unlink',
    '-o',
    trace,
  ];
  execFileSync(strace, [...words, process.execPath, writer, join(home, 'db'), synchronous, '60'], {
    stdio: 'ignore',
  });
  return readFileSync(trace, 'latin1')
    .split('\n')
    .flatMap((line) => stepOf(line, home));
}

const call = /^(\w+)\((\d+)<((?:\\x[0-9a-f]{2})*)>(?:, (.*))?\) = (-?\d+)/;

const removal = /^unlink\("((?:\\x[0-9a-f]{2})*)"\) = 0/;

function stepOf(line: string, home: string): readonly Step[] {
  const removed = removal.exec(line)?.[1];
  if (removed !== undefined) return [{ what: 'remove', file: basename(bytesOf(removed).toString()) }];
  const found = call.exec(line);
  if (!found) return [];
  const [, name, fd, path = '', rest = '', result = '-1'] = found;
  if (Number(result) < 0) return [];
  const file = bytesOf(path).toString();
  const text = /^"((?:\\x[0-9a-f]{2})*)"/.exec(rest)?.[1];
  if (name === 'write' && fd === '1')
    return [
      {
        what: 'said',
        text: bytesOf(text ?? '')
          .toString()
          .trim(),
      },
    ];
  if (!file.startsWith(join(home, 'db'))) return [];
  const own = basename(file);
  if (name === 'fsync' || name === 'fdatasync') return [{ what: 'sync', file: own }];
  if (name === 'ftruncate') return [{ what: 'truncate', file: own, size: Number(rest) }];
  if (name !== 'pwrite64' || text === undefined) return [];
  return [{ what: 'write', file: own, at: Number(rest.split(', ').at(-1)), bytes: bytesOf(text) }];
}

function bytesOf(escaped: string): Buffer {
  return Buffer.from(escaped.replaceAll('\\x', ''), 'hex');
}

/**
 * The directory as a disk may hold it when the power fails after some steps: all that was synced and every removal, and of the rest of
 * each file whatever `kept` says, in any combination.
 */
function afterCut(steps: readonly Step[], kept: () => boolean): string {
  const home = scratch();
  mkdirSync(home, { recursive: true });
  const files = new Set(steps.flatMap((one) => ('file' in one ? [one.file] : [])));
  for (const file of files) {
    if (file.endsWith('-shm')) continue;
    const all = steps.filter((one) => 'file' in one && one.file === file);
    const removed = all.findLastIndex((one) => one.what === 'remove');
    const own = all.slice(removed + 1);
    if (own.length === 0) continue;
    const synced = own.findLastIndex((one) => one.what === 'sync');
    let content = Buffer.alloc(0);
    own.forEach((one, index) => {
      if (index > synced && !kept()) return;
      if (one.what === 'truncate') content = Buffer.concat([content, Buffer.alloc(one.size)]).subarray(0, one.size);
      if (one.what !== 'write') return;
      const end = one.at + one.bytes.length;
      if (content.length < end) content = Buffer.concat([content, Buffer.alloc(end - content.length)]);
      one.bytes.copy(content, one.at);
    });
    writeFileSync(join(home, file), content);
  }
  return join(home, 'db');
}

/** Power cuts at many moments, and whether the store then opens whole and knows everything that was acknowledged. */
async function cuts(steps: readonly Step[], times: number) {
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  let lost = 0;
  let damaged = 0;
  const opened = steps.findIndex((one) => one.what === 'said');
  for (let n = 0; n < times; n++) {
    const before = steps.slice(0, opened + 1 + Math.floor(random() * (steps.length - opened)));
    const acknowledged = before.filter((one) => one.what === 'said').length - 1;
    const share = random();
    const file = afterCut(before, () => random() < share);
    try {
      const store = await openStore(file);
      const sequence = Number(store.nodes.get('one')?.sequence ?? 0n);
      store.close();
      if (sequence < acknowledged) lost++;
      const db = new Database(file, { readonly: true });
      if (db.pragma('integrity_check', { simple: true }) !== 'ok') damaged++;
      db.close();
    } catch {
      damaged++;
    }
  }
  return { lost, damaged };
}

test.skipIf(strace === '')(
  'a power cut loses nothing that was acknowledged and damages nothing',
  { timeout: 300_000 },
  async () => {
    const steps = record('FULL');
    expect(steps.filter((one) => one.what === 'said')).toHaveLength(61);
    expect(await cuts(steps, 100)).toEqual({ lost: 0, damaged: 0 });
  },
);

test.skipIf(strace === '')('the simulation would see a store that syncs too rarely', { timeout: 300_000 }, async () => {
  expect((await cuts(record('NORMAL'), 60)).lost).toBeGreaterThan(0);
});
