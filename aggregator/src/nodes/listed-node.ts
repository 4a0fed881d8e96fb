import { at, isJsonObject, type Json, type JsonObject } from '@plumbline/core';

/** What controls read of a Node object. */
export interface ListedNode {
  readonly name: string;
  readonly uid: string;
  readonly kubeletVersion: string | null;
  readonly providerId: string | null;
  /** `linux` or `windows`, null when the node does not say. */
  readonly os: string | null;
  /** Keys of the labels, sorted. */
  readonly labels: readonly string[];
}

/** Keeps of a Node object what is judged by; undefined for an object without a name. */
export function listedNode(object: JsonObject): ListedNode | undefined {
  const text = (path: string) => {
    const value = at(object, path);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const name = text('metadata.name');
  if (name === null) return undefined;
  const labels = at(object, 'metadata.labels');
  return {
    name,
    uid: text('metadata.uid') ?? '',
    kubeletVersion: text('status.nodeInfo.kubeletVersion'),
    providerId: text('spec.providerID'),
    // The kubelet's own word first.
    os: text('status.nodeInfo.operatingSystem') ?? osLabel(labels),
    labels: isJsonObject(labels) ? Object.keys(labels).sort() : [],
  };
}

function osLabel(labels: Json | undefined): string | null {
  const value = isJsonObject(labels) ? labels['kubernetes.io/os'] : undefined;
  return typeof value === 'string' && value !== '' ? value : null;
}
