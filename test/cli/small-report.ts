import { type Status, summarize } from '@plumbline/core';
import type { AuditReport, ReportFinding } from '../../cli/src/audit/report.ts';

const base = {
  severity: 'high',
  level: '1',
  by: 'automated',
  subject: 'kube-apiserver@/etc/kubernetes/manifests/kube-apiserver.yaml',
  evidence: [],
} as const;

/** One finding of each status, over three sections, one control with two subjects. */
export const smallFindings: readonly ReportFinding[] = [
  {
    ...base,
    number: '1.2.1',
    control: 'apiserver-anonymous-auth',
    title: 'Anonymous requests to the API server are off',
    status: 'fail',
    reason: 'not-as-expected',
    message: 'anonymous-auth is true (default of 1.34), expected false',
    evidence: [
      {
        fact: 'setting anonymous-auth',
        subject: base.subject,
        actual: 'true',
        expected: 'false',
        origin: { kind: 'default', version: '1.34' },
      },
    ],
    remedy:
      'Set --anonymous-auth=false in the manifest of kube-apiserver. The kubelet restarts the static pod by itself.',
  },
  {
    ...base,
    number: '1.2.15',
    control: 'apiserver-profiling',
    title: 'Profiling endpoint of the API server is off',
    status: 'pass',
    reason: 'as-expected',
    message: 'profiling is false (flag --profiling of pid 812), expected false',
    evidence: [
      {
        fact: 'setting profiling',
        subject: base.subject,
        actual: 'false',
        expected: 'false',
        origin: { kind: 'flag', key: 'profiling', pid: 812 },
      },
    ],
    remedy: 'Set --profiling=false.',
  },
  {
    ...base,
    number: '1.3.1',
    control: 'controller-manager-pod-gc',
    by: 'manual',
    title: 'Garbage collection of terminated pods fits the cluster',
    status: 'warn',
    reason: 'needs-a-person',
    message: 'The threshold is 12500; a person decides whether that fits.',
    subject: 'kube-controller-manager@/etc/kubernetes/manifests/kube-controller-manager.yaml',
    remedy: 'Set --terminated-pod-gc-threshold to a value that fits.',
  },
  {
    ...base,
    number: '2.7',
    control: 'etcd-own-ca',
    title: 'etcd has a certificate authority of its own',
    status: 'error',
    reason: 'file-unreadable',
    message: '/etc/kubernetes/pki/etcd/ca.crt: denied',
    subject: 'etcd@/etc/kubernetes/manifests/etcd.yaml',
    remedy: 'Create an authority for etcd.',
  },
  {
    ...base,
    number: '4.1.3',
    control: 'kube-proxy-kubeconfig',
    title: 'Kubeconfig of kube-proxy is closed to others',
    status: 'not-applicable',
    reason: 'no-such-file',
    message: 'no such file; looked for /var/lib/kube-proxy/kubeconfig',
    subject: 'kube-proxy@kube-system/kube-proxy',
    remedy: 'Run chmod 600 on the file.',
  },
  {
    ...base,
    number: '4.2.1',
    control: 'kubelet-anonymous-auth',
    title: 'Anonymous requests to the kubelet are off',
    status: 'pass',
    reason: 'as-expected',
    message: 'authentication.anonymous.enabled is false',
    subject: 'kubelet@kubelet.service',
    remedy: 'Set authentication.anonymous.enabled to false.',
  },
  {
    ...base,
    number: '4.2.1',
    control: 'kubelet-anonymous-auth',
    title: 'Anonymous requests to the kubelet are off',
    status: 'fail',
    reason: 'not-as-expected',
    message: 'authentication.anonymous.enabled is true (file /var/lib/kubelet/config.yaml), expected false',
    subject: 'kubelet@second.service',
    remedy: 'Set authentication.anonymous.enabled to false.',
  },
];

const counts = (pass: number, fail: number, warn: number, error: number, notApplicable: number) =>
  summarize([
    ...Array<Status>(pass).fill('pass'),
    ...Array<Status>(fail).fill('fail'),
    ...Array<Status>(warn).fill('warn'),
    ...Array<Status>(error).fill('error'),
    ...Array<Status>(notApplicable).fill('not-applicable'),
  ]);

/** A report as `audit` makes it, small enough to read. */
export const smallReport: AuditReport = {
  program: '0.1.0',
  benchmark: 'cis/kubernetes-1.12',
  benchmarkMatch: 'nearest',
  scope: 'node',
  node: 'cp-1',
  roles: ['control-plane', 'etcd', 'node'],
  platform: 'kubeadm',
  exclusions: [],
  controls: [],
  kubernetesVersion: '1.99',
  kubernetesVersionFrom: 'given',
  reading: 'effective',
  documents: [
    {
      benchmark: 'cis/kubernetes-1.12',
      benchmarkMatch: 'nearest',
      version: '1.12',
      title: 'CIS Kubernetes Benchmark 1.12',
      kubernetesVersion: '1.99',
      sections: [
        { section: '1', title: 'Control plane components' },
        { section: '2', title: 'etcd' },
        { section: '4', title: 'Worker nodes' },
      ],
    },
  ],
  notes: [
    'No document covers Kubernetes 1.99. cis/kubernetes-1.12 (1.32 to 1.34) is the nearest; its numbers may not fit.',
  ],
  summary: {
    ...counts(1, 2, 1, 1, 1),
    sections: { '1': counts(1, 1, 1, 0, 0), '2': counts(0, 0, 0, 1, 0), '4': counts(0, 1, 0, 0, 1) },
  },
  findings: smallFindings,
};

/** The small report with other findings. */
export function reportWith(findings: readonly ReportFinding[]): AuditReport {
  return { ...smallReport, findings };
}
