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
  return parse(argv, {
    kinds,
    normalise: (name) => name.replaceAll('_', '-'),
    shape: /^--([^=]+)(?:=([\s\S]*))?$/,
    stopsAtWord: false,
  });
}

/** Reads a command line as Go's flag package does: one or two dashes, the first word that is no flag ends it. */
export function parseGoFlags(argv: readonly string[], kinds: ReadonlyMap<string, FlagKind>): FlagTexts {
  return parse(argv, {
    kinds,
    normalise: (name) => name,
    shape: /^--?([^-=][^=]*)(?:=([\s\S]*))?$/,
    stopsAtWord: true,
  });
}

interface Style {
  readonly kinds: ReadonlyMap<string, FlagKind>;
  readonly normalise: (name: string) => string;
  /** Groups: name, and the value after `=`. */
  readonly shape: RegExp;
  /** Go's package stops at the first word that is no flag; pflag goes on. */
  readonly stopsAtWord: boolean;
}

function parse(argv: readonly string[], style: Style): FlagTexts {
  const texts = new Map<string, string[]>();
  const words = argv.slice(1).reverse();
  for (let word = words.pop(); word !== undefined; word = words.pop()) {
    if (word === '--') break;
    const found = style.shape.exec(word);
    if (!found) {
      if (style.stopsAtWord && !word.startsWith('-')) break;
      continue;
    }
    const name = style.normalise(String(found[1]));
    const takesNext = found[2] === undefined && takesNextWord(style.kinds.get(name), words.at(-1));
    append(texts, name, found[2] ?? (takesNext ? (words.pop() ?? '') : 'true'));
  }
  return texts;
}

/** In place: a copy for each repetition would cost the square of a long command line. */
function append(texts: Map<string, string[]>, name: string, text: string): void {
  const before = texts.get(name);
  if (before) before.push(text);
  else texts.set(name, [text]);
}

/** A word after a flag of unknown kind is its value unless it looks like a flag. */
function takesNextWord(kind: FlagKind | undefined, next: string | undefined): boolean {
  if (kind === undefined) return next !== undefined && !next.startsWith('-');
  return kind !== 'bool';
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
