import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../../cli/src/program.ts';
import { plain } from '../../cli/src/text/paint.ts';
import { type Served, serve } from '../aggregator/api/served.ts';
import { observations, type Shown, after as seconds, send } from '../aggregator/world.ts';
import { plumbline } from './terminal.ts';

let served: Served;
let url: string;
let sequence = 0n;
beforeEach(async () => {
  served = await serve();
  url = await served.server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => served.close());

async function shows(node: string, shown: Shown, at: number): Promise<void> {
  send(served.store, node, observations(shown), at, ++sequence);
  await served.settle(at);
}

const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

test('needs 30: one readable entry a change: when, which nodes, what from which value to which, and the verdict', async () => {
  for (const node of ['a', 'b', 'c', 'd']) await shows(node, { profiling: 'false' }, 0);
  for (const node of ['a', 'b', 'c', 'd']) await shows(node, { profiling: 'false', mode: '0644' }, 100);
  await shows('a', { profiling: 'true', mode: '0644', etcd: true }, 200);
  const { code, out, err } = await plumbline(['drift', '--url', url, '--since', seconds(50)]);
  expect([code, err]).toEqual([0, '']);
  expect(out.split('\n').every((line) => line.length <= 80)).toBe(true);
  expect(flat(out)).toContain(
    '2026-03-01 00:01:40Z 4 nodes (a, b, c, …) file /var/lib/kubelet/config.yaml: /mode 0600 → 0644 (stat of /var/lib/kubelet/config.yaml mode) → 4.1.1 Mode of the kubelet file: pass → fail',
  );
  expect(flat(out)).toContain(
    '2026-03-01 00:03:20Z a process kube-apiserver@here: --profiling false → true (flag --profiling) → 1.2.9 Profiling of the API server: pass → fail',
  );
  expect(flat(out)).toContain('a file /var/lib/etcd: appeared');
  expect(out.indexOf('00:01:40Z')).toBeLessThan(out.indexOf('00:03:20Z'));
});

test('filters, the newest so many, and a change a line as JSON', async () => {
  await shows('a', {}, 0);
  for (let n = 0; n < 6; n++) await shows('a', { mode: n % 2 === 0 ? '0644' : '0600' }, 100 + n * 100);
  const json = async (...argv: string[]) =>
    (await plumbline(['drift', '--url', url, '--since', seconds(50), '--format', 'json', ...argv])).out
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { at: string }).at);
  expect((await json()).length).toBe(6);
  expect(await json('--limit', '2')).toEqual([seconds(500), seconds(600)]);
  expect(await json('--node', 'a', '--fact', 'process')).toEqual([]);
  expect(await json('--control', '4.1.1', '--kind', 'verdict', '--limit', '1')).toEqual([seconds(600)]);
  const verdict = await plumbline(['drift', '--url', url, '--since', seconds(550), '--kind', 'verdict']);
  expect(flat(verdict.out)).toBe('2026-03-01 00:10:00Z a kubelet@here: 4.1.1 Mode of the kubelet file: fail → pass');
});

/** Runs until a text was written, then interrupts. */
async function until(wanted: string, argv: readonly string[], act: () => Promise<void>) {
  const stop = new AbortController();
  let out = '';
  let err = '';
  const write = (text: string) => {
    out += text;
    if (flat(out).includes(wanted)) stop.abort();
  };
  const guard = setTimeout(() => stop.abort(), 10_000);
  const running = run(argv, {
    out: write,
    err: (text) => {
      err += text;
    },
    sheet: { width: 120, paint: plain },
    environment: {},
    now: () => new Date(seconds(0)),
    stop: stop.signal,
  });
  // The list is asked once the stream is open.
  while (out === '' && !stop.signal.aborted) await new Promise((done) => setTimeout(done, 10));
  await act();
  const code = await running;
  clearTimeout(guard);
  return { code, out: flat(out), err };
}

test('follows what changes until it is interrupted', async () => {
  await shows('a', {}, 0);
  await shows('a', { mode: '0640' }, 100);
  const argv = ['drift', '--follow', '--since', seconds(50), '--url', url];
  const { code, out, err } = await until('0640 → 0644', argv, () => shows('a', { mode: '0644' }, 200));
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('00:01:40Z a file /var/lib/kubelet/config.yaml: /mode 0600 → 0640');
  expect(out).toContain('00:03:20Z a file /var/lib/kubelet/config.yaml: /mode 0640 → 0644');
});

test('says what cannot be meant or asked', async () => {
  const ask = async (...argv: string[]) => (await plumbline(['drift', '--url', url, ...argv])).err;
  expect(await ask('--since', 'yesterday')).toContain('PLB_CONFIG_INVALID: --since yesterday is neither');
  expect(await ask('--node', 'nobody')).toBe('PLB_REQUEST_INVALID: There is no node nobody.\n');
  expect(await ask('--follow', '--node', 'nobody')).toBe('PLB_REQUEST_INVALID: There is no node nobody.\n');
  expect(await ask('--limit', 'x')).toContain('It is a number from 1 to 99999.');
});
