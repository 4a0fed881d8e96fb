const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  s: ' ',
  t: '\t',
  v: '\v',
};

/** One step of a line: the rest of a `"…"` or `'…'` (to the end where nobody closes it), blanks, or a run of anything else. */
const step =
  /"(?<double>(?:[^"\\]|\\[\s\S])*)(?:"|\\?$)|'(?<single>(?:[^'\\]|\\[\s\S])*)(?:'|\\?$)|(?<blank>\s+)|(?<plain>(?:[^\s"'\\]|\\[\s\S])+|\\$)/gy;

const sequence = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S]))/g;

/**
 * The words of a line as systemd splits it: quotes anywhere in a word are taken off, C escapes are read in and outside of them. What
 * systemd would refuse (a quote that nobody closes, an unknown escape) still becomes words, none of them smaller than was meant.
 * Source: systemd.syntax(7), QUOTING.
 */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  let open: string | undefined;
  for (const { groups } of line.matchAll(step)) {
    if (groups?.['blank'] !== undefined) {
      if (open !== undefined) words.push(open);
      open = undefined;
      continue;
    }
    const { double, single, plain } = groups ?? {};
    open = `${open ?? ''}${unescaped(double ?? single ?? plain ?? '')}`;
  }
  return open === undefined ? words : [...words, open];
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(sequence, (_, byte?: string, short?: string, long?: string, octal?: string, letter?: string) => {
    const hexadecimal = byte ?? short ?? long;
    const code = hexadecimal === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hexadecimal, 16);
    if (!Number.isNaN(code)) return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    return escapes[letter ?? ''] ?? letter ?? '';
  });
}

/** Words as a line that `wordsOf` reads back; a word is quoted only where it has to be. */
export function lineOf(words: readonly string[]): string {
  return words.map((word) => (/^[^\s"'\\]+$/.test(word) ? word : quoted(word))).join(' ');
}

/** A word in quotes; a line ends at a line break, so that one is written as an escape. */
export function quoted(word: string): string {
  const escaped = word.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r');
  return `"${escaped}"`;
}
