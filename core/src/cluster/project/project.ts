import { at, isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { ClusterObject, Metadata } from '../objects.ts';
import type { Resource } from '../resources.ts';
import { keep, longestText, type Mask, mostItems } from './keep.ts';
import { keptAnnotationPrefixes, keptAnnotations, masks } from './masks.ts';

/**
 * Keeps of an object what controls read; undefined for what has no name. Never throws: what has another type than the API gives it is
 * left out and listed in `malformed`. Objects of other people's schemas (CRDs) keep their `spec`, bounded.
 */
export function projectObject(resource: Resource, object: JsonObject): ClusterObject | undefined {
  const malformed: string[] = [];
  const metadata = metadataOf(object, malformed);
  if (!metadata) return undefined;
  const mask: Mask = resource.depth === 'metadata' ? {} : (masks[resource.name] ?? { spec: 'any' });
  const fields = keep(object, mask, '', malformed);
  return {
    ...metadata,
    kind: resource.kind,
    fields: isJsonObject(fields) ? fields : {},
    ...(malformed.length > 0 ? { malformed } : {}),
  };
}

/** Metadata as controls read it; undefined without a name. */
export function metadataOf(object: JsonObject, malformed: string[]): Metadata | undefined {
  const text = (path: string) => {
    const value = at(object, path);
    return typeof value === 'string' && value.length <= longestText ? value : '';
  };
  const name = text('metadata.name');
  if (name === '') return undefined;
  return {
    name,
    namespace: text('metadata.namespace'),
    uid: text('metadata.uid'),
    labels: texts(at(object, 'metadata.labels'), 'metadata.labels', () => true, malformed),
    annotations: texts(at(object, 'metadata.annotations'), 'metadata.annotations', isKept, malformed),
    created: text('metadata.creationTimestamp'),
  };
}

function isKept(key: string): boolean {
  return keptAnnotations.includes(key) || keptAnnotationPrefixes.some((prefix) => key.startsWith(prefix));
}

const none: Readonly<Record<string, string>> = {};

function texts(
  value: Json | undefined,
  path: string,
  wanted: (key: string) => boolean,
  malformed: string[],
): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return none;
  if (!isJsonObject(value)) {
    malformed.push(path);
    return none;
  }
  const kept = Object.entries(value).filter(
    ([key, one]) => wanted(key) && typeof one === 'string' && one.length <= longestText,
  );
  return kept.length === 0 ? none : (Object.fromEntries(kept.slice(0, mostItems)) as Record<string, string>);
}
