import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Host, realHost, type Seen } from '../../agent/src/host/index.ts';

let root: string;
let outside: string;
let host: Host;
let server: Server;
const canary = 'of-the-container';

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'plumbline-root-'));
  outside = mkdtempSync(join(tmpdir(), 'plumbline-outside-'));
  writeFileSync(join(outside, 'secret'), canary);
  for (const folder of ['etc', 'etc/deep/er', 'srv', 'proc']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'etc/file'), 'inside', { mode: 0o640 });
  writeFileSync(join(root, 'etc/ünï'), 'name');
  const links: Record<string, string> = {
    'etc/absolute': '/etc/file',
    'etc/relative': '../etc/./file',
    'etc/up': '../../../../../../etc/file',
    'etc/out': join(outside, 'secret'),
    'etc/out-up': `../../..${outside}/secret`,
    'etc/folder': '/etc/deep',
    'etc/dangling': '/etc/nothing',
    'etc/loop-a': 'loop-b',
    'etc/loop-b': 'loop-a',
    'etc/self': '/etc/self/x',
  };
  for (const [path, to] of Object.entries(links)) symlinkSync(to, join(root, path));
  for (let link = 0; link < 45; link++)
    symlinkSync(link === 0 ? 'file' : `chain-${link - 1}`, join(root, `etc/chain-${link}`));
  writeFileSync(join(root, 'etc/deep/er/leaf'), 'leaf');
  writeFileSync(Buffer.concat([Buffer.from(join(root, 'srv/')), Buffer.from([0xff, 0x41])]), 'broken name');
  writeFileSync(join(root, 'srv/line\nbreak'), 'x');
  const sparse = openSync(join(root, 'etc/sparse'), 'w');
  ftruncateSync(sparse, 2 * 1024 ** 3);
  closeSync(sparse);
  spawnSync('mkfifo', [join(root, 'etc/fifo')]);
  server = createServer().listen(join(root, 'etc/socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  host = realHost(root);
});

afterAll(async () => {
  await host.refresh();
  server.close();
  rmSync(root, { recursive: true, force: true });
  rmSync(outside, { recursive: true, force: true });
});

const read = async (path: string) => textOf(await host.read(path, { recordAs: 'as-is' }));

function textOf(seen: Seen<{ readonly bytes: Buffer }>): string {
  return seen.state === 'observed' ? seen.value.bytes.toString() : `${seen.state}: ${seen.detail}`;
}

describe('links stay inside the root', () => {
  test.each(['/etc/file', '/etc/absolute', '/etc/relative', '/etc/up', '/../../etc/file', '/etc/chain-30'])(
    '%s is the file inside',
    async (path) => {
      expect(await read(path)).toBe('inside');
      expect(await host.stat(path)).toMatchObject({ value: { type: 'file', mode: 0o640, path: '/etc/file' } });
    },
  );

  test.each(['/etc/out', '/etc/out-up'])('%s is absent, never the file outside', async (path) => {
    expect(await read(path)).toMatch(/^absent: /);
    expect(await host.stat(path)).toMatchObject({ state: 'absent' });
  });

  test('a linked folder on the way', async () => {
    expect(await read('/etc/folder/er/leaf')).toBe('leaf');
    expect(await host.stat('/etc/folder/er/leaf')).toMatchObject({ value: { path: '/etc/deep/er/leaf' } });
  });

  test.each([
    ['/etc/loop-a', 'malformed: /etc/loop-a: too many links'],
    ['/etc/self', 'malformed: '],
    ['/etc/chain-44', 'malformed: '],
    ['/etc/dangling', 'absent: /etc/dangling is a link; /etc/nothing does not exist'],
  ])('%s', async (path, expected) => {
    expect(await read(path)).toContain(expected);
  });

  test('the text of a link is given as it is', async () => {
    expect(await host.link('/etc/absolute')).toEqual({ state: 'observed', value: '/etc/file' });
  });
});

describe('what is no plain file is never read', () => {
  test.each([
    ['/etc/fifo', 'malformed: /etc/fifo: not a regular file'],
    ['/etc/socket', 'malformed: /etc/socket: not a regular file'],
    ['/etc/deep', 'malformed: /etc/deep: a directory where a file is expected'],
    ['/etc/file/below', 'malformed: /etc/file: not a directory'],
    ['/etc/nothing', 'absent: /etc/nothing does not exist'],
    ['/etc/sparse', 'too-large: /etc/sparse is larger than 1048576 bytes'],
  ])('%s', async (path, expected) => {
    expect(await read(path)).toBe(expected);
  });

  test('devices', async () => {
    const whole = realHost('/');
    expect(textOf(await whole.read('/dev/zero', { recordAs: 'as-is' }))).toBe(
      'malformed: /dev/zero: not a regular file',
    );
    expect(await whole.stat('/dev/zero')).toMatchObject({ value: { type: 'device' } });
    await whole.refresh();
  });

  test('a sparse file of 2 GB costs no memory, its beginning can be had', async () => {
    const before = process.memoryUsage().rss;
    const part = await host.read('/etc/sparse', { recordAs: 'as-is', partial: true, maxBytes: 1024 });
    expect(part).toMatchObject({ value: { truncated: true } });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('a growing file ends: it is read whole, or said to be changing', async () => {
    const path = join(root, 'etc/growing');
    writeFileSync(path, 'x');
    const grow = setInterval(() => appendFileSync(path, 'y'.repeat(1000)), 1);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => host.read('/etc/growing', { recordAs: 'as-is' })),
    );
    clearInterval(grow);
    for (const answer of answers) expect(['observed', 'malformed', 'too-large']).toContain(answer.state);
  });
});

describe('names', () => {
  test('broken UTF-8 and controls are escaped, and lead back to the file', async () => {
    const listing = await host.list('/srv');
    const names = listing.state === 'observed' ? listing.value.entries.map((entry) => entry.name).sort() : [];
    expect(names).toEqual(['\\xffA', 'line\\x0abreak']);
    expect(await read('/srv/\\xffA')).toBe('broken name');
    expect(await read('/etc/ünï')).toBe('name');
  });

  test('a listing is bounded', async () => {
    const listing = await host.list('/etc', 3);
    expect(listing).toMatchObject({ value: { truncated: true, entries: { length: 3 } } });
  });

  test('a listing says what each name is', async () => {
    const listing = await host.list('/etc');
    const types = new Map(
      listing.state === 'observed' ? listing.value.entries.map((entry) => [entry.name, entry.type]) : [],
    );
    expect(['file', 'deep', 'fifo', 'socket', 'out'].map((name) => types.get(name))).toEqual([
      'file',
      'directory',
      'fifo',
      'socket',
      'link',
    ]);
  });
});

test('no descriptor is left open after a pass', async () => {
  const own = realHost('/');
  const open = async () => {
    const listing = await own.list('/proc/self/fd');
    return listing.state === 'observed' ? listing.value.entries.length : 0;
  };
  const before = await open();
  for (let pass = 0; pass < 5; pass++) {
    await own.list('/etc');
    await own.read('/etc/passwd', { recordAs: 'as-is' });
    await own.refresh();
  }
  expect(await open()).toBeLessThanOrEqual(before + 1);
  await own.refresh();
});

test.skipIf(process.getuid?.() !== 0)('another user is denied, with the capability that would help', () => {
  const closed = join(root, 'etc/closed');
  writeFileSync(closed, 'closed');
  chmodSync(closed, 0o000);
  chmodSync(root, 0o755);
  const module = join(import.meta.dirname, '../../agent/src/host/index.ts');
  const program = `import { realHost } from ${JSON.stringify(module)};
    const host = realHost(${JSON.stringify(root)});
    const own = realHost('/');
    console.log(JSON.stringify([await host.stat('/etc/closed'), await host.read('/etc/closed', { recordAs: 'as-is' }), await own.link('/proc/1/exe')]));`;
  const run = spawnSync(
    'setpriv',
    ['--reuid=65534', '--clear-groups', process.execPath, '--input-type=module-typescript', '-e', program],
    { encoding: 'utf8' },
  );
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toMatchObject([
    { state: 'observed', value: { mode: 0 } },
    { state: 'denied', detail: '/etc/closed: permission denied; the capability DAC_READ_SEARCH would allow it' },
    { state: 'denied', detail: '/proc/1/exe: permission denied; the capability SYS_PTRACE would allow it' },
  ]);
});
