import { type FactSide, factChanges, type Json, mostChanges, mostCounted } from '@plumbline/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const seen = (value: Json): FactSide => ({ state: 'observed', detail: null, value });
const process = (argv: readonly string[], more: Record<string, Json> = {}) => seen({ argv, environment: {}, ...more });
const config = (document: Json, path = '/etc/k.yaml') => seen({ path, asSeen: path, document });
const long = Array.from({ length: 30 }, (_, n) => `/pki/${n}.crt`);
let deep: Json = 1;
let deeper: Json = 2;
for (let n = 0; n < 40; n++) [deep, deeper] = [{ a: deep }, { a: deeper }];

interface Case {
  readonly fact: string;
  readonly subject?: string;
  readonly before: FactSide | null;
  readonly after: FactSide | null;
  readonly expected: readonly (readonly [key: string, from: Json, to: Json, origin: object])[];
}

const cases: Readonly<Record<string, Case>> = {
  'a mode': {
    fact: 'file',
    subject: '/etc/k',
    before: seen({ mode: '0600', uid: 0 }),
    after: seen({ mode: '0644', uid: 0 }),
    expected: [['/mode', '0600', '0644', { kind: 'stat', path: '/etc/k', key: 'mode' }]],
  },
  'flags, however they are written': {
    fact: 'process',
    subject: 'kube-apiserver@x',
    before: process(['kube-apiserver', '--profiling', 'true', '--old', '--v=2', '--a=1', '--a=2']),
    after: process(['kube-apiserver', '--v=2', '--profiling=false', '--new=x', '--a=2']),
    expected: [
      ['--profiling', 'true', 'false', { kind: 'flag', key: 'profiling' }],
      ['--old', 'true', null, { kind: 'flag', key: 'old' }],
      ['--a', ['1', '2'], '2', { kind: 'flag', key: 'a' }],
      ['--new', null, 'x', { kind: 'flag', key: 'new' }],
    ],
  },
  'flags with one dash of etcd': {
    fact: 'process',
    subject: 'etcd@x',
    before: process(['etcd', '-data-dir', '/a']),
    after: process(['etcd', '-data-dir', '/b']),
    expected: [['--data-dir', '/a', '/b', { kind: 'flag', key: 'data-dir' }]],
  },
  'order alone, environment and identity of a process': {
    fact: 'process',
    subject: 'kubelet@x',
    before: process(['kubelet', '--a=1', '--b=2'], { environment: { K: '1', L: '' }, uid: 0 }),
    after: process(['kubelet', '--b=2', '--a=1'], { environment: { K: '2', L: '' }, uid: 7 }),
    expected: [
      ['/argv', ['kubelet', '--a=1', '--b=2'], ['kubelet', '--b=2', '--a=1'], { kind: 'process', key: 'argv' }],
      ['/environment/K', '1', '2', { kind: 'environment', key: 'K' }],
      ['/uid', 0, 7, { kind: 'process', key: 'uid' }],
    ],
  },
  'the whole environment': {
    fact: 'process',
    before: seen({ environment: {} }),
    after: seen({ environment: null }),
    expected: [['/environment', {}, null, { kind: 'environment' }]],
  },
  'words that are no text, and no command line at all': {
    fact: 'process',
    before: seen({ argv: [1] }),
    after: seen({ argv: [2] }),
    expected: [['/argv', [1], [2], { kind: 'process', key: 'argv' }]],
  },
  'a value that is no object': {
    fact: 'process',
    before: seen('a'),
    after: seen('b'),
    expected: [['', 'a', 'b', { kind: 'process' }]],
  },
  'keys of a file': {
    fact: 'kubelet.config',
    before: config({ authentication: { anonymous: { enabled: false } }, 'a/b~c': 1, tls: ['x', 'y'] }),
    after: config({ authentication: { anonymous: { enabled: true } }, 'a/b~c': 2, tls: ['x'] }),
    expected: [
      [
        '/document/authentication/anonymous/enabled',
        false,
        true,
        { kind: 'file', path: '/etc/k.yaml', key: 'authentication.anonymous.enabled' },
      ],
      ['/document/a~1b~0c', 1, 2, { kind: 'file', path: '/etc/k.yaml', key: 'a/b~c' }],
      ['/document/tls', ['x', 'y'], ['x'], { kind: 'file', path: '/etc/k.yaml', key: 'tls' }],
    ],
  },
  'another path': {
    fact: 'unit',
    before: seen({ path: '/a', directives: {} }),
    after: seen({ path: '/b', directives: {} }),
    expected: [['/path', '/a', '/b', { kind: 'file', path: '/b', key: 'path' }]],
  },
  'a drop-in by its path': {
    fact: 'kubelet.drop-ins',
    before: seen({ directory: '/d', files: [{ path: '/d/1.conf', document: { a: 1 } }] }),
    after: seen({
      directory: '/d',
      files: [
        { path: '/d/0.conf', document: {} },
        { path: '/d/1.conf', document: { a: 2 } },
      ],
    }),
    expected: [
      ['/files/~1d~11.conf/document/a', 1, 2, { kind: 'drop-in', path: '/d/1.conf', key: 'a' }],
      ['/files/~1d~10.conf', null, { path: '/d/0.conf', document: {} }, { kind: 'drop-in', path: '/d/0.conf' }],
    ],
  },
  'another directory of drop-ins': {
    fact: 'kubelet.drop-ins',
    before: seen({ directory: '/d', files: [] }),
    after: seen({ directory: '/e', files: [] }),
    expected: [['/directory', '/d', '/e', { kind: 'drop-in' }]],
  },
  'a manifest': {
    fact: 'manifest',
    subject: 'kube-scheduler@x',
    before: seen({ path: '/m', image: 'a:1', argv: ['s', '--x=1'], hostPaths: [{ mountPath: '/a', hostPath: '/b' }] }),
    after: seen({ path: '/m', image: 'a:2', argv: ['s', '--x=2'], hostPaths: [{ mountPath: '/a', hostPath: '/c' }] }),
    expected: [
      ['--x', '1', '2', { kind: 'manifest', path: '/m', key: '--x' }],
      ['/image', 'a:1', 'a:2', { kind: 'manifest', path: '/m', key: 'image' }],
      ['/hostPaths/~1a/hostPath', '/b', '/c', { kind: 'manifest', path: '/m', key: 'hostPaths./a.hostPath' }],
    ],
  },
  'a long set of paths': {
    fact: 'files',
    subject: 'pki.certificates',
    before: seen({ paths: long }),
    after: seen({ paths: [...long.slice(1), '/pki/new.crt'] }),
    expected: [
      ['/paths/~1pki~10.crt', '/pki/0.crt', null, { kind: 'stat', path: 'pki.certificates', key: 'paths./pki/0.crt' }],
      [
        '/paths/~1pki~1new.crt',
        null,
        '/pki/new.crt',
        { kind: 'stat', path: 'pki.certificates', key: 'paths./pki/new.crt' },
      ],
    ],
  },
  'a user of a kubeconfig, and items without a name': {
    fact: 'kubeconfig',
    subject: '/k',
    before: seen({ users: [{ name: 'a', by: ['token'] }], more: [{ x: 1 }, 'y'] }),
    after: seen({ users: [{ name: 'a', by: ['exec'] }], more: [{ x: 2 }, 'y', 'z'] }),
    expected: [
      ['/users/a/by', ['token'], ['exec'], { kind: 'file', path: '/k', key: 'users.a.by' }],
      ['/more/0/x', 1, 2, { kind: 'file', path: '/k', key: 'more.0.x' }],
      ['/more/2', null, 'z', { kind: 'file', path: '/k', key: 'more.2' }],
    ],
  },
  'names that are not their own': {
    fact: 'certificates',
    subject: '/c',
    before: seen({ certificates: [{ name: 'a' }, { name: 'a', n: 1 }] }),
    after: seen({ certificates: [{ name: 'a' }, { name: 'a', n: 2 }] }),
    expected: [['/certificates/1/n', 1, 2, { kind: 'file', path: '/c', key: 'certificates.1.n' }]],
  },
  'a field of an object': {
    fact: 'object',
    subject: 'namespace/shop',
    before: seen({ metadata: { labels: { e: 'x' } } }),
    after: seen({ metadata: { labels: {} } }),
    expected: [['/metadata/labels/e', 'x', null, { kind: 'object', path: 'namespace/shop', key: 'metadata.labels.e' }]],
  },
  'what came': {
    fact: 'file',
    subject: '/etc/k',
    before: null,
    after: seen({ mode: '0600' }),
    expected: [['', null, { mode: '0600' }, { kind: 'stat', path: '/etc/k' }]],
  },
  'what went': {
    fact: 'node.host',
    before: seen({ hostname: 'a' }),
    after: null,
    expected: [['', { hostname: 'a' }, null, { kind: 'derived', key: 'node.host' }]],
  },
  'what cannot be read any more, and why': {
    fact: 'kubelet.config',
    before: config({ a: 1 }),
    after: { state: 'denied', detail: 'mode 000', value: null },
    expected: [
      [
        '',
        { path: '/etc/k.yaml', asSeen: '/etc/k.yaml', document: { a: 1 } },
        'denied: mode 000',
        { kind: 'file', path: '/etc/k.yaml' },
      ],
    ],
  },
  'what is there at last': {
    fact: 'kubelet.config',
    before: { state: 'absent', detail: null, value: null },
    after: { state: 'malformed', detail: 'no YAML', value: null },
    expected: [['', 'absent', 'malformed: no YAML', { kind: 'derived', key: 'kubelet.config' }]],
  },
  'nothing, twice': { fact: 'file', before: null, after: null, expected: [] },
  'the same again': { fact: 'file', before: seen({ a: [{ b: 1 }] }), after: seen({ a: [{ b: 1 }] }), expected: [] },
  'a value deeper than anybody writes': {
    fact: 'file',
    subject: '/d',
    before: seen({ x: deep, same: deep }),
    after: seen({ x: deeper, same: structuredClone(deep) }),
    expected: [
      [
        `/x${'/a'.repeat(31)}`,
        { a: { a: { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } } } },
        { a: { a: { a: { a: { a: { a: { a: { a: { a: 2 } } } } } } } } },
        { kind: 'stat', path: '/d', key: `x${'.a'.repeat(31)}` },
      ],
    ],
  },
  'something below where nobody looks that went': {
    fact: 'file',
    subject: '/d',
    before: seen(nested({ b: 1 })),
    after: seen(nested({})),
    expected: [['/a'.repeat(32), 1, null, { kind: 'stat', path: '/d', key: Array(32).fill('a').join('.') }]],
  },
  'something below where nobody looks': {
    fact: 'file',
    subject: '/d',
    before: seen(nested({})),
    after: seen(nested({ b: 1 })),
    expected: [[`${'/a'.repeat(32)}`, null, 1, { kind: 'stat', path: '/d', key: Array(32).fill('a').join('.') }]],
  },
};

/** An object with another at depth 31 whose key `a` is given, or is not. */
function nested(last: Record<string, Json>): Json {
  let value: Json = 'b' in last ? { a: 1 } : {};
  for (let n = 0; n < 31; n++) value = { a: value };
  return value;
}

describe('needs 30: a change says which value, from what to what, and where it stands', () => {
  test.each(Object.entries(cases))('%s', (_name, { fact, subject = 'node', before, after, expected }) => {
    const { changes, total } = factChanges({ fact, subject }, before, after);
    expect(changes.map(({ key, from, to, origin }) => [key, from, to, origin])).toEqual(expected);
    expect(total).toBe(expected.length);
  });
});

test('a hostile value is bounded: changes, their number, and their texts', () => {
  const many = (value: number) =>
    seen({ x: Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, value])) });
  const { changes, total } = factChanges({ fact: 'file', subject: '/x' }, many(1), many(2));
  expect([changes.length, total]).toEqual([mostChanges, mostCounted]);
  const smile = '😀'.repeat(2000);
  const [one] = factChanges({ fact: 'file', subject: '/x' }, seen({ [smile]: 'a' }), seen({ [smile]: smile })).changes;
  expect(one?.key.length).toBeLessThan(510);
  expect(String(one?.to).length).toBeLessThan(510);
  expect(String(one?.to).isWellFormed()).toBe(true);
  expect(one?.key.isWellFormed()).toBe(true);
  const proto = (value: number) => seen(JSON.parse(`{"__proto__":${value},"constructor":{"a":${value}}}`) as Json);
  expect(factChanges({ fact: 'file', subject: '/x' }, proto(1), proto(2)).changes.map((change) => change.key)).toEqual([
    '/__proto__',
    '/constructor/a',
  ]);
});

test('a value and itself have no change, and turned sides turn the changes', () => {
  const value = fc.jsonValue({ maxDepth: 4 }).map((one) => one as Json);
  fc.assert(
    fc.property(value, value, (a, b) => {
      const place = { fact: 'object', subject: 'x' };
      expect(factChanges(place, seen(a), seen(structuredClone(a))).total).toBe(0);
      const there = factChanges(place, seen(a), seen(b)).changes.map((one) =>
        JSON.stringify([one.key, one.from, one.to]),
      );
      const back = factChanges(place, seen(b), seen(a)).changes.map((one) =>
        JSON.stringify([one.key, one.to, one.from]),
      );
      expect(back.sort()).toEqual(there.sort());
    }),
  );
});
