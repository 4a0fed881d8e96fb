import { describe, expect, it } from 'vitest';
import { escapeJson, escapeText } from '../../cli/src/text/escape.ts';
import { paintFor, plain } from '../../cli/src/text/paint.ts';
import { wrap } from '../../cli/src/text/wrap.ts';

describe('escapeText', () => {
  it.each([
    ['\u001b[31mred', '\\u{1b}[31mred'],
    ['a\rb\nc\td', 'a\\u{d}b\\u{a}c\\u{9}d'],
    ['\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['a\u200bb\ufeffc', 'a\\u{200b}b\\u{feff}c'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\ud800', '\\u{d800}'],
    ['\u2028', '\\u{2028}'],
    ['Ключ é 漢字 👍', 'Ключ é 漢字 👍'],
  ])('%j', (text, shown) => {
    expect(escapeText(text)).toBe(shown);
  });
});

describe('escapeJson', () => {
  it('changes the text, never the data', () => {
    const value = { a: '\u202e\u009b\u007f\u{e0041}\ufeff', b: 'line\nline', c: '漢字' };
    const text = escapeJson(JSON.stringify(value, null, 2));
    expect(JSON.parse(text)).toEqual(value);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(text).toContain('漢字');
  });
});

describe('wrap', () => {
  it('breaks at spaces and cuts long words behind a separator', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('/etc/kubernetes/pki/etcd/ca.crt', 16)).toEqual(['/etc/kubernetes/', 'pki/etcd/ca.crt']);
    expect(wrap('aaaaaaaaaaaaaaaaaaaa', 8)).toEqual(['aaaaaaaa', 'aaaaaaaa', 'aaaa']);
    expect(wrap('', 20)).toEqual(['']);
  });

  it('loses no character', () => {
    const text = 'TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256 are on';
    for (let width = 8; width < 90; width++)
      expect(wrap(text, width).join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });
});

describe('paintFor', () => {
  it('paints only a terminal that nobody asked to stay plain', () => {
    expect(paintFor({ isTTY: true }, {})('red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(paintFor({ isTTY: true }, { NO_COLOR: '1' })).toBe(plain);
    expect(paintFor({ isTTY: true }, { TERM: 'dumb' })).toBe(plain);
    expect(paintFor({}, {})).toBe(plain);
  });
});
