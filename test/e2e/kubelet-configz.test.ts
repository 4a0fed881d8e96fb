import { readFileSync } from 'node:fs';
import { observeNode, realHost } from '@plumbline/agent';
import { at, type Json, nodeView, type SettingValue, settingsOf } from '@plumbline/core';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { shippedPack } from '../pack.ts';
import { cluster, configz, nodeName, until } from './lib/cluster.ts';
import { type Undo, write } from './lib/undo.ts';

/**
 * Property (needs.md 2): over random combinations of flags, configuration file and drop-ins our effective settings equal what the
 * real kubelet serves on /configz. Access stays open (client CA and an authorization that the API server passes).
 */

const config = '/var/lib/kubelet/config.yaml';
const extraArgs = '/etc/default/kubelet';
const dropIns = '/etc/kubernetes/kubelet.conf.d';
const unitDropIn = '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf';
const pack = shippedPack();
const base = parse(readFileSync(config, 'utf8')) as Record<string, unknown>;
const undos: Undo[] = [
  write(config, readFileSync(config, 'utf8')),
  write(extraArgs, readFileSync(extraArgs, 'utf8')),
  write(unitDropIn, readFileSync(unitDropIn, 'utf8')),
];

afterAll(() => {
  for (const undo of undos.reverse()) undo();
  cluster('restart-kubelet');
}, 120_000);

const bool = fc.boolean();
// HTTP/2 wants this suite: without it the kubelet does not serve at all.
const needed = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
const suites = fc
  .subarray(['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'])
  .map((more) => [needed, ...more]);

/** Field → values it takes in files and drop-ins. */
const fields = {
  'authentication.anonymous.enabled': bool,
  'authorization.mode': fc.constantFrom('Webhook', 'AlwaysAllow'),
  readOnlyPort: fc.constantFrom(0, 10255),
  streamingConnectionIdleTimeout: fc.constantFrom('0s', '5m', '1h30m0s'),
  makeIPTablesUtilChains: bool,
  eventRecordQPS: fc.constantFrom(0, 5, 77),
  tlsCipherSuites: suites,
  tlsMinVersion: fc.constantFrom('VersionTLS12', 'VersionTLS13'),
  rotateCertificates: bool,
  podPidsLimit: fc.constantFrom(-1, 4096, 100),
  seccompDefault: bool,
  'featureGates.RotateKubeletServerCertificate': bool,
} as const;

const document = fc
  .record(fields, { requiredKeys: [] })
  .map((flat) =>
    Object.entries(flat).reduce((tree, [path, value]) => put(tree, path, value), {} as Record<string, unknown>),
  );

const flags = fc.record(
  {
    'anonymous-auth': bool,
    'authorization-mode': fc.constantFrom('Webhook', 'AlwaysAllow'),
    'read-only-port': fc.constantFrom('0', '10255'),
    'streaming-connection-idle-timeout': fc.constantFrom('10m', '2h'),
    make_iptables_util_chains: bool,
    'event-qps': fc.constantFrom('0', '9'),
    'tls-cipher-suites': suites.map((list) => list.join(',')),
    'rotate-certificates': bool,
    'pod-max-pids': fc.constantFrom('-1', '0x800'),
    'feature-gates': bool.map((on) => `RotateKubeletServerCertificate=${on}`),
  },
  { requiredKeys: [] },
);

const combination = fc.record({
  withConfig: fc.constantFrom(true, true, false),
  file: document,
  first: document,
  second: document,
  useDropIns: bool,
  flags,
});

// --seccomp-default is not tried: it is in force (combined with the field by OR) but never shown on /configz.

/** What a kubelet without a configuration file needs to run on this node at all. */
const bare = [
  '--pod-manifest-path=/etc/kubernetes/manifests',
  '--client-ca-file=/etc/kubernetes/pki/ca.crt',
  '--authentication-token-webhook=true',
  '--container-runtime-endpoint=unix:///run/containerd/containerd.sock',
  '--cgroup-driver=cgroupfs',
  '--fail-cgroupv1=false',
];

const rounds = Number(process.env['PLUMBLINE_CONFIGZ_ROUNDS'] ?? 8);
const samples = fc.sample(combination, { numRuns: rounds, seed: Number(process.env['PLUMBLINE_SEED'] ?? 20261123) });

test.each(samples.map((sample, index) => ({ index, sample })))(
  'effective settings equal /configz, combination $index',
  { timeout: 180_000 },
  async ({ sample }) => {
    write(config, stringify(merge(base, sample.file)));
    const header = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' };
    if (undos.length === 3)
      undos.push(
        write(`${dropIns}/00-first.conf`, ''),
        write(`${dropIns}/sub/10-second.conf`, ''),
        write(`${dropIns}/20-ignored.yaml`, 'podPidsLimit: 7\n'),
      );
    write(`${dropIns}/00-first.conf`, stringify({ ...header, ...sample.first }));
    write(`${dropIns}/sub/10-second.conf`, stringify({ ...header, ...sample.second }));
    write(
      unitDropIn,
      readUnit().replace(
        /KUBELET_CONFIG_ARGS=[^"]*"/,
        `KUBELET_CONFIG_ARGS=${sample.withConfig ? `--config=${config}` : ''}"`,
      ),
    );
    const given = Object.entries(sample.flags).map(([name, value]) => `--${name}=${value}`);
    const args = [
      ...(sample.withConfig ? [] : bare),
      ...(sample.useDropIns ? [`--config-dir=${dropIns}`] : []),
      ...given,
    ];
    write(extraArgs, `KUBELET_EXTRA_ARGS=${JSON.stringify(args.join(' '))}\n`);
    cluster('restart-kubelet');
    const node = nodeName();
    const real = await until(60, 'the kubelet serves /configz', () => configz(node));
    const observations = await observeNode({
      host: realHost('/'),
      pack,
      clock: () => new Date().toISOString(),
      versions: { kubelet: '1.34' },
    });
    const view = nodeView(node, observations);
    const instance = view.all('process').find((one) => one.subject.startsWith('kubelet@'))?.subject ?? '';
    const ours = settingsOf({
      view,
      instance,
      component: 'kubelet',
      minor: { major: 1, minor: 34 },
      defaults: pack.defaults,
      kinds: pack.kinds,
    });
    const keys = [
      'authentication.anonymous.enabled',
      'authentication.webhook.enabled',
      'authentication.x509.clientCAFile',
      'authorization.mode',
      'readOnlyPort',
      'streamingConnectionIdleTimeout',
      'protectKernelDefaults',
      'makeIPTablesUtilChains',
      'eventRecordQPS',
      'tlsCertFile',
      'tlsPrivateKeyFile',
      'tlsCipherSuites',
      'tlsMinVersion',
      'rotateCertificates',
      'serverTLSBootstrap',
      'podPidsLimit',
      'seccompDefault',
      'staticPodPath',
      'featureGates',
    ];
    const difference = keys.flatMap((key) => {
      const setting = ours.get(key);
      const mine = setting.known ? norm(setting.value) : `unknown: ${setting.reason} ${setting.detail}`;
      const theirs = norm((at(real as Json, key) ?? null) as SettingValue);
      return JSON.stringify(mine) === JSON.stringify(theirs) ? [] : [{ key, mine, theirs, args }];
    });
    expect(difference).toEqual([]);
  },
);

function readUnit(): string {
  return readFileSync(unitDropIn, 'utf8');
}

/** /configz leaves out empty values and writes durations in full. */
function norm(value: SettingValue): unknown {
  // The kubelet puts the pair that it generates into the configuration that it serves.
  if (typeof value === 'string' && /^\/var\/lib\/kubelet\/pki\/kubelet\.(crt|key)$/.test(value)) return null;
  if (value === null || value === '' || value === false || value === 0) return null;
  if (Array.isArray(value)) return value.length === 0 ? null : value;
  if (typeof value === 'object') return Object.keys(value).length === 0 ? null : value;
  return typeof value === 'string' && /^\d+[hms]/.test(value) ? seconds(value) : value;
}

function seconds(text: string): number {
  const unit = { h: 3600, m: 60, s: 1 } as const;
  return [...text.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, count, name]) => sum + Number(count) * unit[name as 'h'],
    0,
  );
}

function put(tree: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> {
  const [head = '', ...rest] = path.split('.');
  return {
    ...tree,
    [head]: rest.length === 0 ? value : put((tree[head] ?? {}) as Record<string, unknown>, rest.join('.'), value),
  };
}

function merge(lower: Record<string, unknown>, upper: Record<string, unknown>): Record<string, unknown> {
  const out = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    const both = isTree(out[key]) && isTree(value);
    out[key] = both ? merge(out[key] as Record<string, unknown>, value as Record<string, unknown>) : value;
  }
  return out;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
