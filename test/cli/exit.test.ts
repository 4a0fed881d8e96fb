import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { plumbline } from './terminal.ts';

const home = mkdtempSync(join(tmpdir(), 'plumbline-cli-'));
afterAll(() => rmSync(home, { recursive: true }));

/** A host root with one process and nothing of Kubernetes: the kubelet's controls are errors, nothing fails. */
const bareRoot = join(home, 'bare');
for (const directory of ['proc/1', 'etc']) mkdirSync(join(bareRoot, directory), { recursive: true });
for (const [name, text] of Object.entries({
  cmdline: 'init\0',
  comm: 'init\n',
  stat: '1 (init) S 0 1 1 0\n',
  cgroup: '0::/init.scope\n',
})) {
  writeFileSync(join(bareRoot, 'proc', '1', name), text);
}
mkdirSync(join(home, 'empty'));
mkdirSync(join(home, 'blind', 'proc'), { recursive: true });

describe('exit 2: it could not audit, in one sentence with a code', () => {
  it.each([
    ['no command', [], 'PLB_CONFIG_INVALID'],
    ['an unknown command', ['scan'], 'PLB_CONFIG_INVALID'],
    ['an unknown option', ['audit', '--colour'], 'PLB_CONFIG_INVALID'],
    ['an unknown format', ['audit', '--format', 'xml'], 'PLB_CONFIG_INVALID'],
    ['an unknown threshold', ['audit', '--fail-on', 'pass'], 'PLB_CONFIG_INVALID'],
    ['too many arguments', ['audit', 'node-1'], 'PLB_CONFIG_INVALID'],
    ['two places to look', ['audit', '--host-root', '/', '--node', 'x.yaml'], 'PLB_CONFIG_INVALID'],
    ['a host root that is not there', ['audit', '--host-root', join(home, 'missing')], 'PLB_HOST_ROOT'],
    ['a host root that is a file', ['audit', '--host-root', import.meta.filename], 'PLB_HOST_ROOT'],
    ['a host root that is none', ['audit', '--host-root', join(home, 'empty')], 'PLB_HOST_ROOT'],
    ['a recorded node that is not there', ['audit', '--node', join(home, 'x.yaml')], 'PLB_CONFIG_INVALID'],
    [
      'a version that is none',
      ['audit', '--host-root', bareRoot, '--kubernetes-version', 'latest'],
      'PLB_VERSION_INVALID',
    ],
    ['a host root whose processes nobody sees', ['audit', '--host-root', join(home, 'blind')], 'PLB_HOST_ROOT'],
    ['a recorded node that is none', ['audit', '--node', import.meta.filename], 'PLB_CONFIG_INVALID'],
    [
      'a recorded node that is some other document',
      ['audit', '--node', join(import.meta.dirname, '../../package-lock.json')],
      'PLB_CONFIG_INVALID',
    ],
    ['an unknown document', ['audit', '--host-root', bareRoot, '--benchmark', '9.9'], 'PLB_BENCHMARK_UNKNOWN'],
    [
      'an output that cannot be written',
      ['audit', '--host-root', bareRoot, '--output', '/proc/x/y'],
      'PLB_CONFIG_INVALID',
    ],
    ['a directory of benchmarks that is not there', ['validate', join(home, 'missing')], 'PLB_CONFIG_INVALID'],
  ])('%s', async (_says, argv, code) => {
    const ran = await plumbline(argv);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(new RegExp(`^${code}: [^\\n]+\\.\\n$`));
  });
});

describe('exit 0 and 1', () => {
  const audit = ['audit', '--host-root', bareRoot, '--kubernetes-version', '1.34', '--format', 'json'];

  it.each([
    ['no threshold', [], 0],
    ['below it', ['--fail-on', 'fail'], 0],
    ['reached', ['--fail-on', 'error'], 1],
    ['reached by something worse', ['--fail-on', 'warn'], 1],
  ])('%s', async (_says, more, code) => {
    const ran = await plumbline([...audit, ...more]);
    expect(ran).toMatchObject({ code, err: '' });
    expect(JSON.parse(ran.out).summary.error).toBeGreaterThan(0);
  });

  it.each(['table', 'json', 'kube-bench', 'junit'])('the threshold holds for %s as well', async (format) => {
    const argv = ['audit', '--host-root', bareRoot, '--kubernetes-version', '1.34', '--format', format];
    expect(await plumbline([...argv, '--fail-on', 'error'])).toMatchObject({ code: 1 });
  });

  it('says that this is no node', async () => {
    const { out } = await plumbline(audit);
    expect(JSON.parse(out).notes).toContainEqual(expect.stringContaining('looks like no Kubernetes node'));
  });

  it('writes to a file that only its owner reads', async () => {
    const file = join(home, 'report.json');
    expect(await plumbline([...audit, '--output', file])).toEqual({ code: 0, out: '', err: '' });
    expect(JSON.parse(readFileSync(file, 'utf8')).benchmark).toMatch(/^cis\//);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([['--help'], ['audit', '--help'], ['--version']])('%s', async (...argv) => {
    expect(await plumbline(argv)).toMatchObject({ code: 0, err: '' });
  });
});

describe('validate', () => {
  const shipped = join(import.meta.dirname, '..', '..', 'benchmarks');

  it('counts what is good', async () => {
    const ran = await plumbline(['validate', shipped]);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toMatch(/^\d+ controls, 13 documents, \d+ platforms: no problem\.\n$/);
  });

  it('prints each problem with file and line', async () => {
    const broken = join(home, 'benchmarks');
    cpSync(shipped, broken, { recursive: true });
    writeFileSync(join(broken, 'controls', 'apiserver', 'profiling.yaml'), 'title: Profiling is off\nseverity: bad\n');
    const ran = await plumbline(['validate', broken]);
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/benchmarks\/controls\/apiserver\/profiling\.yaml:\d+: PLB_PACK_SCHEMA: /);
    expect(ran.err).toMatch(/^\d+ problems?\.\n$/);
  });

  it('audits with nothing of a broken pack', async () => {
    const ran = await plumbline(['audit', '--host-root', bareRoot], { PLUMBLINE_BENCHMARKS: join(home, 'benchmarks') });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(/PLB_PACK_\w+: controls\/apiserver\/profiling\.yaml:\d+: /);
  });
});
