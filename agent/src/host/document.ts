import { isJsonObject, type Json, type JsonObject } from '@plumbline/core';
import {
  boolYaml11Tag,
  defineScalarTag,
  load,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  Schema,
  seqTag,
  strTag,
  YAMLException,
} from 'js-yaml';

/**
 * YAML as Kubernetes components read it (sigs.k8s.io/yaml, go-yaml v2): `0644` and `0o644` are 420, `yes` and `on` are true, dates
 * and `1:30` stay text. JSON is a part of it. This file is the only home of the YAML library.
 */
const integer = defineScalarTag('tag:yaml.org,2002:int', {
  implicit: true,
  resolve: (source) => parseGoInteger(source.replaceAll('_', '')) ?? NOT_RESOLVED,
  identify: () => false,
});
const float = defineScalarTag('tag:yaml.org,2002:float', {
  implicit: true,
  resolve: (source) => {
    const plain = source.replaceAll('_', '');
    return /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(plain) ? Number(plain) : NOT_RESOLVED;
  },
  identify: () => false,
});
const schema = new Schema([strTag, nullYaml11Tag, boolYaml11Tag, integer, float, mergeTag, seqTag, mapTag]);

function parseGoInteger(text: string): number | undefined {
  const found = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/.exec(text);
  if (!found) return undefined;
  const [, sign, hex, binary, octal, decimal] = found;
  const value = hex
    ? Number.parseInt(hex, 16)
    : binary
      ? Number.parseInt(binary, 2)
      : octal
        ? Number.parseInt(octal, 8)
        : Number(decimal);
  return sign === '-' ? -value : value;
}

/** A parsed document, or why it is none (one line that shows no content). */
export type Parsed =
  | { readonly ok: true; readonly document: JsonObject }
  | { readonly ok: false; readonly detail: string };

const maxDepth = 64;
const maxAliases = 100;
const maxNodes = 50_000;

/** Parses one YAML or JSON document whose top is a mapping. Duplicate keys, bombs, `__proto__` and a second document are refused. */
export function parseDocument(bytes: Buffer | string, nodes = maxNodes): Parsed {
  const text = typeof bytes === 'string' ? bytes : decode(bytes);
  if (text === undefined) return { ok: false, detail: 'not UTF-8 text' };
  try {
    const tree: unknown = load(text, { schema, maxDepth, maxAliases });
    const document = asJson(tree, { left: nodes }, 0);
    if (!isJsonObject(document)) return { ok: false, detail: 'holds no mapping' };
    return { ok: true, document };
  } catch (error) {
    if (error instanceof YAMLException) return { ok: false, detail: syntaxDetail(error) };
    if (error instanceof Refused) return { ok: false, detail: error.message };
    throw error;
  }
}

class Refused extends Error {}

/** The library's reasons can quote keys or tags of the file; the place is enough to find them. */
function syntaxDetail(error: YAMLException): string {
  const reason = /duplicated mapping key/.test(error.reason)
    ? 'a key is there twice'
    : /single document/.test(error.reason)
      ? 'more than one document'
      : /input is empty/.test(error.reason)
        ? 'the file is empty'
        : /alias/i.test(error.reason)
          ? 'too many aliases'
          : 'not valid YAML';
  return error.mark ? `${reason} (line ${error.mark.line + 1})` : reason;
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function asJson(value: unknown, budget: { left: number }, depth: number): Json {
  if (--budget.left < 0) throw new Refused('too many values, perhaps aliases of aliases');
  if (depth > maxDepth) throw new Refused(`nested deeper than ${maxDepth}`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item) => asJson(item, budget, depth + 1));
  if (typeof value !== 'object') throw new Refused('holds a value that JSON cannot carry');
  const out: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') throw new Refused('holds a key named __proto__');
    out[key] = asJson(item, budget, depth + 1);
  }
  return out;
}
