import type { JsonObject } from '../../json.ts';

/** Longest `spec.request` that is looked into, in characters. */
const longest = 64 * 1024;
const mostNames = 100;

/** One element of a DER text: its tag and where its content stands. */
interface Element {
  readonly tag: number;
  readonly from: number;
  readonly to: number;
}

const sequence = 0x30;
const set = 0x31;
const objectId = 0x06;
/** Bytes of the object ids 2.5.4.3 and 2.5.4.10. */
const commonName = '85.4.3';
const organization = '85.4.10';

/**
 * Whom a certificate request is for: `commonName` and `organizations` of the PKCS#10 in `spec.request` (base64 of PEM). Undefined for
 * what is no such request, or is larger than one can be. Hostile input: every length is checked, nothing is followed twice.
 */
export function requestSubject(request: string): JsonObject | undefined {
  const der = request.length > longest ? undefined : derOf(request);
  const name = der && subjectName(der);
  const attributes = der && name && attributesOf(der, name);
  if (!attributes) return undefined;
  const texts = (id: string) => attributes.filter(([type]) => type === id).map(([, text]) => text);
  return { commonName: texts(commonName).at(-1) ?? '', organizations: texts(organization) };
}

/** Types and texts of a name, in the order they have; undefined where any of it cannot be read, so that nothing hides behind it. */
function attributesOf(der: Uint8Array, name: Element): readonly (readonly [string, string])[] | undefined {
  const found: (readonly [string, string])[] = [];
  for (const part of children(der, name, set) ?? [undefined]) {
    for (const attribute of (part && children(der, part, sequence)) ?? [undefined]) {
      const [type, value] = (attribute && children(der, attribute)) ?? [];
      if (type?.tag !== objectId || !value || found.length >= mostNames) return undefined;
      found.push([der.subarray(type.from, type.to).join('.'), textOf(der, value)]);
    }
  }
  return found;
}

/** One PEM block without headers: of several, the API server may read another than we do. */
function derOf(request: string): Uint8Array | undefined {
  const pem = decoded(request);
  if (pem?.split('-----BEGIN').length !== 2) return undefined;
  const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]*)-----END/.exec(pem)?.[1];
  const binary = body && decoded(body.replace(/\s/g, ''));
  return binary ? Uint8Array.from(binary, (character) => character.charCodeAt(0)) : undefined;
}

/** Base64 as a text of bytes; undefined where it is none. */
function decoded(base64: string): string | undefined {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  return atob(base64);
}

/** CertificationRequest → CertificationRequestInfo → version, subject. */
function subjectName(der: Uint8Array): Element | undefined {
  const whole = elementAt(der, 0, der.length);
  const info = whole?.tag === sequence ? elementAt(der, whole.from, whole.to) : undefined;
  const version = info?.tag === sequence ? elementAt(der, info.from, info.to) : undefined;
  const name = info && version ? elementAt(der, version.to, info.to) : undefined;
  return name?.tag === sequence ? name : undefined;
}

/** Elements directly inside one, all of a tag if one is given; undefined where there is another, one leads out of it, or there are too many. */
function children(der: Uint8Array, { from, to }: Element, tag?: number): readonly Element[] | undefined {
  const found: Element[] = [];
  for (let at = from; at < to; ) {
    const one = elementAt(der, at, to);
    if (!one || (tag !== undefined && one.tag !== tag) || found.length >= mostNames) return undefined;
    found.push(one);
    at = one.to;
  }
  return found;
}

/** Short and long definite lengths up to four bytes; tags of one byte: nothing else stands in a subject. */
function elementAt(der: Uint8Array, at: number, end: number): Element | undefined {
  const tag = der[at];
  const first = der[at + 1];
  if (tag === undefined || first === undefined || at + 2 > end) return undefined;
  const bytes = first < 0x80 ? 0 : first - 0x80;
  if (first === 0x80 || bytes > 4) return undefined;
  const from = at + 2 + bytes;
  const length = bytes === 0 ? first : der.subarray(at + 2, from).reduce((sum, byte) => sum * 256 + byte, 0);
  return from + length <= end ? { tag, from, to: from + length } : undefined;
}

const bmp = 0x1e;

function textOf(der: Uint8Array, { tag, from, to }: Element): string {
  const bytes = der.subarray(from, to);
  return new TextDecoder(tag === bmp ? 'utf-16be' : 'utf-8').decode(bytes);
}
