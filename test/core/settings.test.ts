import { type Json, nodeView, parseMinor, type Setting, settingsOf } from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { type CaseComponent, observationsOf } from '../cases/world.ts';
import { shippedPack } from '../pack.ts';

const pack = shippedPack();

/** The setting of one running component in the small world of a case. */
function ask(component: string, key: string, world: CaseComponent, minor?: string): Setting {
  const view = nodeView(
    'n',
    observationsOf({ class: 'pass', says: '', run: { [component]: world }, expect: { status: '' } }),
  );
  const instance = `${component}@/etc/kubernetes/manifests/${component}.yaml`;
  return settingsOf({
    view,
    instance,
    component,
    minor: parseMinor(minor),
    defaults: pack.defaults,
    kinds: pack.kinds,
  }).get(key);
}

interface Row {
  readonly says: string;
  readonly key: string;
  readonly argv: readonly string[];
  readonly configs?: Readonly<Record<string, Json>>;
  readonly minor?: string;
  readonly value?: Json;
  readonly reason?: string;
  readonly origin?: string;
}

const anonymous = 'authentication.anonymous.enabled';
const on = { authentication: { anonymous: { enabled: true } } };
const off = { authentication: { anonymous: { enabled: false } } };
const dropIns = (...documents: readonly Json[]): Json =>
  documents.map((document, index) => ({ path: `/d/${index}.conf`, document }));
const both = ['--config=/c', '--config-dir=/d'];

const kubelet: readonly Row[] = [
  { says: 'no file: legacy default', key: anonymous, argv: [], value: true, origin: 'default' },
  {
    says: 'a silent file: file default',
    key: anonymous,
    argv: ['--config=/c'],
    configs: { 'kubelet.config': {} },
    value: false,
    origin: 'default',
  },
  {
    says: 'the file',
    key: anonymous,
    argv: ['--config=/c'],
    configs: { 'kubelet.config': on },
    value: true,
    origin: 'file',
  },
  {
    says: 'a drop-in over the file',
    key: anonymous,
    argv: both,
    configs: { 'kubelet.config': on, 'kubelet.drop-ins': dropIns(off) },
    value: false,
    origin: 'drop-in',
  },
  {
    says: 'the last drop-in',
    key: anonymous,
    argv: both,
    configs: { 'kubelet.config': {}, 'kubelet.drop-ins': dropIns(off, on) },
    value: true,
    origin: 'drop-in',
  },
  {
    says: 'a flag over everything',
    key: anonymous,
    argv: [...both, '--anonymous-auth=0'],
    configs: { 'kubelet.config': on, 'kubelet.drop-ins': dropIns(on) },
    value: false,
    origin: 'flag',
  },
  {
    says: 'drop-ins alone leave legacy defaults',
    key: 'authorization.mode',
    argv: ['--config-dir=/d'],
    configs: { 'kubelet.drop-ins': dropIns(off) },
    minor: '1.34',
    value: 'AlwaysAllow',
    origin: 'default',
  },
  {
    says: 'null removes: the file default comes back',
    key: 'authorization.mode',
    argv: ['--config-dir=/d'],
    configs: { 'kubelet.drop-ins': dropIns({ authorization: null }) },
    minor: '1.34',
    value: 'Webhook',
    origin: 'default',
  },
  {
    says: 'null removes what the file said',
    key: anonymous,
    argv: both,
    configs: { 'kubelet.config': on, 'kubelet.drop-ins': dropIns({ authentication: { anonymous: null } }) },
    minor: '1.34',
    value: false,
    origin: 'default',
  },
  {
    says: '1.30: null changes nothing',
    key: anonymous,
    argv: both,
    configs: { 'kubelet.config': on, 'kubelet.drop-ins': dropIns({ authentication: { anonymous: null } }) },
    minor: '1.30',
    value: true,
    origin: 'file',
  },
  {
    says: '1.28: false never overwrites',
    key: anonymous,
    argv: both,
    configs: { 'kubelet.config': on, 'kubelet.drop-ins': dropIns(off) },
    minor: '1.28',
    value: true,
    origin: 'file',
  },
  {
    says: '1.28: a silent drop-in injects non-zero defaults',
    key: 'authorization.mode',
    argv: ['--config-dir=/d'],
    configs: { 'kubelet.drop-ins': dropIns({}) },
    minor: '1.28',
    value: 'Webhook',
    origin: 'default',
  },
  {
    says: 'a zero duration in the file means the default',
    key: 'streamingConnectionIdleTimeout',
    argv: ['--config=/c'],
    configs: { 'kubelet.config': { streamingConnectionIdleTimeout: '0s' } },
    value: '4h0m0s',
    origin: 'default',
  },
  {
    says: '1.30: a zero duration in a drop-in stays',
    key: 'streamingConnectionIdleTimeout',
    argv: both,
    configs: { 'kubelet.config': {}, 'kubelet.drop-ins': dropIns({ streamingConnectionIdleTimeout: '0s' }) },
    minor: '1.30',
    value: '0s',
    origin: 'drop-in',
  },
  {
    says: 'a zero duration by flag stays',
    key: 'streamingConnectionIdleTimeout',
    argv: ['--streaming-connection-idle-timeout=0'],
    value: '0',
    origin: 'flag',
  },
  {
    says: 'a negative limit in the file means the default',
    key: 'podPidsLimit',
    argv: ['--config=/c'],
    configs: { 'kubelet.config': { podPidsLimit: -7 } },
    value: -1,
    origin: 'default',
  },
  {
    says: 'an explicit zero of a pointer field stays',
    key: 'eventRecordQPS',
    argv: ['--config=/c'],
    configs: { 'kubelet.config': { eventRecordQPS: 0 } },
    value: 0,
    origin: 'file',
  },
  {
    says: 'the default depends on an unknown version',
    key: 'eventRecordQPS',
    argv: ['--config=/c'],
    configs: { 'kubelet.config': {} },
    reason: 'version-unknown',
  },
  {
    says: 'the default of an old minor',
    key: 'eventRecordQPS',
    argv: ['--config=/c'],
    configs: { 'kubelet.config': {} },
    minor: '1.26',
    value: 5,
    origin: 'Kubernetes 1.26',
  },
  {
    says: 'lists are replaced, not appended',
    key: 'tlsCipherSuites',
    argv: both,
    configs: {
      'kubelet.config': { tlsCipherSuites: ['A', 'B'] },
      'kubelet.drop-ins': dropIns({ tlsCipherSuites: ['C'] }),
    },
    value: ['C'],
    origin: 'drop-in',
  },
  {
    says: 'feature gates merge over all layers',
    key: 'featureGates',
    argv: [...both, '--feature-gates=C=false'],
    configs: {
      'kubelet.config': { featureGates: { A: true, B: true } },
      'kubelet.drop-ins': dropIns({ featureGates: { B: false } }),
    },
    value: { A: true, B: false, C: false },
    origin: 'flag',
  },
  {
    says: 'seccompDefault: the flag cannot switch off what the file switches on',
    key: 'seccompDefault',
    argv: ['--config=/c', '--seccomp-default=false'],
    configs: { 'kubelet.config': { seccompDefault: true } },
    minor: '1.34',
    value: true,
    origin: 'file',
  },
  {
    says: 'seccompDefault by flag',
    key: 'seccompDefault',
    argv: ['--config=/c', '--seccomp-default'],
    configs: { 'kubelet.config': {} },
    minor: '1.34',
    value: true,
    origin: 'flag',
  },
  {
    says: 'a wrong type in the file',
    key: anonymous,
    argv: ['--config=/c'],
    configs: { 'kubelet.config': { authentication: { anonymous: { enabled: 'yes' } } } },
    reason: 'parse-error',
  },
  {
    says: 'an unreadable file',
    key: anonymous,
    argv: ['--config=/c'],
    configs: { 'kubelet.config': 'denied' },
    reason: 'file-unreadable',
  },
  {
    says: 'an unreadable drop-in',
    key: anonymous,
    argv: both,
    configs: { 'kubelet.config': on, 'kubelet.drop-ins': 'malformed' },
    reason: 'parse-error',
  },
  { says: 'a file that nobody looked for', key: anonymous, argv: ['--config=/c'], reason: 'not-observed' },
  {
    says: 'a flag decides even when the file cannot be read',
    key: anonymous,
    argv: ['--config=/c', '--anonymous-auth=false'],
    configs: { 'kubelet.config': 'denied' },
    value: false,
    origin: 'flag',
  },
  { says: 'flag only settings', key: 'hostname-override', argv: ['--hostname-override=x'], value: 'x', origin: 'flag' },
  { says: 'flag only settings, unset', key: 'hostname-override', argv: [], value: null, origin: 'default' },
  { says: 'a key that does not exist', key: 'nonsense', argv: [], reason: 'unsupported' },
];

const apiserver: readonly Row[] = [
  {
    says: 'modes by flag',
    key: 'authorization.modes',
    argv: ['--authorization-mode=Node,RBAC'],
    minor: '1.34',
    value: ['Node', 'RBAC'],
    origin: 'flag',
  },
  {
    says: 'modes by default',
    key: 'authorization.modes',
    argv: [],
    minor: '1.34',
    value: ['AlwaysAllow'],
    origin: 'default',
  },
  {
    says: 'modes by file',
    key: 'authorization.modes',
    argv: ['--authorization-config=/a'],
    minor: '1.34',
    configs: { 'kube-apiserver.authorization-config': { authorizers: [{ type: 'Node' }, { type: 'Webhook' }] } },
    value: ['Node', 'Webhook'],
    origin: 'file',
  },
  {
    says: 'a file without authorizers',
    key: 'authorization.modes',
    argv: ['--authorization-config=/a'],
    minor: '1.34',
    configs: { 'kube-apiserver.authorization-config': {} },
    reason: 'parse-error',
  },
  {
    says: 'an unreadable authorization file',
    key: 'authorization.modes',
    argv: ['--authorization-config=/a'],
    minor: '1.34',
    configs: { 'kube-apiserver.authorization-config': 'denied' },
    reason: 'file-unreadable',
  },
  {
    says: 'anonymous by default',
    key: 'authentication.anonymous',
    argv: ['--authorization-mode=RBAC'],
    minor: '1.34',
    value: 'on',
    origin: 'default',
  },
  {
    says: 'anonymous by flag',
    key: 'authentication.anonymous',
    argv: ['--authorization-mode=RBAC', '--anonymous-auth=false'],
    minor: '1.34',
    value: 'off',
    origin: 'flag',
  },
  {
    says: 'anonymous is off where everything is allowed',
    key: 'authentication.anonymous',
    argv: [],
    minor: '1.34',
    value: 'off',
    origin: 'default',
  },
  {
    says: 'a file without the block leaves the flag',
    key: 'authentication.anonymous',
    argv: ['--authorization-mode=RBAC', '--authentication-config=/a'],
    minor: '1.34',
    configs: { 'kube-apiserver.authentication-config': {} },
    value: 'on',
    origin: 'default',
  },
  {
    says: 'a file that limits',
    key: 'authentication.anonymous',
    argv: ['--authentication-config=/a'],
    minor: '1.34',
    configs: {
      'kube-apiserver.authentication-config': { anonymous: { enabled: true, conditions: [{ path: '/livez' }] } },
    },
    value: 'limited',
    origin: 'file',
  },
  {
    says: 'the paths it limits to',
    key: 'authentication.anonymous.paths',
    argv: ['--authentication-config=/a'],
    minor: '1.34',
    configs: {
      'kube-apiserver.authentication-config': { anonymous: { enabled: true, conditions: [{ path: '/livez' }] } },
    },
    value: ['/livez'],
    origin: 'file',
  },
  {
    says: 'a file that opens',
    key: 'authentication.anonymous',
    argv: ['--authentication-config=/a'],
    minor: '1.34',
    configs: { 'kube-apiserver.authentication-config': { anonymous: { enabled: true } } },
    value: 'on',
    origin: 'file',
  },
  {
    says: 'a file that closes',
    key: 'authentication.anonymous',
    argv: ['--authentication-config=/a'],
    minor: '1.34',
    configs: { 'kube-apiserver.authentication-config': { anonymous: { enabled: false } } },
    value: 'off',
    origin: 'file',
  },
  {
    says: 'an unreadable authentication file',
    key: 'authentication.anonymous',
    argv: ['--authentication-config=/a'],
    minor: '1.34',
    configs: { 'kube-apiserver.authentication-config': 'timed-out' },
    reason: 'timeout',
  },
  {
    says: '--admission-control is the whole list',
    key: 'admission-plugins',
    argv: ['--admission-control=A,B'],
    minor: '1.34',
    value: ['A', 'B'],
    origin: 'flag',
  },
  {
    says: 'a removed flag has no value',
    key: 'insecure-port',
    argv: [],
    minor: '1.34',
    value: null,
    origin: 'have no such setting',
  },
  {
    says: 'a flag that does not exist yet',
    key: 'authorization-config',
    argv: [],
    minor: '1.20',
    value: null,
    origin: 'before 1.29',
  },
  { says: 'a nonsense boolean', key: 'profiling', argv: ['--profiling=perhaps'], minor: '1.34', reason: 'parse-error' },
];

const proxy: readonly Row[] = [
  {
    says: 'by flag',
    key: 'metricsBindAddress',
    argv: ['--metrics-bind-address=0.0.0.0:10249'],
    value: '0.0.0.0:10249',
    origin: 'flag',
  },
  {
    says: 'an empty flag is the default',
    key: 'metricsBindAddress',
    argv: ['--metrics-bind-address='],
    value: '127.0.0.1:10249',
    origin: 'default',
  },
  {
    says: 'with a file the flag is ignored',
    key: 'metricsBindAddress',
    argv: ['--config=/c', '--metrics-bind-address=0.0.0.0:1'],
    configs: { 'kube-proxy.config': { metricsBindAddress: '' } },
    value: '127.0.0.1:10249',
    origin: 'default',
  },
  {
    says: 'by file',
    key: 'metricsBindAddress',
    argv: ['--config=/c'],
    configs: { 'kube-proxy.config': { metricsBindAddress: '[::]:1' } },
    value: '[::]:1',
    origin: 'file',
  },
  {
    says: 'a wrong type',
    key: 'metricsBindAddress',
    argv: ['--config=/c'],
    configs: { 'kube-proxy.config': { metricsBindAddress: 7 } },
    reason: 'parse-error',
  },
  {
    says: 'an unreadable file',
    key: 'metricsBindAddress',
    argv: ['--config=/c'],
    configs: { 'kube-proxy.config': 'unsupported' },
    reason: 'unsupported',
  },
];

const etcd: readonly Row[] = [
  { says: 'one dash', key: 'cert-file', argv: ['-cert-file', '/x'], value: '/x', origin: 'flag' },
  {
    says: 'the file alone decides',
    key: 'cert-file',
    argv: ['--config-file=/c', '--cert-file=/x'],
    configs: { 'etcd.config': { 'client-transport-security': { 'cert-file': '/y' } } },
    value: '/y',
    origin: 'file',
  },
  {
    says: 'a silent file means the default',
    key: 'cert-file',
    argv: ['--config-file=/c', '--cert-file=/x'],
    configs: { 'etcd.config': {} },
    value: null,
    origin: 'default',
  },
  {
    says: 'peer keys of the file',
    key: 'peer-client-cert-auth',
    argv: ['--config-file=/c'],
    configs: { 'etcd.config': { 'peer-transport-security': { 'client-cert-auth': true } } },
    value: true,
    origin: 'file',
  },
  {
    says: 'a wrong type',
    key: 'client-cert-auth',
    argv: ['--config-file=/c'],
    configs: { 'etcd.config': { 'client-transport-security': { 'client-cert-auth': 'x' } } },
    reason: 'parse-error',
  },
  {
    says: 'an unreadable file',
    key: 'cert-file',
    argv: ['--config-file=/c'],
    configs: { 'etcd.config': 'too-large' },
    reason: 'too-large',
  },
];

describe.each([
  ['kubelet', kubelet],
  ['kube-apiserver', apiserver],
  ['kube-proxy', proxy],
  ['etcd', etcd],
])('%s', (component, rows) => {
  test.each(rows)('$says: $key', (row) => {
    const setting = ask(
      component,
      row.key,
      { argv: row.argv, ...(row.configs ? { configs: row.configs } : {}) },
      row.minor,
    );
    if (row.reason !== undefined) {
      expect(setting).toMatchObject({ known: false, reason: row.reason });
      return;
    }
    expect(setting).toMatchObject({ known: true, value: row.value });
    expect(JSON.stringify(setting.origin)).toContain(row.origin);
  });
});

test('etcd by environment, and with an environment nobody may read', () => {
  expect(ask('etcd', 'cert-file', { environment: { ETCD_CERT_FILE: '/e' } })).toMatchObject({
    value: '/e',
    origin: { kind: 'environment', key: 'ETCD_CERT_FILE' },
  });
  expect(ask('etcd', 'cert-file', { argv: ['--cert-file=/f'], environment: { ETCD_CERT_FILE: '/e' } })).toMatchObject({
    value: '/f',
  });
  expect(ask('etcd', 'auto-tls', { environment: { ETCD_AUTO_TLS: 'maybe' } })).toMatchObject({
    known: false,
    reason: 'parse-error',
  });
  expect(ask('etcd', 'cert-file', { environmentFrom: null })).toMatchObject({
    known: false,
    reason: 'environment-unreadable',
  });
  // An ETCD_CONFIG_FILE that nobody can see would override this flag.
  expect(ask('etcd', 'cert-file', { argv: ['--cert-file=/f'], environmentFrom: null })).toMatchObject({
    known: false,
    reason: 'environment-unreadable',
    origin: { kind: 'environment', key: 'ETCD_CONFIG_FILE' },
  });
  const configs = { 'etcd.config': { 'client-transport-security': { 'cert-file': '/c' } } };
  expect(ask('etcd', 'cert-file', { argv: ['--config-file=/e.yaml'], configs, environmentFrom: null })).toMatchObject({
    value: '/c',
  });
  const argv = ['--config-file=', '--cert-file=/f'];
  expect(ask('etcd', 'cert-file', { argv, configs, environment: { ETCD_CONFIG_FILE: '/e.yaml' } })).toMatchObject({
    value: '/c',
  });
});

test('without a process nothing is known', () => {
  const view = nodeView('n', []);
  for (const component of ['kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd']) {
    const settings = settingsOf({
      view,
      instance: component,
      component,
      minor: undefined,
      defaults: pack.defaults,
      kinds: pack.kinds,
    });
    expect(settings.get('profiling')).toMatchObject({ known: false, reason: 'not-observed' });
  }
});
