import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { Workload } from '../objects.ts';

/** One container of a pod, of whichever list. `context` is its own `securityContext`, empty where it has none. */
export interface Container {
  readonly list: 'initContainers' | 'containers' | 'ephemeralContainers';
  readonly name: string;
  readonly fields: JsonObject;
  readonly context: JsonObject;
}

/** A pod as the checks of the Pod Security Standards read it. */
export interface Pod {
  readonly spec: JsonObject;
  /** The pod's own `securityContext`, empty where it has none. */
  readonly context: JsonObject;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
  /** `spec.os.name` is windows: what Linux alone knows is not asked of it. */
  readonly windows: boolean;
  /** `hostUsers: false`: its users are others than those of the node. */
  readonly ownUsers: boolean;
}

const none: JsonObject = {};
const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Takes a workload apart; sidecars are among its init containers. */
export function podOf({ spec, annotations }: Pick<Workload, 'spec' | 'annotations'>): Pod {
  const containers: Container[] = [];
  for (const list of lists) {
    for (const fields of objectsIn(spec, list)) {
      const name = fields['name'];
      containers.push({
        list,
        name: typeof name === 'string' ? name : '',
        fields,
        context: objectIn(fields, 'securityContext'),
      });
    }
  }
  return {
    spec,
    context: objectIn(spec, 'securityContext'),
    annotations,
    containers,
    windows: objectIn(spec, 'os')['name'] === 'windows',
    ownUsers: spec['hostUsers'] === false,
  };
}

/** The object under a key, an empty one where there is none. */
export function objectIn(value: JsonObject, key: string): JsonObject {
  const inner = value[key];
  return isJsonObject(inner) ? inner : none;
}

/** The objects of the list under a key. */
export function objectsIn(value: JsonObject, key: string): readonly JsonObject[] {
  const inner = value[key];
  return Array.isArray(inner) ? inner.filter((one: Json) => isJsonObject(one)) : [];
}

/** The texts of the list under a key. */
export function textsIn(value: JsonObject, key: string): readonly string[] {
  const inner = value[key];
  return Array.isArray(inner) ? inner.filter((one: Json) => typeof one === 'string') : [];
}

/** The text under a key, undefined where there is none. */
export function textIn(value: JsonObject, key: string): string | undefined {
  const inner = value[key];
  return typeof inner === 'string' ? inner : undefined;
}
