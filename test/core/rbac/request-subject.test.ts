import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestSubject } from '../../../core/src/cluster/project/request-subject.ts';

/** Requests as openssl writes them, their subjects before the arrow. */
const requests = {
  'O=system:masters, O=ops, CN=jane':
    'MIHxMIGYAgEAMDYxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQwwCgYDVQQKDANvcHMxDTALBgNVBAMMBGphbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARNvUes0qsGAClDNAWU71Jlg4DK5HRj534D0SZV7E0p8hU1FlCNeYdFuR/8+xcYkTftHdbZRXLK0HsSPW5Wk09DoAAwCgYIKoZIzj0EAwIDSAAwRQIhAMaGLeJKiCEsA0Cmcoe0u1lUPsz/ix7Mxy05J1ldLwE2AiAKaPqFCixsKyoySe3Yu29dQaRWosOOO8dUTPzyFT4+bw==',
  'O=system:masters + CN=multi':
    'MIHhMIGJAgEAMCcxJTAMBgNVBAMMBW11bHRpMBUGA1UECgwOc3lzdGVtOm1hc3RlcnMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARNvUes0qsGAClDNAWU71Jlg4DK5HRj534D0SZV7E0p8hU1FlCNeYdFuR/8+xcYkTftHdbZRXLK0HsSPW5Wk09DoAAwCgYIKoZIzj0EAwIDRwAwRAIgfYxQSC4o8QqRM6OiQ6L7IzHAYxuKYihJ7DDTQOr04B8CIGP8RArPgdwmRe8osNiS3O2C78Wbq6Z8FYKNB6//pUPN',
  'O=Größe, CN=bob':
    'MIHaMIGCAgEAMCAxEDAOBgNVBAoMB0dyw7bDn2UxDDAKBgNVBAMMA2JvYjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABE29R6zSqwYAKUM0BZTvUmWDgMrkdGPnfgPRJlXsTSnyFTUWUI15h0W5H/z7FxiRN+0d1tlFcsrQexI9blaTT0OgADAKBggqhkjOPQQDAgNHADBEAiBUbbzipka2j3xiPLGg0RBr+Nh2bPjTpOxY6fuIBUkFFwIgIyoFGp2MZmHPAevzprVkry24t6YfQv/YC4QwUH0/5G0=',
} as const;

const pemOf = (der: Uint8Array) =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
const inBase64 = (text: string) => Buffer.from(text).toString('base64');
const encode = (der: Uint8Array) => inBase64(pemOf(der));
const bytes = (name: keyof typeof requests) => new Uint8Array(Buffer.from(requests[name], 'base64'));
const whole = 'O=system:masters, O=ops, CN=jane';

const pem = pemOf(bytes(whole));

/** A subject of our own making inside a request: `[type bytes, tag, text]` by relative name. */
const element = (tag: number, content: readonly number[]): number[] => {
  const { length } = content;
  return length < 128 ? [tag, length, ...content] : [tag, 0x82, length >> 8, length & 255, ...content];
};
const attribute = (id: readonly number[], tag: number, text: Uint8Array) =>
  element(0x30, [...element(0x06, id), ...element(tag, [...text])]);
const organization = [0x55, 0x04, 0x0a];
const request = (...names: readonly (readonly number[])[]) =>
  encode(Uint8Array.from(element(0x30, element(0x30, [2, 1, 0, ...element(0x30, names.flat())]))));
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('whom a certificate request is for', () => {
  test.each([
    [whole, { commonName: 'jane', organizations: ['system:masters', 'ops'] }],
    ['O=system:masters + CN=multi', { commonName: 'multi', organizations: ['system:masters'] }],
    ['O=Größe, CN=bob', { commonName: 'bob', organizations: ['Größe'] }],
  ] as const)('%s', (name, subject) => {
    expect(requestSubject(encode(bytes(name)))).toEqual(subject);
  });

  test('texts of two bytes a character', () => {
    const wide = Uint8Array.from([...'system:masters'].flatMap((one) => [0, one.charCodeAt(0)]));
    const name = element(0x31, attribute(organization, 0x1e, wide));
    expect(requestSubject(request(name))).toEqual({ commonName: '', organizations: ['system:masters'] });
  });

  test('of a hundred names all are read, of more nothing: none hides behind them', () => {
    const names = (count: number) =>
      Array.from({ length: count }, (_, n) => element(0x31, attribute(organization, 0x0c, utf8(`o${n}`))));
    expect(requestSubject(request(...names(100)))?.['organizations']).toHaveLength(100);
    expect(requestSubject(request(...names(101)))).toBeUndefined();
    const inOne = element(
      0x31,
      names(101).flatMap((one) => one.slice(2)),
    );
    expect(requestSubject(request(inOne))).toBeUndefined();
  });

  test.each([
    ['a part that is no set', element(0x30, attribute(organization, 0x0c, utf8('o')))],
    ['an attribute that is no sequence', element(0x31, element(0x06, [1]))],
    ['an attribute without a value', element(0x31, element(0x30, element(0x06, organization)))],
    [
      'a type that is no object id',
      element(0x31, element(0x30, [...element(0x0c, organization), ...element(0x0c, [65])])),
    ],
    ['a length that leads out', [0x31, 0x7f, 0x30]],
    ['a length without an end', [0x31, 0x80, 0x30, 0x00, 0x00, 0x00]],
    ['a length of five bytes', [0x31, 0x85, 0, 0, 0, 0, 1, 0]],
  ])('%s', (_, name) => {
    expect(requestSubject(request(name))).toBeUndefined();
  });

  test.each([
    ['nothing', ''],
    ['no base64', '%%%%'],
    ['no PEM', inBase64('hello there')],
    ['another PEM', inBase64(pem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'))],
    ['two of them', inBase64(`${pem}${pem}`)],
    ['PEM with headers', inBase64(pem.replace('-----\n', '-----\nProc-Type: 4\n\n'))],
    ['PEM that holds no base64', inBase64('-----BEGIN CERTIFICATE REQUEST-----\nA\n-----END CERTIFICATE REQUEST-----')],
    ['more than a request can be', encode(new Uint8Array(60_000))],
  ])('%s is none', (_, text) => {
    expect(requestSubject(text)).toBeUndefined();
  });

  test('cut short it is none; changed anywhere it never throws', () => {
    const good = bytes(whole);
    for (let at = 0; at < good.length; at += 1) expect(requestSubject(encode(good.slice(0, at)))).toBeUndefined();
    const place = fc.nat(good.length - 1);
    const changed = fc.tuple(place, fc.nat(255)).map(([at, byte]) => good.with(at, byte));
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 400 })), (any) => {
        expect([undefined, 'string']).toContain(
          requestSubject(encode(any)) && typeof requestSubject(encode(any))?.['commonName'],
        );
      }),
      { numRuns: 2000 },
    );
  });
});
