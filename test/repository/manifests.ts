import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, isMap, isPair, isScalar, type Node, parseAllDocuments, visit } from 'yaml';

const folder = join(import.meta.dirname, '..', '..', 'deploy', 'manifests');

/** One Kubernetes object of deploy/manifests with the text that it came from. */
export interface Manifest {
  readonly file: string;
  readonly lines: readonly string[];
  readonly document: Document;
  readonly object: Readonly<Record<string, unknown>>;
}

/** A value of a manifest that needs a reason, with the comments that belong to it. */
export interface Item {
  readonly where: string;
  readonly value: unknown;
  readonly comments: readonly string[];
}

/** Every object of deploy/manifests, or of a component in it, in order; the kustomization is none. */
export function readManifests(component = '.'): readonly Manifest[] {
  const files = readdirSync(join(folder, component));
  const objects = files.filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
  return objects.sort().flatMap((file) => readFile(join(component, file)));
}

function readFile(file: string): readonly Manifest[] {
  const text = readFileSync(join(folder, file), 'utf8');
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]?.message}`);
    return { file, lines: text.split('\n'), document: document as Document, object: document.toJS() };
  });
}

/** Values of `key` anywhere in a manifest; of a list with `each`, its elements. */
export function itemsOf(manifest: Manifest, key: string, each: boolean): readonly Item[] {
  const items: Item[] = [];
  visit(manifest.document, {
    Pair(_index, pair) {
      if (!isScalar(pair.key) || pair.key.value !== key) return;
      const value = pair.value as Node | null;
      const nodes = each && value !== null && 'items' in value ? (value.items as readonly Node[]) : [pair.key];
      for (const node of nodes) items.push(item(manifest, node, each ? node : value));
    },
  });
  return items;
}

function item(manifest: Manifest, place: Node, value: Node | null): Item {
  const offset = isMap(place) && isPair(place.items[0]) ? rangeOf(place.items[0].key as Node) : rangeOf(place);
  const line = textBefore(manifest, offset).split('\n').length - 1;
  return {
    where: `${manifest.file}:${line + 1}`,
    value: value === null ? null : value.toJS(manifest.document),
    comments: commentsAt(manifest.lines, line),
  };
}

function rangeOf(node: Node): number {
  if (node.range === null || node.range === undefined) throw new Error('a parsed node has a range');
  return node.range[0];
}

function textBefore(manifest: Manifest, offset: number): string {
  return manifest.lines.join('\n').slice(0, offset);
}

/** The comment at the end of the line and the lines of comment right above it. */
function commentsAt(lines: readonly string[], line: number): readonly string[] {
  const found: string[] = [];
  const own = / #(.*)$/.exec(lines[line] ?? '')?.[1];
  if (own !== undefined) found.push(own.trim());
  for (let above = line - 1; /^\s*#/.test(lines[above] ?? ''); above -= 1) {
    found.push((lines[above] ?? '').replace(/^\s*#/, '').trim());
  }
  return found;
}
