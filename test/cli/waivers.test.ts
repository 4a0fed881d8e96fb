import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditReport } from '../../cli/src/audit/report.ts';
import { type Served, serve } from '../aggregator/api/served.ts';
import { observations, send } from '../aggregator/world.ts';
import { plumbline } from './terminal.ts';

const home = mkdtempSync(join(tmpdir(), 'plumbline-waivers-'));
afterAll(() => rmSync(home, { recursive: true }));
const node = join(import.meta.dirname, '..', 'nodes', 'kubeadm-control-plane.yaml');
const fileOf = (name: string, text: string) => {
  const file = join(home, name);
  writeFileSync(file, text);
  return file;
};
const entry = (control: string, more = '') =>
  `  - {control: ${control}, kind: accepted-risk, owner: Jane Doe, reason: Replaced in spring., expires: "2026-06-01"${more}}\n`;
const audit = async (...argv: readonly string[]) => plumbline(['audit', '--node', node, ...argv]);
const reportOf = async (...argv: readonly string[]): Promise<AuditReport> =>
  JSON.parse((await audit('--format', 'json', ...argv)).out);

describe('needs 8: audit --waivers', () => {
  let raw: AuditReport;
  let control: string;
  beforeAll(async () => {
    raw = await reportOf();
    control = raw.controls.find((one) => one.status === 'fail')?.control ?? '';
  });

  test('raw numbers and verdicts stay, and the adjusted ones stand beside them', async () => {
    const report = await reportOf('--waivers', fileOf('one.yaml', `waivers:\n${entry(control)}`));
    const { waived: _w, attested: _a, adjusted: _d, sections: _s, ...numbers } = raw.summary;
    expect(report.summary).toMatchObject({ ...numbers, waived: 1, attested: 0 });
    expect(report.summary.adjusted.fail).toBe(raw.summary.fail - 1);
    expect(report.findings.map((one) => one.status)).toEqual(raw.findings.map((one) => one.status));
    const own = report.findings.filter((one) => one.control === control && one.status === 'fail');
    expect(own.length).toBeGreaterThan(0);
    for (const one of own) expect(one.waiver).toMatchObject({ owner: 'Jane Doe', kind: 'accepted-risk' });
    expect(report.findings.filter((one) => one.waiver)).toEqual(own);
    expect(report.controls.find((one) => one.control === control)).toMatchObject({
      status: 'fail',
      adjusted: 'waived',
    });
    expect(report.decisions).toMatchObject([{ type: 'waiver', state: 'active', covers: own.length }]);
  });

  test('--fail-on follows it: with every failing control waived a run ends with 0, and without with 1', async () => {
    const failing = raw.controls.filter((one) => one.status === 'fail').map((one) => entry(one.control));
    const file = fileOf('all.yaml', `waivers:\n${failing.join('')}`);
    expect((await audit('--fail-on', 'fail')).code).toBe(1);
    expect((await audit('--fail-on', 'fail', '--waivers', file)).code).toBe(0);
  });

  test('what does not cover anything is said: expired, unused, ineffective', async () => {
    const passing = raw.controls.find((one) => one.status === 'pass')?.control ?? '';
    const text = `waivers:\n${[
      entry(control).replace('2026-06-01', '2025-06-01'),
      entry(control, ', node: elsewhere'),
      entry(passing),
      entry(control, ', nodeSelector: "!gpu"'),
    ].join('')}`;
    const { out } = await audit('--waivers', fileOf('none.yaml', text));
    const flat = out.replaceAll(/\s+/g, ' ');
    expect(flat).toContain(`none.yaml:2 on ${control} is expired`);
    expect(flat).toContain(`none.yaml:3 on ${control} is unused`);
    expect(flat).toContain(`none.yaml:4 on ${passing} is ineffective`);
    // Nobody knows the labels of this node, so nothing is selected by them.
    expect(flat).toContain(`none.yaml:5 on ${control} is unused`);
    expect(flat).toMatch(/With waivers: score .* 0 waived, 0 attested/);
  });

  test('table, JUnit and kube-bench keep the raw status and mark it', async () => {
    const file = fileOf('formats.yaml', `waivers:\n${entry(control)}`);
    const mark = 'waived (accepted-risk) until 2026-06-01 by Jane Doe: Replaced in spring.';
    const table = (await audit('--waivers', file)).out;
    expect(table.replaceAll(/\s+/g, ' ')).toContain(mark);
    expect(table).toContain('FAIL');
    const [junit, plain] = [await audit('--format', 'junit', '--waivers', file), await audit('--format', 'junit')];
    expect(junit.out).toContain(`[${mark}]`);
    const failures = (text: string) => /failures="(\d+)"/.exec(text)?.[1];
    expect(failures(junit.out)).toBe(failures(plain.out));
    const bench = async (...argv: readonly string[]) =>
      JSON.parse((await audit('--format', 'kube-bench', ...argv)).out) as { Totals: object };
    const marked = await bench('--waivers', file);
    expect(marked.Totals).toEqual((await bench()).Totals);
    expect(JSON.stringify(marked)).toContain(mark);
  });

  test('two reports of which only the later has the waiver: waived, not fixed', async () => {
    const file = fileOf('compare.yaml', `waivers:\n${entry(control)}`);
    const [before, after] = [join(home, 'before.json'), join(home, 'after.json')];
    await audit('--format', 'json', '--output', before);
    await audit('--format', 'json', '--output', after, '--waivers', file);
    const { out } = await plumbline(['compare', before, after, '--format', 'json']);
    const { deltas, controls } = JSON.parse(out) as { deltas: Record<string, number>; controls: { delta: string }[] };
    expect(deltas).toMatchObject({ fixed: 0, changed: 0 });
    expect(deltas['waived']).toBeGreaterThan(0);
    expect(controls.map((one) => one.delta)).toEqual(['waived']);
  });

  test('mistakes have file and line, and nothing is audited', async () => {
    const file = fileOf('wrong.yaml', `waivers:\n${entry(control)}${entry('nothing')}`);
    const { code, out, err } = await audit('--waivers', file);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(`PLB_CONFIG_INVALID: ${file}:3: control: there is no control nothing\n`);
    expect((await audit('--waivers', join(home, 'gone.yaml'))).err).toContain('cannot be read (ENOENT)');
  });
});

describe('needs 8: plumbline waive', () => {
  let served: Served;
  let url: string;
  beforeAll(async () => {
    served = await serve();
    send(served.store, 'one', observations({ mode: '0644' }), 0);
    await served.settle();
    url = await served.server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => served.close());
  const waive = (...argv: readonly string[]) => plumbline(['waive', '--server', url, ...argv]);
  const words = ['--control', 'kubelet-mode', '--reason', 'Spring.', '--owner', 'Jane Doe', '--expires', '2026-06-01'];

  test('makes, lists and removes', async () => {
    expect(await waive('--list')).toMatchObject({ code: 0, out: 'There is no waiver.\n' });
    const made = await waive(...words, '--node', 'one', '--kind', 'mitigated', '--compensating', 'A firewall.');
    expect(made).toEqual({ code: 0, err: '', out: expect.stringContaining('1  active  kubelet-mode · node one') });
    expect((await waive('--list')).out).toBe(made.out);
    expect(made.out).toContain('It covers 1 finding.');
    expect(JSON.parse((await waive('--list', '--format', 'json')).out)).toMatchObject({
      waivers: [{ id: '1', compensating: 'A firewall.', matches: { covers: 1 } }],
    });
    expect(await waive('--remove', '1')).toMatchObject({ code: 0, out: 'Waiver 1 is removed.\n' });
    expect(await waive('--remove', '1')).toMatchObject({ code: 2, err: 'PLB_NOT_FOUND: There is no waiver 1.\n' });
  });

  test('what is wrong is said by the aggregator, with the field', async () => {
    expect(await waive()).toMatchObject({ code: 2, err: expect.stringContaining('Give --control') });
    const { err } = await waive(...words.with(1, '5.2.99'));
    expect(err).toBe('PLB_REQUEST_INVALID: The request is not valid: control: there is no control 5.2.99.\n');
    const without = await waive(...words.slice(0, -2));
    expect(without.err).toBe('PLB_REQUEST_INVALID: The parameter expires is missing.\n');
  });
});
