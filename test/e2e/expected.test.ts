import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { audit } from './lib/audit.ts';
import { configz, nodeName } from './lib/cluster.ts';

/**
 * What an expert says of a node that `kubeadm init` 1.34 has just made, written down by hand from its manifests, `stat` and
 * `/configz`; every number that is not listed passes.
 */
const expected = {
  fail: [
    '1.1.12', // /var/lib/etcd is root:root, there is no etcd account
    '1.2.1', // anonymous requests are on by default
    '1.2.3', // DenyServiceExternalIPs is off by default
    '1.2.5', // no --kubelet-certificate-authority
    '1.2.9', // no EventRateLimit
    '1.2.11', // no AlwaysPullImages
    '1.2.15', // profiling is on by default
    ...['1.2.16', '1.2.17', '1.2.18', '1.2.19'], // no audit log, so none of its limits
    ...['1.2.27', '1.2.28'], // nothing is encrypted at rest
    '1.2.29', // no list of cipher suites
    '1.2.30', // tokens are extended by default
    '1.3.2', // profiling of the controller manager is on by default
    '1.4.1', // profiling of the scheduler is on by default
    '4.1.1', // unit and drop-in are 0644
    '4.1.9', // config.yaml is 0644
    '4.2.9', // the kubelet serves with a certificate that it signed itself
    '4.2.12', // no list of cipher suites
    '4.2.13', // no limit of processes
    '4.2.14', // seccompDefault is false
  ],
  warn: ['4.2.11'], // the gate is on, serverTLSBootstrap is not
  'not-applicable': ['4.1.3', '4.1.4'], // kube-proxy's kubeconfig lives only inside its pod
  error: [],
} as const;

test('the verdicts on a fresh kubeadm node are those of an expert', async () => {
  const { findings } = await audit('cis/kubernetes-2.0');
  const numbers = (status: string) => findings.filter((one) => one.status === status).map((one) => one.number);
  for (const [status, list] of Object.entries(expected)) expect(numbers(status), status).toEqual(list);
  expect(findings).toHaveLength(92);
  expect(
    findings.filter((one) => (one.status === 'pass' || one.status === 'fail') && one.evidence.length === 0),
  ).toEqual([]);
});

test('modes and owners in evidence are those of stat', async () => {
  const { findings } = await audit();
  const lines = findings
    .flatMap((one) => one.evidence)
    .filter((one) => one.fact === 'file' && /^\d{4}$/.test(String(one.actual)));
  expect(lines.length).toBeGreaterThan(20);
  for (const { subject, actual } of lines) {
    const mode = execFileSync('stat', ['-L', '-c', '%a', subject], { encoding: 'utf8' }).trim();
    expect(`${subject} ${String(actual).replace(/^0+/, '')}`).toBe(`${subject} ${mode}`);
  }
});

test('kubelet evidence is what /configz serves', async () => {
  const { findings } = await audit();
  const real = configz(nodeName()) as {
    authentication: { anonymous: { enabled: boolean } };
    podPidsLimit: number;
    eventRecordQPS: number;
  };
  const actual = (control: string) => findings.find((one) => one.control === control)?.evidence[0]?.actual;
  expect(actual('kubelet-anonymous-auth')).toBe(real.authentication.anonymous.enabled);
  expect(actual('kubelet-pod-pids-limit')).toBe(real.podPidsLimit);
  expect(actual('kubelet-event-record-qps')).toBe(real.eventRecordQPS);
});
