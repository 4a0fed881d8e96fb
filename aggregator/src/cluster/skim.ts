/** An event about a pod, without what no control reads. */
export interface Skimmed {
  readonly type: string;
  readonly namespace: string;
  readonly name: string;
  /** The position of the watch, '' when the object names none. */
  readonly position: string;
  /** JSON of the pod with metadata (no managed fields, no resourceVersion), spec and phase: equal when nothing changed that is read. */
  readonly text: string;
}

/**
 * Cuts a line of a watch of pods down to what is read of it, in one pass and without building objects: most events of pods are about
 * their status, and most of their bytes are managed fields and status. Undefined for whatever is not quite as expected; parse it then.
 */
export function skim(line: string): Skimmed | undefined {
  const found = new Map<string, Range>();
  const metadata: string[] = [];
  let twice = false;
  const end = walk(line, 0, '', (path, key, range) => {
    twice ||= found.has(path + key);
    found.set(path + key, range);
    if (path === 'object.metadata.' && key !== 'managedFields' && key !== 'resourceVersion') {
      metadata.push(`"${key}":${line.slice(range.from, range.to)}`);
    }
  });
  const spec = found.get('object.spec');
  if (end !== line.length || !spec || twice) return undefined;
  const text = (path: string) => textOf(line, found.get(path));
  const type = text('type');
  const namespace = text('object.metadata.namespace');
  const name = text('object.metadata.name');
  const position = text('object.metadata.resourceVersion') ?? '';
  if (type === undefined || namespace === undefined || name === undefined) return undefined;
  const phase = found.get('object.status.phase');
  const ended = phase ? `,"status":{"phase":${line.slice(phase.from, phase.to)}}` : '';
  const left = `{"metadata":{${metadata.join()}},"spec":${line.slice(spec.from, spec.to)}${ended}}`;
  return { type, namespace, name, position, text: left };
}

/** Where a value stands in the text. */
interface Range {
  readonly from: number;
  readonly to: number;
}

const quote = 34;
const comma = 44;
const colon = 58;
const backslash = 92;
const openBrace = 123;
const closeBrace = 125;
const openBracket = 91;
const closeBracket = 93;

/** Objects whose members are looked at; all others are passed over. */
const opened: ReadonlySet<string> = new Set(['object', 'object.metadata', 'object.status']);

/**
 * Tells every member of the object that begins here and of those opened below it, `path` being that of the object with a dot at its end.
 * Index after the object; -1 for what is none, is not whole, or has a key that is written in another way.
 */
function walk(
  line: string,
  start: number,
  path: string,
  tell: (path: string, key: string, range: Range) => void,
): number {
  if (line.charCodeAt(start) !== openBrace) return -1;
  if (line.charCodeAt(start + 1) === closeBrace) return start + 2;
  for (let at = start + 1; ; ) {
    const end = stringEnd(line, at);
    if (end < 0 || line.charCodeAt(end) !== colon) return -1;
    const key = line.slice(at + 1, end - 1);
    if (key.includes('\\')) return -1;
    const inner = path + key;
    const to = opened.has(inner) ? walk(line, end + 1, `${inner}.`, tell) : valueEnd(line, end + 1);
    if (to < 0) return -1;
    tell(path, key, { from: end + 1, to });
    const next = line.charCodeAt(to);
    if (next === closeBrace) return to + 1;
    if (next !== comma) return -1;
    at = to + 1;
  }
}

/** Index after the string that begins here, -1 when none does. */
function stringEnd(line: string, start: number): number {
  if (line.charCodeAt(start) !== quote) return -1;
  for (let at = start + 1; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at + 1;
  }
  return -1;
}

/** Index after the value that begins here, -1 when it has no end. */
function valueEnd(line: string, start: number): number {
  const first = line.charCodeAt(start);
  if (first === quote) return stringEnd(line, start);
  if (first === openBrace || first === openBracket) return nestedEnd(line, start);
  for (let at = start; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === comma || code === closeBrace || code === closeBracket) return at > start ? at : -1;
  }
  return -1;
}

function nestedEnd(line: string, start: number): number {
  let depth = 0;
  for (let at = start; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === quote) {
      const end = stringEnd(line, at);
      if (end < 0) return -1;
      at = end - 1;
    } else if (code === openBrace || code === openBracket) depth++;
    else if (code === closeBrace || code === closeBracket) {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** A string without escapes, undefined for anything else. */
function textOf(line: string, range: Range | undefined): string | undefined {
  if (!range || line.charCodeAt(range.from) !== quote) return undefined;
  const text = line.slice(range.from + 1, range.to - 1);
  return text.includes('\\') ? undefined : text;
}
