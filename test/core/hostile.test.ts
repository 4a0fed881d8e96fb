import { chooseDocument, facts, type Json, judgeNode, nodeView, type Observation, readPack } from '@plumbline/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Case, observationsOf } from '../cases/world.ts';
import { packTexts, shippedPack } from '../pack.ts';

const pack = shippedPack();
const config = { authentication: { anonymous: { enabled: false } }, featureGates: { A: true } };
const file = (path: string) => [{ path, certificates: [{}] }];

/** A node that runs everything with every configuration file, to be bent. */
const whole: Case = {
  class: 'hostile',
  says: 'everything runs',
  expect: { status: '' },
  run: {
    'kube-apiserver': {
      argv: [
        '--authorization-config=/a',
        '--authentication-config=/b',
        '--encryption-provider-config=/c',
        '--enable-admission-plugins=EventRateLimit',
      ],
      configs: {
        'kube-apiserver.authorization-config': { authorizers: [{ type: 'Node' }, { type: 'RBAC' }] },
        'kube-apiserver.authentication-config': { anonymous: { enabled: true, conditions: [{ path: '/livez' }] } },
        'kube-apiserver.encryption-config': {
          resources: [{ resources: ['secrets'], providers: [{ kms: { apiVersion: 'v2' } }] }],
        },
        'kube-apiserver.admission-config': { plugins: [{ name: 'EventRateLimit', configuration: { limits: [{}] } }] },
      },
    },
    'kube-controller-manager': { argv: ['--feature-gates=A=true,B=false'] },
    'kube-scheduler': { argv: ['--config=/s'], configs: { 'kube-scheduler.config': { enableProfiling: false } } },
    etcd: {
      argv: ['--config-file=/e'],
      configs: { 'etcd.config': { 'client-transport-security': { 'cert-file': '/x' } } },
    },
    kubelet: {
      argv: ['--config=/k', '--config-dir=/d', '--feature-gates=A=false'],
      configs: { 'kubelet.config': config, 'kubelet.drop-ins': [{ path: '/d/1.conf', document: config }] },
    },
    'kube-proxy': { argv: ['--config=/p'], configs: { 'kube-proxy.config': { metricsBindAddress: '127.0.0.1' } } },
  },
  files: Object.fromEntries(
    pack.platforms.flatMap((platform) => Object.keys(platform.files)).map((set) => [set, file(`/f/${set}`)]),
  ),
  facts: [
    { fact: 'node.platform', subject: 'node', value: { platform: 'kubeadm', because: [] } },
    { fact: 'node.accounts', subject: 'node', value: { users: { etcd: 1 }, groups: {} } },
    { fact: 'unit', subject: 'kubelet.service', value: { directives: { IPAddressDeny: 'any' } } },
    { fact: 'manifest', subject: 'kube-apiserver@m', value: { path: '/m', image: 'r/kube-apiserver:v1.34.4' } },
  ],
};
const sound = observationsOf(whole);

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
  fc.constantFrom<Json>(null, '', '0', -1, 1e300, [], [null], {}, [[]], '__proto__', '\u0000', '('),
  fc.constantFrom<Json>(JSON.parse('{"__proto__":{"a":1},"constructor":null,"toString":1}') as Json),
);

/** Replaces the value at the n-th place of a JSON tree, counted in the order of a walk. */
function bend(value: Json, place: { left: number }, by: Json): Json {
  if (place.left-- === 0) return by;
  if (Array.isArray(value)) return value.map((one: Json) => bend(one, place, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, bend(one as Json, place, by)]));
}

const bent = fc
  .tuple(fc.nat({ max: sound.length - 1 }), fc.nat({ max: 12 }), odd)
  .map(([index, place, by]): readonly [number, Observation] => {
    const one = sound[index] as Observation;
    return [index, { ...one, value: bend(one.value ?? null, { left: place }, by) }];
  });
const invented: fc.Arbitrary<Observation> = fc.record({
  fact: fc.constantFrom(...facts.keys()),
  subject: fc.constantFrom('node', 'kubelet', 'etcd', '/f/pki', ...sound.map((one) => one.subject)),
  state: fc.constantFrom('observed', 'observed', 'observed', 'denied', 'malformed'),
  value: odd,
  observedAt: fc.constant('2026-01-01T00:00:00.000Z'),
});

function judged(observations: readonly Observation[], reading: 'effective' | 'letter', document: string) {
  const choice = chooseDocument(pack, undefined, document);
  return judgeNode({
    pack,
    view: nodeView('n', observations),
    versions: { kubelet: '1.34' },
    documents: { controlPlane: choice, node: choice },
    reading,
    now: '2026-01-01T00:00:00.000Z',
  });
}

test('whatever the shape of what was observed, judging gives verdicts and never throws', () => {
  const reading = fc.constantFrom<'effective' | 'letter'>('effective', 'letter');
  const document = fc.constantFrom('1.5', '1.8', '2.1');
  const property = fc.property(
    fc.array(bent, { maxLength: 6 }),
    fc.array(invented, { maxLength: 6 }),
    reading,
    document,
    (changes, more, ...how) => {
      const changed = new Map(changes);
      const findings = judged([...sound.map((one, index) => changed.get(index) ?? one), ...more], ...how);
      for (const one of findings) {
        expect(one.message).not.toBe('');
        if (one.status === 'pass' || one.status === 'fail') expect(one.evidence, one.control).not.toEqual([]);
      }
    },
  );
  fc.assert(property, { numRuns: 400 });
});

test.each<readonly [string, Json]>([
  ['kubelet.config', { path: '/k' }],
  ['kubelet.config', { path: '/k', document: null }],
  ['kubelet.config', 'authentication'],
])('a value of %s without the shape of its fact is an error, no default', (fact, value) => {
  const broken = sound.map((one) => (one.fact === fact ? { ...one, value } : one));
  const finding = judged(broken, 'effective', '2.1').find((one) => one.control === 'kubelet-anonymous-auth');
  expect(finding).toMatchObject({ status: 'error', reason: 'parse-error' });
});

test('a pattern that would throw while judging is refused with the pack', () => {
  const file = 'controls/kubelet/hostname-override.yaml';
  const texts = new Map(packTexts());
  texts.set(file, (texts.get(file) ?? '').replace('unset: true', 'matches: "("'));
  expect(() => readPack(texts)).toThrow(/hostname-override.yaml:\d+: is no regular expression/);
});
