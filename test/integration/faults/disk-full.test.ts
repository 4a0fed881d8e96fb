import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../stream-world.ts';

const may = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'plumbline-test', '/mnt']).status === 0;
if (!may) console.log('skipped: a full disk (this user may not mount)');

test.skipIf(!may)(
  'a full disk: writing is refused by a code, reading goes on, and with room again nothing is lost',
  () => {
    const program = join(import.meta.dirname, 'disk-full.ts');
    const run = spawnSync('unshare', ['-m', process.execPath, program, scratch()], {
      encoding: 'utf8',
      timeout: 110_000,
    });
    expect(run.stderr).toBe('');
    const { full, after } = JSON.parse(run.stdout);
    expect(full).toMatchObject({
      waiting: 1,
      refused: true,
      nodes: { status: 200, body: { nodes: [{ name: 'alpha', presence: 'reporting' }] } },
      findings: 200,
      health: 200,
    });
    expect(full.looks).toBeGreaterThan(50);
    expect(after).toMatchObject({ recovered: true, stored: after.digest });
  },
);
