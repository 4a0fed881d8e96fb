/**
 * How a flag consumes and keeps its text. `bool` takes a value only with `=`; `value`: last wins; `slice`: commas split and
 * repeats append; `array`: repeats append whole; `map`: `k=v` pairs merge. Source: pflag and Go's flag package.
 */
export type FlagKind = 'bool' | 'value' | 'slice' | 'array' | 'map';

/** Kinds by component, then flag name without dashes. */
export type FlagKinds = ReadonlyMap<string, ReadonlyMap<string, FlagKind>>;

/** Raw texts of one flag in the order given; a bare boolean is `true`. */
export type FlagTexts = ReadonlyMap<string, readonly string[]>;

/**
 * Reads a command line as pflag does (two dashes, `_` equals `-`). A word after a flag of unknown kind is its value: no component
 * accepts stray words, so a process that runs cannot have one.
 */
export function parsePflags(argv: readonly string[], kinds: ReadonlyMap<string, FlagKind>): FlagTexts {
  return parse(argv, kinds, (name) => name.replaceAll('_', '-'), /^--([^=]+)(?:=([\s\S]*))?$/, false);
}

/** Reads a command line as Go's flag package does: one or two dashes, the first word that is no flag ends it. */
export function parseGoFlags(argv: readonly string[], kinds: ReadonlyMap<string, FlagKind>): FlagTexts {
  return parse(argv, kinds, (name) => name, /^--?([^-=][^=]*)(?:=([\s\S]*))?$/, true);
}

function parse(
  argv: readonly string[],
  kinds: ReadonlyMap<string, FlagKind>,
  normalise: (name: string) => string,
  shape: RegExp,
  stopsAtWord: boolean,
): FlagTexts {
  const texts = new Map<string, string[]>();
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') break;
    const found = shape.exec(word);
    if (!found) {
      if (stopsAtWord && !word.startsWith('-')) break;
      continue;
    }
    const name = normalise(found[1] ?? '');
    let text = found[2];
    if (text === undefined) {
      const next = argv[i + 1];
      const kind = kinds.get(name);
      const takesNext = kind === undefined ? next !== undefined && !next.startsWith('-') : kind !== 'bool';
      if (takesNext) i++;
      text = takesNext ? (next ?? '') : 'true';
    }
    texts.set(name, [...(texts.get(name) ?? []), text]);
  }
  return texts;
}

/** Splits a StringSlice text as pflag does: one line of CSV, double quotes protect commas. */
export function splitSlice(text: string): string[] {
  if (text === '') return [];
  const items: string[] = [];
  let item = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted && char === '"' && text[i + 1] === '"') {
      item += '"';
      i++;
    } else if (char === '"') quoted = !quoted;
    else if (char === ',' && !quoted) {
      items.push(item);
      item = '';
    } else item += char;
  }
  return [...items, item];
}
