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
  const event = membersOf(line, 0);
  const object = event?.get('object');
  const pod = object && membersOf(line, object.from);
  const metadata = pod?.get('metadata');
  const inner = metadata && membersOf(line, metadata.from);
  const spec = pod?.get('spec');
  if (!event || !pod || !inner || !spec) return undefined;
  const status = pod.get('status');
  const phase = status && membersOf(line, status.from)?.get('phase');
  const texts = [event.get('type'), inner.get('namespace'), inner.get('name'), inner.get('resourceVersion')];
  const [type, namespace, name, position = ''] = texts.map((one) => textOf(line, one));
  if (type === undefined || namespace === undefined || name === undefined) return undefined;
  const kept = [...inner]
    .filter(([key]) => key !== 'managedFields' && key !== 'resourceVersion')
    .map(([key, { from, to }]) => `"${key}":${line.slice(from, to)}`);
  const ended = phase ? `,"status":{"phase":${line.slice(phase.from, phase.to)}}` : '';
  const text = `{"metadata":{${kept.join()}},"spec":${line.slice(spec.from, spec.to)}${ended}}`;
  return { type, namespace, name, position, text };
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

/** The members of the object that begins here; undefined for what is none, is not whole, or has a key that is written in another way. */
function membersOf(line: string, start: number): ReadonlyMap<string, Range> | undefined {
  if (line.charCodeAt(start) !== openBrace) return undefined;
  const members = new Map<string, Range>();
  let at = start + 1;
  if (line.charCodeAt(at) === closeBrace) return members;
  for (;;) {
    const end = stringEnd(line, at);
    const key = line.slice(at + 1, end - 1);
    if (end < 0 || line.charCodeAt(end) !== colon || key.includes('\\')) return undefined;
    const to = valueEnd(line, end + 1);
    if (to < 0) return undefined;
    members.set(key, { from: end + 1, to });
    const next = line.charCodeAt(to);
    if (next === closeBrace) return members;
    if (next !== comma) return undefined;
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
