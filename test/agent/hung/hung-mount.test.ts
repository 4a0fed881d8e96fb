import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Observation } from '@plumbline/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Host, realHost } from '../../../agent/src/host/index.ts';
import { observeNode } from '../../../agent/src/index.ts';
import { shippedPack } from '../../pack.ts';
import { nodeText } from '../node.ts';

/** The mounted file system and its server, which stops answering when it is told to. */
interface Hung {
  readonly at: string;
  readonly unanswered: () => number;
  end(): Promise<void>;
}

const why = whyNoFuse();
if (why !== undefined) console.log(`skipped: a file system that hangs: ${why}`);

let home: string;
let root: string;
let hung: Hung;
const mounts: string[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'plumbline-hung-'));
  root = join(home, 'root');
  writeTree(root);
  hung = await mountHung(join(home, 'served'));
});

afterEach(async () => {
  // What waits in the kernel is let go first; then nothing holds the mounts.
  await hung.end();
  for (const point of mounts.splice(0).reverse()) spawnSync('umount', ['-l', point]);
  rmSync(home, { recursive: true, force: true });
});

const cniSubjects = ['cni node', 'files cni.config'];

describe.skipIf(why !== undefined)('a file system whose server never answers again', () => {
  test('below another one: what lies there is timed-out, everything else arrives as before and in time', async () => {
    const before = await look(realHost(root));
    expect(await look(realHost(root))).toEqual(before);
    // The mount table says overlay, which is looked at; its layer is what hangs.
    mount(['-t', 'overlay', '-o', `lowerdir=${hung.at}:${join(home, 'empty')}`, 'o', join(root, 'etc/cni/net.d')]);
    fallSilent();
    const host = realHost(root, { deadlineMs: 1_000 });
    for (let pass = 0; pass < 2; pass++) {
      const started = performance.now();
      const after = await look(host);
      expect(performance.now() - started).toBeLessThan(6_000);
      expect(hung.unanswered()).toBeGreaterThan(0);
      expect(states(after, cniSubjects)).toEqual(['timed-out', 'timed-out']);
      expect(others(after)).toEqual(others(before));
    }
  });

  test('of its own kind: it is not even touched', async () => {
    const before = await look(realHost(root));
    await hung.end();
    hung = await mountHung(join(root, 'etc/cni/net.d'));
    spawnSync('stat', [join(root, 'etc/cni/net.d/fall-silent')]);
    const after = await look(realHost(root, { deadlineMs: 1_000 }));
    expect(hung.unanswered()).toBe(0);
    expect(states(after, cniSubjects)).toEqual(['unsupported', 'unsupported']);
    expect(others(after)).toEqual(others(before));
  });

  test('mounted in the middle of a look: the rest of the node is seen', async () => {
    const before = await look(realHost(root));
    const host = realHost(root, { deadlineMs: 1_000 });
    const after = await look(host, () => {
      mount(['--bind', hung.at, join(root, 'etc/cni/net.d')]);
      fallSilent();
    });
    expect(states(after, cniSubjects)).toEqual(['timed-out', 'timed-out']);
    expect(others(after)).toEqual(others(before));
  });

  test('for days: no descriptor is kept for each look', async () => {
    mount(['-t', 'overlay', '-o', `lowerdir=${hung.at}:${join(home, 'empty')}`, 'o', join(root, 'etc/cni/net.d')]);
    fallSilent();
    const host = realHost(root, { deadlineMs: 100 });
    await look(host);
    const open = readdirSync('/proc/self/fd').length;
    for (let pass = 0; pass < 5; pass++) await look(host);
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(open + 5);
  });
});

function fallSilent(): void {
  spawnSync('stat', [join(hung.at, 'fall-silent')]);
}

/** Observations without their times; `between` is called after the first collector. */
async function look(host: Host, between?: () => void): Promise<readonly Observation[]> {
  return observeNode({
    host,
    pack: shippedPack(),
    versions: {},
    clock: () => '2026-01-01T00:00:00.000Z',
    report: ({ collector }) => (collector === 'node' ? between?.() : undefined),
  });
}

function states(observations: readonly Observation[], keys: readonly string[]): readonly string[] {
  return keys.map((key) => observations.find((one) => `${one.fact} ${one.subject}` === key)?.state ?? 'none');
}

function others(observations: readonly Observation[]): readonly Observation[] {
  return observations.filter((one) => !cniSubjects.includes(`${one.fact} ${one.subject}`));
}

/** A node of one kubelet as files on disk. */
function writeTree(at: string): void {
  const config = '/var/lib/kubelet/config.yaml';
  const text = nodeText(
    { 300: { argv: ['/usr/bin/kubelet', `--config=${config}`], environ: '' } },
    { [config]: { content: '{"kind": "KubeletConfiguration"}' } },
  );
  const { files } = JSON.parse(text) as { files: Record<string, { type?: string; content?: string }> };
  for (const [path, { type, content }] of Object.entries(files)) {
    const full = join(at, path);
    mkdirSync(type === 'directory' ? full : dirname(full), { recursive: true });
    if (type === undefined || type === 'file') writeFileSync(full, content ?? '');
  }
  for (const folder of ['root/etc/cni/net.d', 'empty', 'served'])
    mkdirSync(join(dirname(at), folder), { recursive: true });
}

function mount(argv: readonly string[]): void {
  const ran = spawnSync('mount', argv, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`mount ${argv.join(' ')}: ${ran.stderr}`);
  mounts.push(argv.at(-1) ?? '');
}

async function mountHung(at: string): Promise<Hung> {
  const program = join(import.meta.dirname, 'file-system.ts');
  const server: ChildProcess = spawn(process.execPath, [program, at], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  server.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  while (!said.includes('mounted\n')) await once(server.stdout ?? server, 'data');
  mounts.push(at);
  return {
    at,
    unanswered: () => said.split('\n').filter((line) => /^\d+$/.test(line)).length,
    async end() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGKILL');
      await once(server, 'exit');
    },
  };
}

function whyNoFuse(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  try {
    closeSync(openSync('/dev/fuse', 'r+'));
  } catch (error) {
    return `/dev/fuse cannot be opened (${(error as NodeJS.ErrnoException).code})`;
  }
  const allowed = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']);
  return allowed.status === 0 ? undefined : 'nothing may be mounted here';
}
