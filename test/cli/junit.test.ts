import { describe, expect, it } from 'vitest';
import { create } from 'xmlbuilder2';
import { junit } from '../../cli/src/formats/junit.ts';
import { reportWith, smallFindings, smallReport } from './small-report.ts';

interface Suite {
  readonly '@name': string;
  readonly '@tests': string;
  readonly '@failures': string;
  readonly '@skipped': string;
}

describe('JUnit', () => {
  const xml = junit(smallReport);

  it('is well-formed and counts each suite', () => {
    const root = create(xml).end({ format: 'object' }) as unknown as { testsuites: { testsuite: Suite[] } };
    expect(
      root.testsuites.testsuite.map((one) => [one['@name'], one['@tests'], one['@failures'], one['@skipped']]),
    ).toEqual([
      ['1 Control plane components', '3', '1', '1'],
      ['2 etcd', '1', '0', '1'],
      ['4 Worker nodes', '3', '1', '1'],
    ]);
  });

  it('gives a failure the remedy as message and the evidence as text', () => {
    expect(xml).toContain(
      '<testcase name="1.2.1 Anonymous requests to the API server are off" classname="1.2" time="0">',
    );
    expect(xml).toContain('<failure message="Set --anonymous-auth=false in the manifest of kube-apiserver.');
    expect(xml).toContain('anonymous-auth: true (default of 1.34), expected false');
  });

  it('skips what was not judged or not decided, with the reason', () => {
    expect(xml).toContain('<skipped message="error: file-unreadable: /etc/kubernetes/pki/etcd/ca.crt: denied"/>');
    expect(xml).toContain('<skipped message="warn: needs-a-person: The threshold is 12500;');
    expect(xml).toContain('<skipped message="not-applicable: no-such-file:');
  });

  it('names the subject where a control has several', () => {
    expect(xml).toContain('name="4.2.1 Anonymous requests to the kubelet are off [kubelet@second.service]"');
  });

  it('stays well-formed with characters that XML forbids', () => {
    const [fail] = smallFindings;
    if (!fail) throw new Error('no finding');
    const hostile = '\u0000\u0008\u001b]]></failure>&<"\'\ufffe\ud800\u202e';
    const text = junit(reportWith([{ ...fail, message: hostile, remedy: hostile, subject: hostile, reason: hostile }]));
    expect(() => create(text)).not.toThrow();
    expect(text).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cn}\p{Cs}]/u);
    expect(text).toContain('\\u{1b}');
  });
});
