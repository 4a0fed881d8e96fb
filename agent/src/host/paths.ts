/**
 * Host paths are texts. What is no printable UTF-8 in a name (broken bytes, controls, format characters) and the backslash is
 * written `\xHH`, byte by byte, so that every name has exactly one text and every text leads back to its bytes.
 */

const plain = /^[\x20-\x5b\x5d-\x7e]*$/;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a name as the file system gave it. */
export function textOfName(bytes: Buffer): string {
  const fast = bytes.toString('latin1');
  if (plain.test(fast)) return fast;
  try {
    return escapeText(strict.decode(bytes));
  } catch {
    return [...bytes].map((byte) => (byte < 0x20 || byte >= 0x7f || byte === 0x5c ? hex(byte) : char(byte))).join('');
  }
}

/** A path that somebody wrote (a flag, a field) as a host path text. */
export function escapeText(text: string): string {
  if (plain.test(text)) return text;
  return text.replace(/[\\\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (found) => [...Buffer.from(found)].map(hex).join(''));
}

/** What the kernel is asked for: the same text, or its bytes where it holds an escape. */
export function bytesOfPath(text: string): string | Buffer {
  if (!text.includes('\\')) return text;
  const parts = text.split(/(\\x[0-9a-f]{2})/);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 1 ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part))),
  );
}

/** Steps of a path without empty ones and `.`; `..` stays. */
export function stepsOf(path: string): string[] {
  return path.split('/').filter((step) => step !== '' && step !== '.');
}

/** Is this an absolute path without empty, `.` and `..` steps? Says no of hidden names too. */
export function isTidy(path: string): boolean {
  return path.startsWith('/') && path.length > 1 && !path.endsWith('/') && !path.includes('//') && !path.includes('/.');
}

/** Joins and tidies: `..` never leaves the root. */
export function tidy(...parts: readonly string[]): string {
  const joined = parts.join('/');
  if (isTidy(joined)) return joined;
  const out: string[] = [];
  for (const step of stepsOf(joined)) {
    if (step === '..') out.pop();
    else out.push(step);
  }
  return `/${out.join('/')}`;
}

/** Last step of a path; empty for the root. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** All steps of a path but the last; empty for what lies in the root. */
export function dirname(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Is `path` the directory itself or below it? */
export function isWithin(directory: string, path: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function char(byte: number): string {
  return String.fromCharCode(byte);
}
