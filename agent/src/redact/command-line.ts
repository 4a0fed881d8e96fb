import { baseName } from '../host/index.ts';
import { isSecret, redacted, redactText } from './text.ts';

/** A command line without secrets: values of flags that are named after one, and user names and passwords in URLs. */
export function redactArgv(argv: readonly string[]): readonly string[] {
  let waiting: string | undefined;
  return argv.map((word) => {
    const flag = /^--?([^=\s]+)(?:=([\s\S]*))?$/.exec(word);
    if (!flag) {
      const name = waiting;
      waiting = undefined;
      return name !== undefined && isSecret(name, word) ? redacted : redactText(word);
    }
    const [, name = '', value] = flag;
    waiting = value === undefined ? name : undefined;
    return value !== undefined && isSecret(name, value)
      ? `${word.slice(0, word.indexOf('='))}=${redacted}`
      : redactText(word);
  });
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
