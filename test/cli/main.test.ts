import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const main = join(root, 'cli', 'src', 'main.ts');
const recorded = join(root, 'test', 'nodes', 'kubeadm-control-plane.yaml');
const home = mkdtempSync(join(tmpdir(), 'plumbline-main-'));
afterAll(() => rmSync(home, { recursive: true }));

function start(...argv: readonly string[]): ChildProcess {
  const env = { ...process.env, PLUMBLINE_KUBECONFIG: 'none' };
  return spawn(process.execPath, [main, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
}

describe('plumbline as a process', () => {
  it('loses nothing to a slow reader of a pipe', async () => {
    const script = '"$0" "$@" | (sleep 3; cat)';
    const argv = [main, 'audit', '--node', recorded, '--format', 'json'];
    const child = spawn('sh', ['-c', script, process.execPath, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    for await (const chunk of child.stdout ?? []) text += chunk;
    expect(text.length).toBeGreaterThan(70_000);
    expect(JSON.parse(text).findings.length).toBeGreaterThan(80);
  });

  it('does not mind a reader that leaves early', async () => {
    const child = start('audit', '--node', recorded, '--format', 'json');
    child.stdout?.destroy();
    let err = '';
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(err).toBe('');
  });

  it('serves until SIGTERM, then ends well', async () => {
    const child = start('up', '--recorded', '--port', '0', '--data-dir', join(home, 'data'));
    let out = '';
    for await (const chunk of child.stdout ?? []) {
      out += chunk;
      if (out.includes('Ctrl-C')) break;
    }
    const address = /Look at (http:\/\/127\.0\.0\.1:\d+) /.exec(out)?.[1];
    const answer = await fetch(`${address}/api/v1/findings?control=apiserver-profiling&node=kubeadm-control-plane`);
    expect(await answer.json()).toMatchObject({
      findings: [{ node: 'kubeadm-control-plane', number: '1.2.15', status: expect.stringMatching(/^(pass|fail)$/) }],
    });
    const page = await (await fetch(`${address}/`)).text();
    expect(page).toContain('<h1>Plumbline: recorded cluster</h1>');
    expect(page).toMatch(/<time datetime="[^"]+Z">\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC<\/time>/);
    expect(page).toContain('kubeadm-worker');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
