import {
  type DefaultsTable,
  findDefault,
  fromDefault,
  fromFlag,
  inForce,
  type Json,
  nodeView,
  type Setting,
  settingsOf,
} from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { type CaseComponent, observationsOf } from '../cases/world.ts';
import { shippedPack } from '../pack.ts';

const { defaults, kinds } = shippedPack();

/** The tables without some settings of a component. */
function without(component: string, ...keys: readonly string[]): DefaultsTable {
  const file = defaults.components.get(component);
  if (!file) throw new Error(`no table of ${component}`);
  const settings = Object.fromEntries(Object.entries(file.settings).filter(([key]) => !keys.includes(key)));
  return { ...defaults, components: new Map([...defaults.components, [component, { ...file, settings }]]) };
}

function ask(
  component: string,
  key: string,
  world: CaseComponent = {},
  more: { readonly table?: DefaultsTable; readonly minor?: number; readonly kinds?: typeof kinds } = {},
): Setting {
  const run = { [component]: world };
  return settingsOf({
    view: nodeView('n', observationsOf({ class: 'pass', says: '', run, expect: { status: '' } })),
    instance: `${component}@/etc/kubernetes/manifests/${component}.yaml`,
    component,
    minor: more.minor === undefined ? undefined : { major: 1, minor: more.minor },
    defaults: more.table ?? defaults,
    kinds: more.kinds ?? kinds,
  }).get(key);
}

describe('what the tables do not know is unsupported, never guessed', () => {
  test.each(['kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'etcd'])(
    'a setting that %s does not have',
    (component) => {
      expect(ask(component, 'no-such')).toMatchObject({ known: false, reason: 'unsupported' });
    },
  );

  test.each([
    ['authentication.anonymous', 'anonymous-auth'],
    ['authentication.anonymous', 'authentication-config'],
    ['authorization.modes', 'authorization-config'],
    ['admission-plugins', 'admission-control'],
    ['admission-plugins', 'enable-admission-plugins'],
    ['admission-plugins', 'disable-admission-plugins'],
  ])('%s without a table of %s', (key, missing) => {
    const table = without('kube-apiserver', missing);
    expect(ask('kube-apiserver', key, {}, { table, minor: 34 })).toMatchObject({
      known: false,
      key,
      reason: 'unsupported',
    });
  });

  test('a component without any table', () => {
    const components = new Map([...defaults.components].filter(([name]) => name !== 'kube-scheduler'));
    const table = { ...defaults, components };
    expect(ask('kube-scheduler', 'profiling', {}, { table })).toMatchObject({ known: false, reason: 'unsupported' });
  });

  test('no list of plugins: only what is enabled is on', () => {
    const table = { ...defaults, plugins: { ...defaults.plugins, defaultOn: [] } };
    const argv = ['--enable-admission-plugins=NodeRestriction'];
    for (const minor of [{}, { minor: 34 }])
      expect(ask('kube-apiserver', 'admission-plugins', { argv }, { table, ...minor })).toMatchObject({
        value: ['NodeRestriction'],
      });
  });

  test('flags of unknown kind take the next word unless it looks like a flag', () => {
    const argv = ['--config', '/k', '--anonymous-auth', 'false'];
    const configs = { 'kubelet.config': {} };
    expect(ask('kubelet', 'authentication.anonymous.enabled', { argv, configs }, { kinds: new Map() })).toMatchObject({
      value: false,
      origin: { kind: 'flag' },
    });
  });

  test('drop-ins of a kubelet whose way of merging nobody wrote down merge as today', () => {
    const file = defaults.components.get('kubelet');
    if (!file) throw new Error('no table of the kubelet');
    const { configDir: _, ...bare } = file;
    const table = { ...defaults, components: new Map([...defaults.components, ['kubelet', bare]]) };
    const document = { authentication: { anonymous: null } };
    const configs = {
      'kubelet.config': { authentication: { anonymous: { enabled: true } } },
      'kubelet.drop-ins': [{ path: '/d/1.conf', document }],
    };
    const argv = ['--config=/c', '--config-dir=/d'];
    for (const minor of [{}, { minor: 34 }])
      expect(ask('kubelet', 'authentication.anonymous.enabled', { argv, configs }, { table, ...minor })).toMatchObject({
        value: false,
        origin: { kind: 'default' },
      });
  });
});

describe('one source alone', () => {
  test.each<readonly [string, string, string, CaseComponent, object]>([
    ['a flag at the end without its value is empty', 'kubelet', 'config', { argv: ['--config'] }, { value: null }],
    [
      'anonymous requests by a block that says neither yes nor no are off',
      'kube-apiserver',
      'authentication.anonymous',
      { argv: ['--authentication-config=/a'], configs: { 'kube-apiserver.authentication-config': { anonymous: {} } } },
      { value: 'off' },
    ],
    [
      'a field of etcd that has the name of its flag',
      'etcd',
      'client-crl-file',
      { argv: ['--config-file=/e'], configs: { 'etcd.config': { 'client-crl-file': '/crl' } } },
      { value: '/crl', origin: { kind: 'file' } },
    ],
  ])('%s', (_, component, key, world, wanted) =>
    expect(ask(component, key, world, { minor: 34 })).toMatchObject(wanted),
  );
});

describe('defaults', () => {
  const spec = { type: 'bool' as const, defaults: [{ since: '1.20', value: 'true' }] };

  test('an empty list says nothing', () => {
    expect(findDefault({ ...spec, defaults: [] }, { major: 1, minor: 30 }, false)).toEqual({ kind: 'varies' });
    expect(inForce([], { major: 1, minor: 30 })).toBeUndefined();
  });

  test('before the oldest entry the oldest holds', () => {
    expect(findDefault(spec, { major: 1, minor: 10 }, false)).toMatchObject({ kind: 'value', text: 'true' });
  });

  test.each<readonly [Parameters<typeof fromDefault>[0], string, Json]>([
    ['map', '', {}],
    ['map', 'A=true,B=x,C,=d', { A: true, B: 'x' }],
    ['list', 'a,b', ['a', 'b']],
    ['bool', 'maybe', null],
    ['string', '', null],
  ])('%s from %j', (type, text, value) => expect(fromDefault(type, text)).toEqual(value));

  test('a flag without any text is an empty one', () => {
    expect(fromFlag('string', 'value', [])).toBeNull();
    expect(fromFlag('bool', 'bool', [])).toBeUndefined();
  });
});

describe('kubelet', () => {
  const config = (document: Json): CaseComponent => ({
    argv: ['--config=/c'],
    configs: { 'kubelet.config': document },
  });

  test.each<readonly [string, string, CaseComponent, object]>([
    [
      'a duration that is a number',
      'streamingConnectionIdleTimeout',
      config({ streamingConnectionIdleTimeout: 5 }),
      { reason: 'parse-error' },
    ],
    [
      'a duration that is no duration',
      'streamingConnectionIdleTimeout',
      config({ streamingConnectionIdleTimeout: 'long' }),
      { reason: 'parse-error' },
    ],
    ['an empty text is unset', 'tlsCertFile', config({ tlsCertFile: '' }), { value: null, stated: false }],
    [
      'gates that are no booleans keep their text',
      'featureGates',
      config({ featureGates: { A: 'x', B: 1, C: true } }),
      { value: { A: 'x', B: '1', C: true } },
    ],
    [
      'gates of a flag: no name, no value, no boolean',
      'featureGates',
      { argv: ['--feature-gates=A,=x,B=maybe,kube:C=true'] },
      { value: { B: 'maybe', C: true } },
    ],
    [
      'a flag that is no boolean beside a field',
      'seccompDefault',
      { ...config({ seccompDefault: true }), argv: ['--config=/c', '--seccomp-default=maybe'] },
      { reason: 'parse-error' },
    ],
    [
      'a flag that says true decides beside a field that cannot be read',
      'seccompDefault',
      { ...config({ seccompDefault: 'x' }), argv: ['--config=/c', '--seccomp-default'] },
      { value: true, origin: { kind: 'flag' } },
    ],
    [
      'a flag that says false does not',
      'seccompDefault',
      { ...config({ seccompDefault: 'x' }), argv: ['--config=/c', '--seccomp-default=false'] },
      { reason: 'parse-error' },
    ],
  ])('%s', (_, key, world, wanted) => expect(ask('kubelet', key, world, { minor: 34 })).toMatchObject(wanted));

  test.each<readonly [string, Json, Json]>([
    ['clusterDNS', ['10.0.0.1'], ['10.0.0.1']],
    ['tlsCertFile', '/base.crt', '/base.crt'],
  ])('in 1.28 a silent drop-in leaves %s of the file, whose default is empty', (key, base, value) => {
    const table = defaults.components.get('kubelet')?.settings[key] ? defaults : with1(key);
    const configs = { 'kubelet.config': { [key]: base }, 'kubelet.drop-ins': [{ path: '/d/1.conf', document: {} }] };
    const argv = ['--config=/c', '--config-dir=/d'];
    expect(ask('kubelet', key, { argv, configs }, { table, minor: 28 })).toMatchObject({ value });
  });
});

/** The tables with one more list of the kubelet, empty by default. */
function with1(key: string): DefaultsTable {
  const file = defaults.components.get('kubelet');
  if (!file) throw new Error('no table of the kubelet');
  const none = [{ since: '1.10', value: '' }];
  const settings = {
    ...file.settings,
    [key]: { type: 'list' as const, config: key, defaults: none, legacyDefaults: none },
  };
  return { ...defaults, components: new Map([...defaults.components, ['kubelet', { ...file, settings }]]) };
}
