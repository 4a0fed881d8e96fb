import { parseDuration, parseGoFlags, parseInteger, parsePflags, splitSlice } from '@plumbline/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const kinds = new Map([
  ['profiling', 'bool'],
  ['v', 'value'],
  ['feature-gates', 'map'],
  ['admission', 'slice'],
] as const);

const pflag: readonly (readonly [
  says: string,
  argv: readonly string[],
  flag: string,
  texts: readonly string[] | undefined,
])[] = [
  ['with an equals sign', ['--profiling=false'], 'profiling', ['false']],
  ['a bare boolean is true', ['--profiling'], 'profiling', ['true']],
  ['a boolean takes no next word', ['--profiling', 'false'], 'profiling', ['true']],
  ['a value takes the next word', ['--v', '4'], 'v', ['4']],
  ['a value takes even a word that looks like a flag', ['--v', '--profiling=false'], 'v', ['--profiling=false']],
  ['an unknown flag does not swallow the next flag', ['--new', '--profiling=false'], 'profiling', ['false']],
  ['an unknown flag takes a following word', ['--new', 'x', '--profiling'], 'new', ['x']],
  ['underscores are dashes', ['--feature_gates=A=true'], 'feature-gates', ['A=true']],
  ['repeats are kept in order', ['--v=1', '--v=2'], 'v', ['1', '2']],
  ['nothing after a double dash', ['--', '--profiling'], 'profiling', undefined],
  ['one dash is no long flag', ['-profiling=false'], 'profiling', undefined],
  ['sub-commands are skipped', ['server', '--v=1'], 'v', ['1']],
  ['an empty value stays', ['--v='], 'v', ['']],
  ['a longer name is another flag', ['--profiling-x=false'], 'profiling', undefined],
  ['a value with line breaks', ['--v=a\nb'], 'v', ['a\nb']],
];

test.each(pflag)('pflag: %s', (_says, argv, flag, texts) => {
  expect(parsePflags(['program', ...argv], kinds).get(flag)).toEqual(texts);
});

const goflag: typeof pflag = [
  ['one dash', ['-profiling=false'], 'profiling', ['false']],
  ['two dashes', ['--v', '4'], 'v', ['4']],
  ['the first word ends it', ['stray', '-v=4'], 'v', undefined],
  ['underscores are kept', ['--feature_gates=x'], 'feature-gates', undefined],
];

test.each(goflag)('Go flag: %s', (_says, argv, flag, texts) => {
  expect(parseGoFlags(['program', ...argv], kinds).get(flag)).toEqual(texts);
});

test.each([
  ['', []],
  ['a,b', ['a', 'b']],
  ['"a,b",c', ['a,b', 'c']],
  ['"say ""x""",y', ['say "x"', 'y']],
  ['a,', ['a', '']],
])('slice %s', (text, items) => {
  expect(splitSlice(text)).toEqual(items);
});

describe('numbers as Go reads them', () => {
  test.each([
    ['0', 0],
    ['4h0m0s', 4 * 3600e9],
    ['1.5h', 5400e9],
    ['0s', 0],
    ['-1m', -60e9],
    ['300ms', 3e8],
    ['5', undefined],
    ['', undefined],
    ['1d', undefined],
    ['h', undefined],
  ])('duration %s', (text, value) => {
    expect(parseDuration(text)).toBe(value);
  });
  test.each([
    ['30', 30],
    ['-1', -1],
    ['0x10', 16],
    ['017', 15],
    ['0o17', 15],
    ['0b11', 3],
    ['1_000', 1000],
    ['0', 0],
    ['08', undefined],
    ['1.5', undefined],
    ['', undefined],
  ])('integer %s', (text, value) => {
    expect(parseInteger(text)).toBe(value);
  });
});

test('property: any text given with = comes back unchanged', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parsePflags(['p', `--any=${text}`], kinds).get('any')).toEqual([text]);
    }),
  );
});
