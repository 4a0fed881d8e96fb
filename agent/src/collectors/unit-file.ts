import type { Reading } from '../host/index.ts';
import { redactArgv } from '../redact/command-line.ts';
import { selectEnvironment } from '../redact/environment.ts';
import { redacted, redactText } from '../redact/text.ts';
import { lineOf, quoted, wordsOf } from '../redact/words.ts';

/** `key=value` lines of the [Service] section of a unit file or drop-in, in their order. Source: systemd.syntax(7). */
function serviceLines(text: string): readonly (readonly [key: string, value: string])[] {
  const lines: (readonly [string, string])[] = [];
  let section = '';
  for (const line of logicalLines(text)) {
    const header = /^\[(.*)\]$/.exec(line)?.[1];
    if (header !== undefined) section = header;
    const cut = line.indexOf('=');
    if (header === undefined && section === 'Service' && cut > 0)
      lines.push([line.slice(0, cut).trim(), line.slice(cut + 1).trim()]);
  }
  return lines;
}

function logicalLines(text: string): readonly string[] {
  const out: string[] = [];
  let open = '';
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    // Comments between continued lines are skipped.
    if (line === '' || line.startsWith('#') || line.startsWith(';')) {
      if (line === '' && open !== '') {
        out.push(open);
        open = '';
      }
      continue;
    }
    const joined = open === '' ? line : `${open} ${line}`;
    open = joined.endsWith('\\') ? joined.slice(0, -1).trimEnd() : '';
    if (open === '') out.push(joined);
  }
  if (open !== '') out.push(open);
  return out;
}

const collects =
  /^(Exec\w+|Environment|EnvironmentFile|IPAddress(Allow|Deny)|\w+Paths|SystemCall\w+|\w*Capabilit\w+|RestrictAddressFamilies|SupplementaryGroups|DeviceAllow|(Pass|Unset)Environment|(Load|Set|Import)Credential\w*)$/;

/** Directives over all files: the last wins, lists grow, an empty value resets a list. */
export function mergeDirectives(lines: Iterable<readonly [string, string]>): ReadonlyMap<string, readonly string[]> {
  const merged = new Map<string, readonly string[]>();
  for (const [key, value] of lines) {
    if (value === '' && collects.test(key)) merged.set(key, []);
    else merged.set(key, collects.test(key) ? [...(merged.get(key) ?? []), value] : [value]);
  }
  return merged;
}

/** `NAME=value` words as pairs. */
export function pairsOf(words: readonly string[]): readonly (readonly [string, string])[] {
  return words.flatMap((word) => {
    const cut = word.indexOf('=');
    return cut > 0 ? [[word.slice(0, cut), word.slice(cut + 1)] as const] : [];
  });
}

/** A directive without secrets: of the environment only names, credentials not at all. */
export function shownDirective(key: string, values: readonly string[]): string {
  if (key === 'Environment') return values.flatMap((value) => pairsOf(wordsOf(value)).map(([name]) => name)).join(' ');
  if (/^SetCredential/.test(key)) return values.length > 0 ? redacted : '';
  return values
    .map((value) => (key.startsWith('Exec') ? lineOf(redactArgv(wordsOf(value))) : redactText(value)))
    .join(' ');
}

/** Lines of the [Service] section without secrets: of the environment the names, and values only of the selected. */
function safeLines(content: Buffer): readonly (readonly [key: string, value: string])[] {
  return serviceLines(content.toString('utf8')).map(([key, value]) => {
    if (key !== 'Environment' || value === '') return [key, shownDirective(key, value === '' ? [] : [value])] as const;
    const pairs = pairsOf(wordsOf(value));
    const kept = selectEnvironment(pairs);
    return [key, pairs.map(([name]) => quoted(`${name}=${kept[name] ?? ''}`)).join(' ')] as const;
  });
}

/** A unit file or drop-in: its lines without secrets. */
export const unitFile: Reading<readonly (readonly [key: string, value: string])[]> = {
  recordAs: (content) =>
    `[Service]\n${safeLines(content)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n')}\n`,
  make: safeLines,
};

/** A file of EnvironmentFile=: the selected variables without secrets. */
export const environmentFile: Reading<readonly (readonly [name: string, value: string])[]> = {
  recordAs: (content) =>
    selectedIn(content)
      .map(([name, value]) => `${name}="${value}"\n`)
      .join(''),
  make: selectedIn,
};

function selectedIn(content: Buffer): readonly (readonly [name: string, value: string])[] {
  const pairs = logicalLines(content.toString('utf8')).flatMap((line) => {
    const cut = line.indexOf('=');
    return cut > 0 ? [[line.slice(0, cut).trim(), unquoted(line.slice(cut + 1))] as const] : [];
  });
  return Object.entries(selectEnvironment(pairs));
}

/** A value of an environment file, whose escapes are those of a shell. Source: systemd.exec(5), EnvironmentFile=. */
function unquoted(value: string): string {
  return value
    .trim()
    .replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, double?: string, single?: string, letter?: string) =>
      double === undefined ? (single ?? letter ?? '') : double.replace(/\\(["\\`$])/g, '$1'),
    );
}
