import type { Json } from '../json.ts';

/** Fields of values that tell nodes apart however alike they are; of certificates the key and dates, but for authorities. */
const ownFields: Readonly<Record<string, readonly string[]>> = {
  'node.host': ['hostname'],
  process: ['cgroup'],
  'component.ignored': ['pid'],
  kubeconfig: ['notBefore', 'notAfter'],
};
const ownOfCertificates: readonly string[] = ['publicKey', 'notBefore', 'notAfter'];
/** Facts that say nothing about how a node is set up. */
const ownFacts: ReadonlySet<string> = new Set(['node.agent', 'process.instance']);

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const group = '[0-9a-f]{1,4}';
const address = new RegExp(
  `(?<![\\w.:])(?:(?:\\d{1,3}\\.){3}\\d{1,3}(?![\\w.])|(?:(?:${group}:){7}${group}|${group}(?::${group})*::(?:${group}(?::${group})*)?)(?![\\w:]))`,
  'gi',
);
/** As the kubelet names what it renews. */
const moment = /\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d/g;
/** Random letters behind the name of a pod, in the alphabet of Kubernetes. */
const podSuffix = /(?<=\/[a-z0-9.-]+-)[bcdfghjklmnpqrstvwxz2456789]{5}(?![\w.-])/g;

/** True for facts by which nodes can be alike. */
export function isCommonFact(fact: string): boolean {
  return !ownFacts.has(fact);
}

/** A value without what is peculiar to a node wherever it runs, but for its name: addresses, unique ids, times, random names of pods. */
export function commonValue(fact: string, value: Json): Json {
  const text = JSON.stringify(value, (key, one: unknown) => (isOwn(fact, key) ? undefined : withoutKeys(fact, one)));
  return JSON.parse(commonText(text)) as Json;
}

/** The same for a text, such as a subject. Addresses that mean the machine itself or all of its own stay. */
export function commonText(text: string): string {
  return text
    .replaceAll(uid, '<uid>')
    .replaceAll(moment, '<time>')
    .replaceAll(podSuffix, '<random>')
    .replaceAll(address, (found) => (/^(127\.|0\.0\.0\.0$|255\.|::1?$)/.test(found) ? found : '<address>'));
}

function isOwn(fact: string, key: string): boolean {
  return ownFields[fact]?.includes(key) ?? false;
}

/** Everybody shares the authorities: another one is a difference. */
function withoutKeys(fact: string, value: unknown): unknown {
  if (fact !== 'certificates' || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if ('isCA' in value && value.isCA === true) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !ownOfCertificates.includes(key)));
}
