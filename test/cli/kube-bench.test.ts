import { describe, expect, it } from 'vitest';
import { kubeBench } from '../../cli/src/formats/kube-bench.ts';
import { reportWith, smallFindings, smallReport } from './small-report.ts';

const output = JSON.parse(kubeBench(smallReport));

describe('kube-bench JSON', () => {
  it('has the keys that consumers read, in their order', () => {
    expect(Object.keys(output)).toEqual(['Controls', 'Totals']);
    expect(Object.keys(output.Controls[0])).toEqual([
      'id',
      'version',
      'detected_version',
      'text',
      'node_type',
      'tests',
      'total_pass',
      'total_fail',
      'total_warn',
      'total_info',
    ]);
    expect(Object.keys(output.Controls[0].tests[0])).toEqual([
      'section',
      'type',
      'pass',
      'fail',
      'warn',
      'info',
      'desc',
      'results',
    ]);
    expect(Object.keys(output.Controls[0].tests[0].results[0])).toEqual([
      'test_number',
      'test_desc',
      'audit',
      'AuditEnv',
      'AuditConfig',
      'type',
      'remediation',
      'test_info',
      'status',
      'actual_value',
      'scored',
      'IsMultiple',
      'expected_result',
      'reason',
    ]);
  });

  it('groups by section and names the node types', () => {
    const shape = output.Controls.map((one: { id: string; node_type: string; tests: { section: string }[] }) => [
      one.id,
      one.node_type,
      one.tests.map((test) => test.section),
    ]);
    expect(shape).toEqual([
      ['1', 'master', ['1.2', '1.3']],
      ['2', 'etcd', ['2']],
      ['4', 'node', ['4.1', '4.2']],
    ]);
    expect(output.Controls[0]).toMatchObject({ version: 'cis-1.12', detected_version: '1.99' });
    expect(output.Controls[0].text).toBe('Control plane components (cis/kubernetes-1.12: nearest)');
  });

  it('writes one failure out in full', () => {
    expect(output.Controls[0].tests[0].results[0]).toEqual({
      test_number: '1.2.1',
      test_desc: 'Anonymous requests to the API server are off (Automated)',
      audit: 'default of 1.34',
      AuditEnv: '',
      AuditConfig: '',
      type: '',
      remediation: smallFindings[0]?.remedy,
      test_info: [smallFindings[0]?.remedy],
      status: 'FAIL',
      actual_value: 'anonymous-auth: true (default of 1.34)',
      scored: true,
      IsMultiple: false,
      expected_result: 'false',
      reason: '',
    });
  });

  it('maps error and warn to WARN with the reason, not-applicable to INFO, and counts controls, not subjects', () => {
    const results = output.Controls.flatMap((one: { tests: { results: unknown[] }[] }) =>
      one.tests.flatMap((test) => test.results),
    );
    expect(
      results.map((one: Record<string, string>) => [one['test_number'], one['status'], one['type'], one['reason']]),
    ).toEqual([
      ['1.2.1', 'FAIL', '', ''],
      ['1.2.15', 'PASS', '', ''],
      ['1.3.1', 'WARN', 'manual', 'needs-a-person: The threshold is 12500; a person decides whether that fits.'],
      ['2.7', 'WARN', '', 'file-unreadable: /etc/kubernetes/pki/etcd/ca.crt: denied'],
      ['4.1.3', 'INFO', 'skip', 'no-such-file: no such file; looked for /var/lib/kube-proxy/kubeconfig'],
      ['4.2.1', 'FAIL', '', ''],
    ]);
    expect(output.Totals).toEqual({ total_pass: 1, total_fail: 2, total_warn: 2, total_info: 1 });
  });

  it('warns where a control that the document leaves to people fails', () => {
    const [fail] = smallFindings;
    if (!fail) throw new Error('no finding');
    const manual = JSON.parse(kubeBench(reportWith([{ ...fail, by: 'manual' }])));
    expect(manual.Controls[0].tests[0].results[0]).toMatchObject({
      status: 'WARN',
      scored: false,
      reason: 'not-as-expected: anonymous-auth is true (default of 1.34), expected false',
    });
  });
});
