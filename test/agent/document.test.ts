import { describe, expect, test } from 'vitest';
import { parseDocument } from '../../agent/src/host/index.ts';

const read = (text: string | Buffer) => {
  const parsed = parseDocument(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.document;
};
const detail = (text: string | Buffer) => {
  const parsed = parseDocument(text);
  return parsed.ok ? 'ok' : parsed.detail;
};

// Literal results of sigs.k8s.io/yaml v1.6.0, YAML to JSON.
test.each([
  ['0644', 420],
  ['0o644', 420],
  ['0x1A', 26],
  ['0b11', 3],
  ['1_000', 1000],
  ['-7', -7],
  ['1e3', 1000],
  ['08', 8],
  ['1.5', 1.5],
  ['yes', true],
  ['On', true],
  ['off', false],
  ['n', false],
  ['~', null],
  ['1:30', '1:30'],
  ['2001-01-01', '2001-01-01'],
  ['"0644"', '0644'],
  ['5m0s', '5m0s'],
])('a: %s', (text, value) => {
  expect(read(`a: ${text}`)).toEqual({ a: value });
});

test('JSON, anchors, merge keys, a byte order mark and CRLF', () => {
  expect(read('{"a": [1, true, null]}')).toEqual({ a: [1, true, null] });
  expect(read('p: &x {a: 1}\nq: {<<: *x, b: 2}')).toEqual({ p: { a: 1 }, q: { a: 1, b: 2 } });
  expect(read('\ufeffa: 1\r\nb: 2\r\n')).toEqual({ a: 1, b: 2 });
});

describe('refused', () => {
  const laughs = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
  for (const [one, other] of [...'abcdefgh'].entries())
    laughs.push(
      `${String.fromCharCode(98 + one)}: &${String.fromCharCode(98 + one)} [${Array(10).fill(`*${other}`).join(',')}]`,
    );
  test.each([
    ['a billion laughs', laughs.join('\n'), 'too many values, perhaps aliases of aliases'],
    ['many aliases', `a: &a 1\nb: [${Array(200).fill('*a').join(',')}]`, 'too many aliases (line 2)'],
    ['deep nesting', `a: ${'['.repeat(80)}${']'.repeat(80)}`, 'not valid YAML (line 1)'],
    ['a key twice', 'a: 1\nb: 2\na: 3', 'a key is there twice (line 3)'],
    ['a key twice in JSON', '{"a": 1, "a": 2}', 'a key is there twice (line 1)'],
    ['__proto__', '__proto__: {polluted: true}', 'holds a key named __proto__'],
    ['two documents', 'a: 1\n---\nb: 2', 'more than one document'],
    ['an empty file', '', 'the file is empty'],
    ['only a comment', '# nothing', 'the file is empty'],
    ['a list', '- 1', 'holds no mapping'],
    ['a text', 'hello', 'holds no mapping'],
    ['an unknown tag', 'a: !secret-tag x', 'not valid YAML (line 1)'],
    ['NUL bytes', 'a: \0', 'not valid YAML (line 1)'],
  ])('%s', (_, text, expected) => {
    expect(detail(text)).toBe(expected);
  });

  test('bytes that are no UTF-8', () => {
    expect(detail(Buffer.from([0x61, 0x3a, 0x20, 0xff]))).toBe('not UTF-8 text');
  });

  test('nothing is polluted', () => {
    detail('__proto__: {polluted: true}');
    detail('a: {constructor: {prototype: {polluted: true}}}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
