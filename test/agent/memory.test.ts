import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Host, type Reading, realHost, type Seen } from '../../agent/src/host/index.ts';

/** The node's clock as the host sees it: an hour on, so that files just written count as old. */
const clocks = { wall: () => Date.now() + ahead, steady: () => performance.now() + aged };
const hour = 3_600_000;
/** A whole second, so that it can be set again to the nanosecond. */
const longAgo = 1_000_000;
let ahead = hour;
let aged = 0;
let root: string;
let host: Host;
let made: number;

const text: Reading<string> = {
  recordAs: 'as-is',
  make: (content) => {
    made += 1;
    return content.toString('utf8');
  },
};

const at = (path: string) => join(root, path);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plumbline-memory-'));
  for (const folder of ['etc/deep/er', 'srv']) mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('etc/deep/er/file'), 'before', { mode: 0o644 });
  utimesSync(at('etc/deep/er/file'), longAgo, longAgo);
  writeFileSync(at('etc/other'), 'other!', { mode: 0o600 });
  symlinkSync('deep/er/file', at('etc/link'));
  symlinkSync('/etc/deep', at('etc/folder'));
  ahead = hour;
  aged = 0;
  made = 0;
  host = realHost(root, { clocks });
});

afterEach(async () => {
  await host.refresh();
  rmSync(root, { recursive: true, force: true });
});

const paths = ['/etc/deep/er/file', '/etc/link', '/etc/folder/er/file', '/etc/absent', '/etc/other'];
const folders = ['/etc', '/etc/deep/er', '/etc/folder/er', '/srv'];

/** Everything that a pass may ask about the tree. */
async function look(one: Host): Promise<unknown> {
  await one.refresh();
  const answers: unknown[] = [];
  for (const path of paths) answers.push(await one.stat(path), await one.take(path, text));
  for (const path of folders) {
    const listing = await one.list(path);
    answers.push(
      listing.state === 'observed'
        ? [...listing.value.entries].sort((a, b) => (a.name < b.name ? -1 : 1))
        : (listing satisfies Seen<unknown>),
      await one.stat(path),
    );
  }
  await one.refresh();
  return answers;
}

/** What a host says that has never been here. */
const afresh = () => look(realHost(root));

/** Time passes on the file system: its stamps may be as coarse as the kernel's tick. */
const tick = () => sleep(12);

function mount(...args: readonly string[]): void {
  const run = spawnSync('mount', args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
}

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-mount-'));
  const may = spawnSync('mount', ['-t', 'tmpfs', 'none', folder]).status === 0;
  if (may) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return may;
}

describe('what is unchanged is not made again', () => {
  test('neither in the next pass nor in the one after', async () => {
    const first = await look(host);
    const count = made;
    expect(await look(host)).toEqual(first);
    expect(await look(host)).toEqual(first);
    expect(made).toBe(count);
  });

  test('a file that was written a moment ago is read again: a second write in the same tick would not show', async () => {
    ahead = 0;
    await look(host);
    const count = made;
    await look(host);
    expect(made).toBe(2 * count);
  });

  test('after half an hour nothing is believed', async () => {
    await look(host);
    const count = made;
    aged = hour;
    await look(host);
    expect(made).toBe(2 * count);
  });

  test('nothing is believed when the clock was set back', async () => {
    await look(host);
    const count = made;
    ahead = hour - 10_000;
    await look(host);
    expect(made).toBe(2 * count);
  });

  test('what a pass did not ask for is forgotten', async () => {
    await look(host);
    await host.stat('/etc');
    await host.refresh();
    made = 0;
    await look(host);
    expect(made).toBeGreaterThan(0);
  });
});

/** Each way of changing the tree, and whether only root can. */
const changes: Readonly<Record<string, () => void>> = {
  'other content of the same size under the same mtime': () => {
    writeFileSync(at('etc/deep/er/file'), 'AFTER!');
    utimesSync(at('etc/deep/er/file'), longAgo, longAgo);
  },
  'a longer content': () => appendFileSync(at('etc/deep/er/file'), ' and more'),
  'another file renamed over it': () => renameSync(at('etc/other'), at('etc/deep/er/file')),
  chmod: () => chmodSync(at('etc/deep/er/file'), 0o4600),
  'chmod of a directory': () => chmodSync(at('etc/deep/er'), 0o700),
  'another target of the link': () => {
    unlinkSync(at('etc/link'));
    symlinkSync('other', at('etc/link'));
  },
  'a link swapped by rename': () => {
    symlinkSync('other', at('etc/link.new'));
    renameSync(at('etc/link.new'), at('etc/link'));
  },
  'another target of a linked folder': () => {
    mkdirSync(at('srv/er'));
    writeFileSync(at('srv/er/file'), 'theirs');
    unlinkSync(at('etc/folder'));
    symlinkSync('/srv', at('etc/folder'));
  },
  'a directory swapped for a link to one that looks the same': () => {
    renameSync(at('etc/deep'), at('srv/deep'));
    symlinkSync('/srv/deep', at('etc/deep'));
  },
  'a directory renamed away and another in its place': () => {
    renameSync(at('etc/deep'), at('srv/deep'));
    mkdirSync(at('etc/deep/er'), { recursive: true });
    writeFileSync(at('etc/deep/er/file'), 'before');
  },
  'a file where a directory was': () => {
    rmSync(at('etc/deep'), { recursive: true });
    writeFileSync(at('etc/deep'), 'no directory');
  },
  'a name added': () => writeFileSync(at('srv/new'), ''),
  'a name taken away': () => unlinkSync(at('etc/other')),
  'a name that was absent': () => writeFileSync(at('etc/absent'), 'there now'),
  'a name that was absent, as a link': () => symlinkSync('other', at('etc/absent')),
  'a directory that others may write, and a file in it': () => {
    chmodSync(at('etc/deep/er'), 0o777);
    writeFileSync(at('etc/deep/er/file'), 'theirs');
  },
};

describe('every change is seen in the very next pass', () => {
  test.each(Object.entries(changes))('%s', async (_name, change) => {
    const before = await look(host);
    await look(host);
    await tick();
    change();
    const after = await look(host);
    expect(after).toEqual(await afresh());
    expect(after).not.toEqual(before);
    expect(await look(host)).toEqual(after);
  });

  test.skipIf(!mayMount())('a mount over a file, and one over a directory', async () => {
    const before = await look(host);
    mount('--bind', at('etc/other'), at('etc/deep/er/file'));
    try {
      const after = await look(host);
      expect(after).toEqual(await afresh());
      expect(after).not.toEqual(before);
      mount('-t', 'tmpfs', 'none', at('etc/deep'));
      expect(await look(host)).toEqual(await afresh());
      spawnSync('umount', [at('etc/deep')]);
    } finally {
      spawnSync('umount', [at('etc/deep/er/file')]);
    }
    expect(await look(host)).toEqual(before);
  });

  test.skipIf(process.getuid?.() !== 0)('chown', async () => {
    const before = await look(host);
    await tick();
    chownSync(at('etc/deep/er/file'), 65534, 65534);
    const after = await look(host);
    expect(after).toEqual(await afresh());
    expect(after).not.toEqual(before);
  });

  test('any of them after some others', async () => {
    const all = Object.values(changes);
    for (const [index, first] of all.entries()) {
      for (const second of [1, 4, 7].map((step) => all[(index + step) % all.length] ?? first)) {
        await look(host);
        for (const change of [first, second]) {
          await tick();
          try {
            change();
          } catch {
            // The first change took away what the second is about.
          }
          expect(await look(host)).toEqual(await afresh());
        }
        rmSync(root, { recursive: true, force: true });
        mkdirSync(at('etc/deep/er'), { recursive: true });
        mkdirSync(at('srv'));
        writeFileSync(at('etc/deep/er/file'), 'before');
        writeFileSync(at('etc/other'), 'other!');
        symlinkSync('deep/er/file', at('etc/link'));
        symlinkSync('/etc/deep', at('etc/folder'));
      }
    }
  }, 60_000);
});
