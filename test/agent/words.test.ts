import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineOf, wordsOf } from '../../agent/src/redact/words.ts';

test.each([
  ['', []],
  ['  a\tb ', ['a', 'b']],
  ['"a b" c', ['a b', 'c']],
  [`--x='a "b"' ''`, ['--x=a "b"', '']],
  ['--x="a \\" b"', ['--x=a " b']],
  ['a\\x20b\\040c\\sd', ['a b c d']],
  ['"a\\nb" \\u00e9 \\U0001F600', ['a\nb', 'é', '😀']],
  ['\\UFFFFFFFF', ['\ufffd']],
  ['a"b c"d', ['ab cd']],
  ['"not closed c', ['not closed c']],
  ["'not closed \\", ['not closed ']],
  ['a\\', ['a\\']],
  ['\\q', ['q']],
])('the words of %j', (line, words) => {
  expect(wordsOf(line)).toEqual(words);
});

test('a line of words is read back as the same words', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (words) => {
      const line = lineOf(words);
      expect(wordsOf(line)).toEqual(words);
      expect(line).not.toMatch(/[\r\n]/);
    }),
  );
});
