import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAccess } from '../../aggregator/src/api/access.ts';
import type { AuditReport, ReportFinding } from '../../cli/src/audit/report.ts';
import { type Served, serve } from '../aggregator/api/served.ts';
import { observations, after as seconds, send } from '../aggregator/world.ts';
import { reportWith, smallFindings, smallReport } from './small-report.ts';
import { plumbline } from './terminal.ts';

const directory = mkdtempSync(join(tmpdir(), 'plumbline-compare-'));
const write = (name: string, content: unknown): string => {
  const file = join(directory, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};
const [first, ...others] = smallFindings;
if (!first) throw new Error('the small report has findings');
const evidence = first.evidence.map((one) => ({
  ...one,
  actual: 'false',
  origin: { kind: 'flag' as const, key: 'anonymous-auth', pid: 7 },
}));
const mended: ReportFinding = { ...first, status: 'pass', reason: 'as-expected', message: 'mended', evidence };

describe('two reports', () => {
  test('say what was fixed, from which value to which, and from where', async () => {
    const [before, after] = [write('a.json', smallReport), write('b.json', reportWith([mended, ...others]))];
    const { code, out, err } = await plumbline(['compare', before, after]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('1 fixed, 6 unchanged');
    expect(out).toContain('Section 1    50.0 % (1/2) → 100.0 % (2/2)');
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      'FIXED 1.2.1 Anonymous requests to the API server are off kube-apiserver@/etc/kubernetes/manifests/kube-apiserver.yaml: fail → pass kube-apiserver@/etc/kubernetes/manifests/kube-apiserver.yaml: true (default of 1.34) → false (flag --anonymous-auth of pid 7)',
    );
    const back = await plumbline(['compare', after, before, '--format', 'json']);
    expect(JSON.parse(back.out)).toMatchObject({
      kind: 'reports',
      before: { file: after, node: 'cp-1', program: '0.1.0', summary: { pass: 2 } },
      unchanged: 6,
      deltas: { regressed: 1 },
      controls: [{ control: 'apiserver-anonymous-auth', delta: 'regressed' }],
      changes: [{ delta: 'regressed', values: [{ from: { actual: 'false' }, to: { actual: 'true' } }] }],
    });
  });

  test('that are the same have no change', async () => {
    const file = write('a.json', smallReport);
    expect((await plumbline(['compare', file, file])).out).toMatch(/\n7 unchanged\n$/);
  });

  test('say what a reader must know, and print nothing that steers a terminal', async () => {
    const hostile = { ...mended, status: 'fail' as const, subject: 'kubelet@\u001b[2J\u202e', evidence: [] };
    const before = write('a.json', smallReport);
    const after = write('b.json', { ...reportWith([hostile]), scope: 'cluster', reading: 'letter', exclusions: ['x'] });
    const output = join(directory, 'out.txt');
    const { code, out } = await plumbline(['compare', before, after, '--output', output]);
    expect([code, out]).toEqual([0, '']);
    const text = readFileSync(output, 'utf8');
    expect(text).toContain('One report is of a node, the other of a cluster');
    expect(text).toContain('read as effective, the other as letter');
    expect(text).toContain('leave out different namespaces');
    expect(text).toContain('kubelet@\\u{1b}[2J\\u{202e}');
    expect(text).toContain('Section 2    0.0 % (0/1) → none');
    expect(text).not.toContain('\u001b');
  });

  test('of one node by two documents differ in what the documents ask, not in the node', async () => {
    const nodes = join(import.meta.dirname, '..', 'nodes');
    const audit = async (name: string, version: string, benchmark: string): Promise<string> => {
      const file = join(directory, `${name}-${benchmark}.json`);
      const node = join(nodes, `${name}.yaml`);
      await plumbline([
        'audit',
        '--node',
        node,
        '--kubernetes-version',
        version,
        '--benchmark',
        benchmark,
        '--format',
        'json',
        '--output',
        file,
      ]);
      return file;
    };
    const old = await audit('kubeadm-control-plane', '1.34', '1.8');
    const current = await audit('kubeadm-control-plane', '1.34', '2.0');
    const { out } = await plumbline(['compare', old, current, '--format', 'json']);
    const compared = JSON.parse(out) as {
      readonly unchanged: number;
      readonly deltas: Readonly<Record<string, number>>;
    };
    expect(compared.unchanged).toBeGreaterThan(50);
    expect(compared.deltas).toMatchObject({ fixed: 0, regressed: 0, incomparable: 0, changed: 0 });
    expect(compared.deltas['ruleset-changed']).toBeGreaterThan(0);
    expect(compared.deltas['new']).toBeGreaterThan(0);
  });

  test.each<readonly [string, unknown, string]>([
    ['no JSON', '{', 'cannot be read as a report (it is no JSON)'],
    ['a list', [], 'is no report'],
    ['null', null, 'is no report'],
    ['another object', { findings: [] }, 'is no report'],
    ['a finding without evidence', reportWith([{ ...mended, evidence: undefined as unknown as [] }]), 'is no report'],
    ['an unknown status', reportWith([{ ...mended, status: 'fine' as unknown as 'pass' }]), 'is no report'],
    [
      'evidence without origin',
      { ...smallReport, findings: [{ ...mended, evidence: [{ fact: 'f', subject: 's', actual: 1 }] }] },
      'is no report',
    ],
    ['documents without sections', { ...smallReport, documents: [{}] } as unknown as AuditReport, 'is no report'],
  ])('%s is refused', async (_, content, says) => {
    const { code, out, err } = await plumbline(['compare', write('a.json', smallReport), write('bad.json', content)]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^PLB_CONFIG_INVALID: /);
    expect(err).toContain(says);
  });

  test.each([
    [[]],
    [['a.json']],
    [['a.json', 'b.json', '--from', 'now']],
    [['a.json', 'b.json', '--url', 'http://127.0.0.1:1']],
  ])('compare %j is no question', async (argv) => {
    const { code, err } = await plumbline(['compare', ...argv]);
    expect([code, err]).toEqual([
      2,
      'PLB_CONFIG_INVALID: Give two reports, or --url with --from, --other-node or --other-benchmark.\n',
    ]);
  });

  test('a file that is not there is named', async () => {
    const { code, err } = await plumbline(['compare', '/nowhere/a.json', '/nowhere/b.json']);
    expect([code, err]).toEqual([2, 'PLB_CONFIG_INVALID: /nowhere/a.json cannot be read as a report (ENOENT).\n']);
  });
});

describe('an aggregator', () => {
  let served: Served;
  let url: string;
  beforeAll(async () => {
    served = await serve();
    for (let n = 0; n < 600; n++) send(served.store, `n-${n}`, observations({ mode: '0600' }), 0);
    await served.settle();
    for (let n = 0; n < 600; n++) send(served.store, `n-${n}`, observations({ mode: '0644' }), 10, 2n);
    await served.settle(10);
    url = await served.server.listen({ host: '127.0.0.1', port: 0 });
  }, 60_000);
  afterAll(() => served.close());

  test('is asked page after page', async () => {
    const { code, out, err } = await plumbline([
      'compare',
      '--url',
      `${url}/`,
      '--from',
      seconds(5),
      '--format',
      'json',
    ]);
    expect([code, err]).toEqual([0, '']);
    const answer = JSON.parse(out) as { changes: readonly { after: { node: string } }[]; nextCursor: null };
    expect(new Set(answer.changes.map((one) => one.after.node)).size).toBe(600);
    expect(answer).toMatchObject({ deltas: { regressed: 600 }, changesTotal: 600, nextCursor: null });
  });

  test('is shown as a table, with filters and a token that it may not need', async () => {
    const tokenFile = write('token', 'secret\n');
    const { code, out } = await plumbline([
      'compare',
      '--url',
      url,
      '--token-file',
      tokenFile,
      '--node',
      'n-1',
      '--other-node',
      'n-2',
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/^before: <b>test<\/b> · n-1 · /);
    expect(out).toMatch(/\n3 unchanged\n$/);
    const one = await plumbline([
      'compare',
      '--url',
      url,
      '--from',
      seconds(5),
      '--node',
      'n-7',
      '--delta',
      'regressed',
    ]);
    expect(one.out).toContain('n-7 kubelet@here: pass → fail');
    expect(one.out.replaceAll(/\s+/g, ' ')).toContain('0600 (stat of /var/lib/kubelet/config.yaml) → 0644');
  });

  test('refuses in its own words', async () => {
    const ask = (...argv: string[]) => plumbline(['compare', '--url', url, ...argv]);
    expect(await ask('--from', seconds(-5))).toMatchObject({
      code: 2,
      err: `PLB_REQUEST_INVALID: Nothing is known before ${seconds(0)}; give a later from.\n`,
    });
    expect((await ask()).err).toContain('PLB_REQUEST_INVALID: Say what to compare');
    expect((await ask('--from', 'now', '--token-file', '/nowhere')).err).toContain('/nowhere cannot be read (ENOENT)');
  });

  test('gets the token that it asks for', async () => {
    const digest = createHash('sha256').update('secret').digest('hex');
    const closed = await serve({ access: readAccess(`ann:${digest}:viewer\n`, 'tokens') });
    await closed.settle();
    const address = await closed.server.listen({ host: '127.0.0.1', port: 0 });
    const ask = (...argv: string[]) => plumbline(['compare', '--url', address, '--from', 'now', ...argv]);
    expect((await ask()).err).toMatch(/^PLB_UNAUTHORIZED: /);
    expect(await ask('--token-file', write('token', 'secret\n'))).toMatchObject({ code: 0, err: '' });
    await closed.close();
  });

  test('that is none, or is not there, is said', async () => {
    const other = createServer((_, response) => response.writeHead(200).end('<html>'));
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const port = (other.address() as AddressInfo).port;
    const ask = async (address: string) => (await plumbline(['compare', '--url', address, '--from', 'now'])).err;
    expect(await ask(`http://127.0.0.1:${port}`)).toContain('answered 200 and is no aggregator; give another --url.');
    await new Promise((closed) => other.close(closed));
    expect(await ask(`http://127.0.0.1:${port}`)).toContain(`http://127.0.0.1:${port} does not answer (ECONNREFUSED)`);
    expect(await ask('ftp://x')).toContain('is no URL');
    expect(await ask('nonsense')).toContain('is no URL');
  });
});
