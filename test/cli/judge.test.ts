import { chooseDocuments, type Observation, type Pack } from '@plumbline/core';
import { describe, expect, it } from 'vitest';
import { judgeObservations, versionsOf } from '../../cli/src/audit/judge.ts';
import { reached } from '../../cli/src/audit/threshold.ts';
import { formats } from '../../cli/src/formats/format.ts';
import { json } from '../../cli/src/formats/json.ts';
import { plain } from '../../cli/src/text/paint.ts';
import { observationsOf } from '../cases/world.ts';
import { shippedPack } from '../pack.ts';

const at = '2026-01-01T00:00:00.000Z';
const shipped = shippedPack();

/** The shipped rules under two small documents, so that the tests stay readable. */
const pack: Pack = {
  ...shipped,
  benchmarks: [document('1.11', null, '1.29', '1.32'), document('1.12', 'cis/kubernetes-1.11', '1.33', '1.34')],
};

function document(version: string, follows: string | null, from: string, to: string): Pack['benchmarks'][number] {
  const line = { level: '1', by: 'automated' } as const;
  return {
    benchmark: `cis/kubernetes-${version}`,
    title: `CIS Kubernetes Benchmark ${version}`,
    version,
    published: '2024',
    follows,
    kubernetes: { from, to },
    total: '3',
    sections: { '1': { title: 'Control plane', total: '2' }, '4': { title: 'Nodes', total: '1' } },
    controls: [
      { ...line, number: '1.1.1', control: 'apiserver-manifest-permissions', role: 'control-plane' },
      { ...line, number: '1.2.15', control: 'apiserver-profiling', role: 'control-plane' },
      { ...line, number: '4.2.1', control: 'kubelet-anonymous-auth', role: 'node' },
    ],
  };
}

const observations = observationsOf({
  class: 'pass',
  says: 'one API server with an open manifest',
  run: { 'kube-apiserver': { argv: ['--profiling=false'] } },
  files: { 'kube-apiserver.manifest': [{ path: '/etc/kubernetes/manifests/kube-apiserver.yaml', mode: '0644' }] },
  expect: { status: 'pass' },
});

interface Given {
  readonly kubernetesVersion?: string;
  readonly kubeletVersion?: string;
  readonly nodeName?: string;
}

function judge({ nodeName, ...given }: Given = {}, seen: readonly Observation[] = observations) {
  const versions = versionsOf(given);
  return judgeObservations({
    pack,
    observations: seen,
    versions,
    reading: 'effective',
    now: at,
    ...(nodeName === undefined ? {} : { nodeName }),
  });
}

describe('the JSON report', () => {
  it('has exactly this shape', () => {
    const { report } = judge({ kubernetesVersion: 'v1.34.4', nodeName: 'cp-1' });
    const parsed = JSON.parse(json(report));
    expect(Object.keys(parsed)).toEqual([
      'benchmark',
      'benchmarkMatch',
      'scope',
      'node',
      'roles',
      'platform',
      'exclusions',
      'kubernetesVersion',
      'kubernetesVersionFrom',
      'reading',
      'program',
      'documents',
      'notes',
      'summary',
      'controls',
      'findings',
    ]);
    expect(parsed).toMatchObject({
      benchmark: 'cis/kubernetes-1.12',
      benchmarkMatch: 'exact',
      node: 'cp-1',
      roles: ['control-plane', 'node'],
      kubernetesVersion: '1.34.4',
      kubernetesVersionFrom: 'given',
      summary: { total: 3, pass: 1, fail: 1, error: 1, warn: 0, notApplicable: 0, score: 1 / 3, coverage: 2 / 3 },
    });
    expect(parsed.findings[0]).toEqual({
      number: '1.1.1',
      control: 'apiserver-manifest-permissions',
      title: shipped.controls.get('apiserver-manifest-permissions')?.title,
      status: 'fail',
      reason: 'not-as-expected',
      message: expect.stringContaining('0644'),
      severity: 'high',
      level: '1',
      by: 'automated',
      subject: 'kube-apiserver@/etc/kubernetes/manifests/kube-apiserver.yaml',
      evidence: [
        {
          fact: 'file',
          subject: '/etc/kubernetes/manifests/kube-apiserver.yaml',
          actual: '0644',
          expected: expect.stringContaining('0600'),
          origin: { kind: 'stat', path: '/etc/kubernetes/manifests/kube-apiserver.yaml' },
        },
      ],
      remedy: shipped.controls.get('apiserver-manifest-permissions')?.remedy,
      ruleset: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it('says both documents where section 4 follows another one', () => {
    const { report } = judge({ kubernetesVersion: '1.34', kubeletVersion: '1.31' });
    expect(
      report.documents.map((one) => [one.benchmark, one.kubernetesVersion, one.sections.map((s) => s.section)]),
    ).toEqual([
      ['cis/kubernetes-1.12', '1.34', ['1']],
      ['cis/kubernetes-1.11', '1.31', ['4']],
    ]);
    expect(report.notes[0]).toBe(
      'Section 4 follows cis/kubernetes-1.11, the other sections follow cis/kubernetes-1.12.',
    );
  });

  it('takes the nearest document for a version of the future and says so', () => {
    const { report } = judge({ kubernetesVersion: '1.99' });
    expect(report.benchmarkMatch).toBe('nearest');
    expect(report.notes[0]).toMatch(
      /^No document covers Kubernetes 1\.99\. cis\/kubernetes-1\.12 \(1\.33 to 1\.34\) is the nearest/,
    );
  });

  it('knows no version that nobody gave', () => {
    const { report } = judge();
    expect(report).toMatchObject({
      benchmarkMatch: 'version-unknown',
      kubernetesVersion: null,
      kubernetesVersionFrom: null,
    });
    expect(report.notes[0]).toContain('Give --kubernetes-version.');
  });

  const tagged = [
    ...observations.filter((one) => one.fact !== 'manifest'),
    {
      fact: 'manifest',
      subject: 'kube-apiserver@/etc/kubernetes/manifests/kube-apiserver.yaml',
      state: 'observed',
      value: { path: '/m', image: 'registry.k8s.io/kube-apiserver:v1.31.2', argv: [] },
      observedAt: at,
    } as const,
  ];

  it('takes the version of the manifests where nobody gives one, and says so in every format', () => {
    const { report } = judge({}, tagged);
    expect(report).toMatchObject({
      benchmark: 'cis/kubernetes-1.11',
      benchmarkMatch: 'exact',
      kubernetesVersion: '1.31.2',
      kubernetesVersionFrom: 'manifest',
      notes: [
        "Kubernetes 1.31.2 is the image tag in the control plane's manifests of this node. Nobody says the kubelet's; --kubernetes-version gives the whole report.",
      ],
    });
    const sheet = { width: 120, paint: plain };
    expect(formats.table(report, sheet)).toContain("Kubernetes 1.31.2 (by the manifests' image tag)");
    expect(formats.junit(report)).toContain('name="kubernetesVersionFrom" value="manifest"');
    const { Controls } = JSON.parse(formats['kube-bench'](report));
    expect(Controls[0]).toMatchObject({ detected_version: '1.31', text: expect.stringContaining('image tag') });
  });

  it.each([
    [{ kubernetesVersion: '1.34' }, '1.34', 'given'],
    [{ kubeletVersion: '1.30' }, '1.31.2', 'manifest'],
  ])('what is given for the control plane is heard first: %o', (given, kubernetesVersion, from) => {
    expect(judge(given, tagged).report).toMatchObject({ kubernetesVersion, kubernetesVersionFrom: from });
  });

  it('says when only the version of the kubelet is known', () => {
    const { report } = judge({ kubeletVersion: '1.31' });
    expect(report).toMatchObject({ kubernetesVersion: '1.31', kubernetesVersionFrom: 'kubelet' });
  });
});

describe('what cannot be audited', () => {
  it.each(['latest', '1', 'v1.x'])('refuses %s as a version', (kubernetesVersion) => {
    expect(() => judge({ kubernetesVersion })).toThrow(expect.objectContaining({ code: 'PLB_VERSION_INVALID' }));
  });

  it('refuses a node whose processes nobody may see', () => {
    const blind = observationsOf({
      class: 'hostile',
      says: 'blind',
      components: 'denied',
      expect: { status: 'error' },
    });
    expect(() => judge({}, blind)).toThrow(expect.objectContaining({ code: 'PLB_HOST_ROOT' }));
  });
});

describe('--fail-on', () => {
  const { findings } = judge({ kubernetesVersion: '1.34' });
  const only = (status: string) => findings.filter((one) => one.status === status);

  it('counts what is as bad or worse', () => {
    expect(reached(findings, undefined)).toBe(false);
    expect(reached(only('fail'), 'fail')).toBe(true);
    expect(reached(only('error'), 'fail')).toBe(false);
    expect(reached(only('error'), 'error')).toBe(true);
    expect(reached(only('error'), 'warn')).toBe(true);
    expect(reached(only('pass'), 'warn')).toBe(false);
  });
});

it('chooses a shipped document for every minor it knows', () => {
  expect(shipped.benchmarks).toHaveLength(13);
  for (const one of shipped.benchmarks) {
    expect(chooseDocuments(shipped, { kubelet: one.kubernetes.to }).node.match).toBe('exact');
  }
});
