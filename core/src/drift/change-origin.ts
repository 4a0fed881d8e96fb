import { isJsonObject, type Json } from '../json.ts';
import type { Origin } from '../observation.ts';

/** A fact with its value, as far as it tells where it was read. */
export interface ReadFact {
  readonly fact: string;
  readonly subject: string;
  readonly value: Json | null;
}

/** Where the value at a path of a fact stands: flag, file and key, field of an object. */
export function originOf({ fact, subject, value }: ReadFact, path: readonly string[]): Origin {
  const key = keyed(path.join('.'));
  switch (fact) {
    case 'file':
    case 'files':
      return { kind: 'stat', path: subject, ...key };
    case 'certificates':
    case 'kubeconfig':
      return { kind: 'file', path: subject, ...key };
    case 'object':
      return { kind: 'object', path: subject, ...key };
    case 'process':
      return ofProcess(path);
    case 'manifest':
      return { kind: 'manifest', ...pathOf(value), ...key };
    case 'kubelet.drop-ins':
      return ofDropIn(path);
    default: {
      const file = pathOf(value);
      if (file.path === undefined) return { kind: 'derived', key: fact };
      return { kind: 'file', ...file, ...keyed(inDocument(path).join('.')) };
    }
  }
}

function ofProcess(path: readonly string[]): Origin {
  const [first, second] = path;
  if (first?.startsWith('--')) return { kind: 'flag', key: first.slice(2) };
  if (first === 'environment') return { kind: 'environment', ...keyed(second ?? '') };
  return { kind: 'process', ...keyed(path.join('.')) };
}

/** `/files/PATH/document/…`, when the files have names. */
function ofDropIn([, file, ...rest]: readonly string[]): Origin {
  return { kind: 'drop-in', ...(file === undefined ? {} : { path: file }), ...keyed(inDocument(rest).join('.')) };
}

function inDocument(path: readonly string[]): readonly string[] {
  return path[0] === 'document' ? path.slice(1) : path;
}

function pathOf(value: Json | null): { readonly path?: string } {
  const path = isJsonObject(value) && Object.hasOwn(value, 'path') ? value['path'] : undefined;
  return typeof path === 'string' ? { path } : {};
}

/** As long as somebody reads. */
function keyed(key: string): { readonly key?: string } {
  return key === '' ? {} : { key: key.slice(0, 500).toWellFormed() };
}
