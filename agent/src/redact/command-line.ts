import { baseName } from '../host/index.ts';
import { isSecret, redacted, redactText } from './text.ts';
import { lineOf, wordsOf } from './words.ts';

/**
 * A command line without secrets: values of flags and variables that are named after one, user names and passwords in URLs, and the same in
 * words that are command lines or lists themselves (`sh -c "…"`).
 */
export function redactArgv(argv: readonly string[]): readonly string[] {
  let waiting: string | undefined;
  return argv.map((word) => {
    const [, dashes = '', name = '', value] = /^(-{0,2})([\w.][^=\s]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const before = waiting;
    waiting = dashes !== '' && value === undefined ? name : undefined;
    if (dashes === '' && before !== undefined && isSecret(before, word)) return redacted;
    if (value === undefined) return redactInner(word);
    return `${dashes}${name}=${isSecret(name, value) ? redacted : redactInner(value)}`;
  });
}

/** A word or the value of a flag: where it has blanks it may be a command line, where it has commas a list of `NAME=value`. */
function redactInner(text: string): string {
  if (!/\s/.test(text)) return text.split(',').some(isSecretPair) ? redacted : redactText(text);
  const words = wordsOf(text);
  const shown = redactArgv(words);
  // Only what holds a secret is written anew: blanks and quotes of all else stay as they are.
  return redactText(shown.every((word, index) => word === words[index]) ? text : lineOf(shown));
}

function isSecretPair(pair: string): boolean {
  const cut = pair.indexOf('=');
  return cut > 0 && isSecret(pair.slice(0, cut), pair.slice(cut + 1));
}

/** /proc/PID/cmdline in a recording: of others than components nothing but the program's name. */
export function recordCommandLine(components: ReadonlyMap<string, string>): (content: Buffer) => string {
  return (content) => {
    const words = content.toString('utf8').split('\0');
    if (words.at(-1) === '') words.pop();
    const name = baseName(words[0] ?? '');
    const shown = components.has(name) ? redactArgv(words) : words.slice(0, 1).map(() => name.split(' ')[0] ?? '');
    return shown.map((word) => `${word}\0`).join('');
  };
}
