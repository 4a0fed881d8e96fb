import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type Host, realHost } from '../../../agent/src/index.ts';

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const one of cleanup.splice(0)) one();
});

/** A small node: a listed directory, a file by a link of a volume's kind, a path that is not there, and a bystander. */
function tree(): string {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-lookout-'));
  cleanup.push(() => rmSync(root, { recursive: true, force: true }));
  for (const path of ['etc/pki', 'etc/empty', 'vol/..v1', 'vol/..v2', 'var/lib/data/member']) {
    mkdirSync(join(root, path), { recursive: true });
  }
  for (const path of [
    'etc/config',
    'etc/other',
    'etc/pki/a.crt',
    'vol/..v1/file',
    'vol/..v2/file',
    'var/lib/data/member/wal',
  ]) {
    writeFileSync(join(root, path), path);
  }
  symlinkSync('..v1', join(root, 'vol/..data'));
  symlinkSync('..data/file', join(root, 'vol/file'));
  return root;
}

async function pass(host: Host): Promise<void> {
  await host.take('/etc/config', { recordAs: 'as-is', make: String });
  await host.list('/etc/pki');
  await host.stat('/etc/pki/a.crt');
  await host.stat('/vol/file');
  await host.stat('/etc/empty/none/deeper');
  await host.stat('/var/lib/data');
  await host.refresh();
}

/** A host whose last pass watches, and how often it said that something changed. */
async function watched(root: string, mostWatched?: number) {
  let heard = 0;
  let wake: () => void = () => undefined;
  const changed = () => {
    heard++;
    wake();
  };
  const host = realHost(root);
  const eyes = host.watch?.(mostWatched === undefined ? { changed } : { changed, mostWatched });
  if (!eyes) throw new Error('a real host watches');
  cleanup.push(() => eyes.close());
  await pass(host);
  const first = heard;
  await pass(host);
  return {
    host,
    eyes,
    first,
    again: heard - first,
    async hears(within = 1_000): Promise<boolean> {
      const before = heard;
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), sleep(within)]);
      return heard > before;
    },
  };
}

type Change = (at: (path: string) => string) => void;
const seenChanges: readonly (readonly [string, Change])[] = [
  ['a write', (at) => writeFileSync(at('etc/config'), 'new')],
  ['a file renamed over', (at) => renameSync(at('etc/other'), at('etc/config'))],
  ['a mode', (at) => chmodSync(at('etc/config'), 0o600)],
  ['a mode in a listed directory', (at) => chmodSync(at('etc/pki/a.crt'), 0o600)],
  ['a name in a listed directory', (at) => writeFileSync(at('etc/pki/b.crt'), '')],
  ['a removed file', (at) => unlinkSync(at('etc/pki/a.crt'))],
  ['what was not there', (at) => mkdirSync(at('etc/empty/none'))],
  ['a swapped volume', (at) => swap(at)],
  ['the mode of a directory', (at) => chmodSync(at('var/lib/data'), 0o700)],
  ['the mode of a listed directory', (at) => chmodSync(at('etc/pki'), 0o700)],
  ['a replaced directory', (at) => renameSync(at('etc/pki'), at('etc/pki.old'))],
  ['a replaced directory on the way', (at) => renameSync(at('etc'), at('etc.old'))],
];

function swap(at: (path: string) => string): void {
  symlinkSync('..v2', at('vol/..tmp'));
  renameSync(at('vol/..tmp'), at('vol/..data'));
}

test.each(seenChanges)('%s is noticed', async (_what, change) => {
  const root = tree();
  const { hears } = await watched(root);
  const heard = hears();
  change((path) => join(root, path));
  expect(await heard).toBe(true);
});

test.skipIf(process.getuid?.() !== 0)('an owner is noticed', async () => {
  const root = tree();
  const { hears } = await watched(root);
  const heard = hears();
  chownSync(join(root, 'etc/config'), 1, 1);
  expect(await heard).toBe(true);
});

test('the first pass is followed by another, the same pass again by none', async () => {
  const { first, again, eyes } = await watched(tree());
  expect([first, again]).toEqual([1, 0]);
  expect(eyes.coverage).toEqual({ watched: 8, unwatched: [] });
});

test('what nobody looked at is not noticed', async () => {
  const root = tree();
  const { hears } = await watched(root);
  const heard = hears(100);
  writeFileSync(join(root, 'etc/other'), 'new');
  writeFileSync(join(root, 'etc/another'), 'new');
  writeFileSync(join(root, 'var/lib/data/member/wal'), 'new');
  expect(await heard).toBe(false);
});

test('a directory that took the place of another is watched in its stead', async () => {
  const root = tree();
  const { host, hears } = await watched(root);
  renameSync(join(root, 'etc/pki'), join(root, 'etc/pki.old'));
  mkdirSync(join(root, 'etc/pki'));
  await pass(host);
  await hears(50);
  const heard = hears();
  writeFileSync(join(root, 'etc/pki/new.crt'), '');
  expect(await heard).toBe(true);
});

test('an event that the kernel dropped is made up for', async () => {
  const root = tree();
  const { hears } = await watched(root);
  const heard = hears(5_000);
  // One after the other, so that none is merged with the one before; the last is beyond what the kernel queues.
  writeFileSync(join(root, 'etc/another'), '');
  for (let count = 0; count < 10_000; count++) {
    chmodSync(join(root, 'etc/other'), 0o600);
    chmodSync(join(root, 'etc/another'), 0o600);
  }
  chmodSync(join(root, 'etc/config'), 0o600);
  expect(await heard).toBe(true);
});

test('more directories than may be watched are named', async () => {
  const { eyes, again } = await watched(tree(), 3);
  expect(eyes.coverage.watched).toBe(3);
  expect(eyes.coverage.unwatched).toHaveLength(5);
  expect(eyes.coverage.unwatched[0]).toMatch(/^\/.*: more than 3 directories$/);
  expect(again).toBe(0);
});

const mount = (...words: readonly string[]) => spawnSync('mount', words).status === 0;

function mayMount(): boolean {
  const here = mkdtempSync(join(tmpdir(), 'plumbline-may-mount-'));
  const may = mount('-t', 'tmpfs', 'none', here) && spawnSync('umount', [here]).status === 0;
  rmSync(here, { recursive: true });
  return may;
}

test.skipIf(!mayMount())('a mount over what was looked at comes and goes, one elsewhere is nobody’s', async () => {
  const root = tree();
  const { eyes } = await watched(root);
  const under = ['etc/pki', 'etc/config', 'var/lib/data/member'].map((path) => join(root, path));
  cleanup.unshift(() => spawnSync('umount', under));
  const [directory = '', file = '', elsewhere = ''] = under;
  expect(await eyes.remounted()).toBe(false);
  mount('-t', 'tmpfs', 'none', directory);
  expect([await eyes.remounted(), await eyes.remounted()]).toEqual([true, false]);
  mount('--bind', join(root, 'etc/other'), file);
  expect(await eyes.remounted()).toBe(true);
  mount('-t', 'tmpfs', 'none', elsewhere);
  expect(await eyes.remounted()).toBe(false);
  spawnSync('umount', [directory]);
  expect(await eyes.remounted()).toBe(true);
});

test('an end of the watch is an end', async () => {
  const root = tree();
  const { host, eyes, hears } = await watched(root);
  eyes.close();
  const heard = hears(50);
  writeFileSync(join(root, 'etc/config'), 'new');
  await pass(host);
  expect(await heard).toBe(false);
  expect(eyes.coverage.watched).toBe(0);
});
