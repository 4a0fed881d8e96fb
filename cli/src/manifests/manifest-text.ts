import type { Json, JsonObject, Problem } from '@plumbline/core';
import { type Document, isMap, LineCounter, type ParsedNode, parseAllDocuments, type Tags } from 'yaml';

/** A Kubernetes object with the line at which it begins. */
export interface Manifest {
  readonly object: JsonObject;
  readonly line: number;
}

/** An alias may stand for this many values in one document; more is a bomb. */
const mostAliases = 1000;

/** Tags of YAML 1.1 that the reader of kubectl does not know: it has no times, no base 60, no sets. */
const unknownTags: ReadonlySet<string> = new Set([
  'intTime',
  'floatTime',
  'timestamp',
  'binary',
  'omap',
  'pairs',
  'set',
]);

/**
 * The objects of one file of YAML documents or JSON, with the scalars of YAML 1.1 as kubectl reads them (0644 is 420, yes is true).
 * Empty documents are skipped. Mistakes are added to `problems`.
 */
export function readManifestText(file: string, text: string, problems: Problem[]): readonly Manifest[] {
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: counter,
    uniqueKeys: true,
    version: '1.1',
    merge: true,
    logLevel: 'error',
    customTags: (tags: Tags) => tags.filter((tag) => typeof tag === 'string' || !isUnknown(tag)),
  });
  if (!Array.isArray(documents)) return [];
  const lineOf = (position: number | undefined) => counter.linePos(position ?? 0).line;
  const problem = (line: number, message: string) =>
    void problems.push({ code: 'PLB_MANIFEST_SYNTAX', file, line, message });
  return documents.flatMap((document: Document.Parsed<ParsedNode>) => {
    for (const error of document.errors) problem(lineOf(error.pos[0]), said(error.message));
    if (document.errors.length > 0) return [];
    const line = lineOf(document.contents?.range[0]);
    const value = plain(document, (why) => problem(line, why));
    if (value === undefined || value === null) return [];
    if (isMap(document.contents) && isObject(value)) return [{ object: value, line }];
    problem(line, 'this is no Kubernetes object: apiVersion and kind are missing');
    return [];
  });
}

function isUnknown(tag: { readonly tag: string; readonly format?: string }): boolean {
  const short = tag.tag.split(':').at(-1) ?? '';
  return unknownTags.has(short) || tag.format === 'TIME';
}

function plain(document: Document.Parsed<ParsedNode>, refuse: (why: string) => void): Json | undefined {
  try {
    const value: unknown = document.toJS({ maxAliasCount: mostAliases });
    // Keys that are no texts, dates and the like end here: what remains is JSON, as the API takes it.
    return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as Json);
  } catch (error) {
    refuse(error instanceof Error ? said(error.message) : 'it cannot be read');
    return undefined;
  }
}

function isObject(value: Json): value is JsonObject {
  const { kind, apiVersion } = Object(value) as { readonly kind?: unknown; readonly apiVersion?: unknown };
  return typeof kind === 'string' && typeof apiVersion === 'string';
}

/** One line without the place, which stands before it. */
function said(message: string): string {
  return String(message.split('\n')[0]).replace(/ at line \d+, column \d+:?$/, '');
}
