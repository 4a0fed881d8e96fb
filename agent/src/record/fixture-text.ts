import type { Entry, Missing } from '../host/index.ts';

/** What is known of one place; the latest note of each member counts. */
export interface Recorded {
  readonly type?: Entry['type'] | 'denied';
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly content?: string;
  readonly to?: string;
  readonly state?: Missing['state'];
}

/** Comments and capabilities at the top of a recording. */
interface Head {
  readonly says?: string;
  readonly versions: { readonly kubelet?: string; readonly controlPlane?: string };
  readonly capabilities: readonly string[];
}

/** The text of a fixture (see host/fixture.ts): stable order, JSON strings except for text that reads well as it is. */
export function fixtureText(places: ReadonlyMap<string, Recorded>, head: Head): string {
  const { kubelet, controlPlane } = head.versions;
  const lines = [
    `# ${head.says ?? 'A recorded node.'}`,
    '# Recorded by plumbline without secrets: no keys, no tokens, no other processes.',
    `versions: ${JSON.stringify({ ...(kubelet ? { kubelet } : {}), ...(controlPlane ? { controlPlane } : {}) })}`,
    `capabilities: ${JSON.stringify(head.capabilities)}`,
    'files:',
  ];
  for (const [path, place] of [...places].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (path === '/' || isPlainParent(path, place, places)) continue;
    lines.push(...placeLines(path, place));
  }
  return `${lines.join('\n')}\n`;
}

/** A directory like those that a fixture makes up for what lies in it. */
function isPlainParent(path: string, place: Recorded, places: ReadonlyMap<string, Recorded>): boolean {
  if (place.type !== 'directory' || place.state) return false;
  const usual = (place.mode ?? 0o755) === 0o755 && (place.uid ?? 0) === 0 && (place.gid ?? 0) === 0;
  return usual && [...places.keys()].some((other) => other.startsWith(`${path}/`));
}

function placeLines(path: string, place: Recorded): readonly string[] {
  const { type = 'file', mode, uid, gid, to, state } = place;
  const fields = [`type: ${type}`];
  if (mode !== undefined && type !== 'link') fields.push(`mode: "${mode.toString(8).padStart(4, '0')}"`);
  if (uid) fields.push(`uid: ${uid}`);
  if (gid) fields.push(`gid: ${gid}`);
  if (type === 'link') fields.push(`to: ${JSON.stringify(to ?? '')}`);
  if (state) fields.push(`state: ${state}`);
  const key = JSON.stringify(path);
  const { content } = place;
  if (!content) return [`  ${key}: {${fields.join(', ')}}`];
  if (!readsWell(content)) return [`  ${key}: {${fields.join(', ')}, content: ${JSON.stringify(content)}}`];
  const block = content.slice(0, -1).split('\n');
  return [
    `  ${key}:`,
    ...fields.map((field) => `    ${field}`),
    '    content: |',
    ...block.map((line) => (line === '' ? '' : `      ${line}`)),
  ];
}

/** Can it stand in a literal block and come out the same? */
function readsWell(text: string): boolean {
  return /^\S/.test(text) && /[^\n]\n$/.test(text) && /^[\x20-\x7e\n]*$/.test(text) && !/ \n/.test(text);
}
